import { ApiProblem, ApiUnreachable, problemOf } from './api-problem';

/** A document sent as it stands. */
export interface TextBody {
  readonly content: string;
  readonly contentType: string;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly json?: unknown;
  readonly text?: TextBody;
  readonly signal?: AbortSignal | undefined;
  /** On top of the ordinary limit, for calls that wait on purpose. */
  readonly extraTimeoutMs?: number;
  /** A 503 of this path is an answer, not a failure. */
  readonly answersDown?: boolean;
}

export type Requester = <Answer>(request: ApiRequest) => Promise<Answer>;

const REQUEST_TIMEOUT_MS = 30_000;

/** One HTTP exchange: throws ApiProblem for a refusal, ApiUnreachable when there was no answer. */
export function createRequester(options: {
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  readonly fetch: typeof fetch;
}): Requester {
  return async <Answer>(request: ApiRequest): Promise<Answer> => {
    const response = await exchange(options, request);
    const body = parseJson(response.text);
    const answered =
      response.status < 300 ||
      (request.answersDown === true && response.status === 503 && body !== undefined);
    if (!answered) throw problemOf(response.status, options.baseUrl, body);
    if (typeof body !== 'object' || body === null)
      throw new ApiProblem(response.status, {
        code: 'unexpected_answer',
        what: `${options.baseUrl} did not answer with JSON.`,
        why: 'Another program, or a proxy in between, answered instead of Countersign.',
        howToFix: 'Check the address in --url or COUNTERSIGN_URL.',
      });
    return body as Answer;
  };
}

async function exchange(
  options: {
    readonly baseUrl: string;
    readonly apiKey?: string | undefined;
    readonly fetch: typeof fetch;
  },
  request: ApiRequest,
): Promise<{ readonly status: number; readonly text: string }> {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS + (request.extraTimeoutMs ?? 0));
  const body =
    request.text?.content ??
    (request.json === undefined ? undefined : JSON.stringify(request.json));
  try {
    const response = await options.fetch(urlOf(options.baseUrl, request), {
      method: request.method,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
        ...(body === undefined
          ? {}
          : { 'content-type': request.text?.contentType ?? 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
      // A credential never follows a redirect to somewhere else.
      redirect: 'manual',
      signal: request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if (request.signal?.aborted === true) throw error;
    throw new ApiUnreachable(options.baseUrl, error);
  }
}

function urlOf(baseUrl: string, request: ApiRequest): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {}))
    if (value !== undefined) query.set(name, String(value));
  const search = query.toString();
  return `${baseUrl}${request.path}${search === '' ? '' : `?${search}`}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
