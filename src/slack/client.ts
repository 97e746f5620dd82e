import { LogLevel, webApi, type Logger as SlackLogger } from '@slack/bolt';
import type { Logger } from '../app/ports';

/** Longest wait for one call, in milliseconds. */
const CALL_TIMEOUT_MS = 10_000;
const LONGEST_LINE = 300;

export interface SlackClientSettings {
  readonly botToken: string;
  /** Slack's own address if absent. */
  readonly apiUrl?: string;
}

/**
 * Slack's libraries log bodies and tokens at levels below warning, so only warnings and errors pass, as text
 * without anything attached.
 */
export function slackLogger(logger: Logger): SlackLogger {
  const line = (parts: readonly unknown[]): string =>
    parts
      .map((part) => (part instanceof Error ? part.message : typeof part === 'string' ? part : ''))
      .join(' ')
      .replace(/(?:https?|wss?):\/\/\S+/g, '(address)')
      .slice(0, LONGEST_LINE);
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: (...parts: unknown[]) => {
      logger.warn({ library: 'slack' }, line(parts));
    },
    error: (...parts: unknown[]) => {
      logger.warn({ library: 'slack' }, line(parts));
    },
    setLevel: () => undefined,
    getLevel: () => LogLevel.WARN,
    setName: () => undefined,
  };
}

/** Whatever went wrong stays readable: the client keeps the cause only of errors of its own realm. */
const fetchWithCause: webApi.WebClientOptions['fetch'] = async (url, init) => {
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw new TypeError('fetch failed', { cause });
  }
};

/**
 * Settings of every client: one try, in bounded time. The library's own retries would post a message twice
 * when an answer is lost, and on a rate limit they would hold all other calls back.
 */
export const clientOptions = (
  apiUrl: string | undefined,
  logger: Logger,
): webApi.WebClientOptions => ({
  retryConfig: { retries: 0 },
  rejectRateLimitedCalls: true,
  timeout: CALL_TIMEOUT_MS,
  logger: slackLogger(logger),
  allowAbsoluteUrls: false,
  fetch: fetchWithCause,
  ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
});

export const createWebClient = (
  { botToken, apiUrl }: SlackClientSettings,
  logger: Logger,
): webApi.WebClient => new webApi.WebClient(botToken, clientOptions(apiUrl, logger));
