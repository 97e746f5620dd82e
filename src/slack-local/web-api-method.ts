import type { JsonRecord } from './json-shape';

/** What a Web API method answers; refusals are data with HTTP status 200. */
export type ApiAnswer = JsonRecord & { readonly ok: boolean; readonly error?: string };

export interface ApiMethod {
  readonly token: 'bot' | 'app' | 'none';
  readonly scope?: string;
  /** Calls a minute and workspace, with as many at once; Slack's tiers 1 to 4 are 1, 20, 50 and 100. */
  readonly perMinute: number;
  /** Channel that also allows one message a second. */
  readonly postsTo?: (args: JsonRecord) => string;
  readonly run: (args: JsonRecord, token: string) => ApiAnswer;
}

export type ApiMethods = Readonly<Record<string, ApiMethod>>;

export const TIER = { one: 1, two: 20, three: 50, four: 100 } as const;

export const refused = (error: string, more: JsonRecord = {}): ApiAnswer => ({
  ok: false,
  error,
  ...more,
});

export const answered = (more: JsonRecord = {}): ApiAnswer => ({ ok: true, ...more });

/** A refusal that says in which places the blocks are wrong, as Slack words it. */
export const refusedWith = (
  error: string,
  problems: readonly { readonly pointer: string; readonly message: string }[],
): ApiAnswer =>
  refused(error, {
    response_metadata: {
      messages: problems.map(
        ({ pointer, message }) => `[ERROR] ${message} [json-pointer:${pointer}]`,
      ),
    },
  });
