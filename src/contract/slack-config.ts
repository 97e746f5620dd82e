import { z } from 'zod';
import type { Problem } from '../core/errors';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** A token that is sent to this address is safe on the way: encrypted, or never leaving the machine. */
function isSafeAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, search, hash } = new URL(value);
  if (username !== '' || search !== '' || hash !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname));
}

const token = (pattern: RegExp, what: string) => z.string().max(1_000, what).regex(pattern, what);

/** Variables that speak of Slack; none is needed without Slack. */
export const slackVariables = {
  SLACK_BOT_TOKEN: token(
    /^(?:xoxe\.)?xoxb-[A-Za-z0-9-]+$/,
    'use a bot token, which starts with xoxb- (OAuth & Permissions)',
  ).optional(),
  SLACK_APP_TOKEN: token(
    /^xapp-[A-Za-z0-9-]+$/,
    'use an app-level token with connections:write, which starts with xapp- (Basic Information)',
  ).optional(),
  SLACK_SIGNING_SECRET: z
    .string()
    .regex(/^[\x21-\x7e]{8,256}$/, 'use the signing secret as Slack shows it (Basic Information)')
    .optional(),
  SLACK_API_URL: z
    .string()
    .max(1_000)
    .refine(isSafeAddress, 'use https://…, or http://… on this machine alone')
    .transform((value) => (value.endsWith('/') ? value : `${value}/`))
    .optional(),
  SLACK_CHANNEL: z
    .string()
    .regex(/^#?[\p{L}\p{N}_-]{1,80}$/u, 'use the name of a channel, or its id')
    .transform((value) => value.replace(/^#/, ''))
    .default('approvals'),
};

type Variables = z.output<z.ZodObject<typeof slackVariables>>;

export interface SlackSettings {
  /** A secret; never to be logged. */
  readonly botToken: string;
  /** Socket Mode, where it is set. A secret. */
  readonly appToken?: string;
  /** Requests over HTTP, where it is set. A secret. */
  readonly signingSecret?: string;
  /** Ends with a slash; absent: Slack itself. */
  readonly apiUrl?: string;
}

/** What is set but cannot work. */
export function slackProblems(read: Variables): Problem[] {
  const { SLACK_BOT_TOKEN: bot, SLACK_APP_TOKEN: app, SLACK_SIGNING_SECRET: secret } = read;
  const others = [app, secret, read.SLACK_API_URL];
  if (bot === undefined) {
    if (others.every((value) => value === undefined)) return [];
    return [{ path: 'SLACK_BOT_TOKEN', message: 'is required with the other settings of Slack' }];
  }
  if (app !== undefined || secret !== undefined) return [];
  const message =
    'set it for Socket Mode, or SLACK_SIGNING_SECRET for requests over HTTP: without either no click comes in';
  return [{ path: 'SLACK_APP_TOKEN', message }];
}

export function slackSettingsOf(read: Variables): SlackSettings | undefined {
  const { SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken } = read;
  const { SLACK_SIGNING_SECRET: signingSecret, SLACK_API_URL: apiUrl } = read;
  if (botToken === undefined) return undefined;
  return {
    botToken,
    ...(appToken === undefined ? {} : { appToken }),
    ...(signingSecret === undefined ? {} : { signingSecret }),
    ...(apiUrl === undefined ? {} : { apiUrl }),
  };
}
