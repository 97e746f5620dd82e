import { webApi } from '@slack/bolt';
import type { ChannelFailure } from '../app/channel-ports';

/** Used where Slack says `ratelimited` without saying for how long. */
const DEFAULT_RETRY_AFTER_MS = 1_000;

/** The connection was never made, so nothing was sent. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Slack says of these that the call may have been carried out in part. */
const MAYBE_DONE = new Set(['internal_error', 'fatal_error', 'request_timeout']);

/** The message, or the card whose thread it was to join, was deleted. */
const GONE = new Set(['message_not_found', 'thread_not_found']);

const NOT_NOW = new Set(['service_unavailable', 'team_added_to_org', 'org_login_required']);

const ERROR_CODE = /^[a-z][a-z0-9_.:-]{0,79}$/;

/**
 * System error codes of an error and of what caused it; a name with several addresses has several. It looks
 * at properties, not classes, because Node's own errors may be of another realm.
 */
function systemCodes(error: unknown, depth = 0): readonly string[] {
  if (typeof error !== 'object' || error === null || depth > 5) return [];
  const { code, cause, errors } = error as Readonly<Record<string, unknown>>;
  const own = typeof code === 'string' && !code.startsWith('slack_webapi') ? [code] : [];
  const inner: readonly unknown[] = Array.isArray(errors) ? errors : [];
  const caused = [cause, ...inner].flatMap((one) => systemCodes(one, depth + 1));
  // An error of several addresses repeats the code of one of them.
  return inner.length > 0 ? caused : [...own, ...caused];
}

const ambiguous = (why: string): ChannelFailure => ({ kind: 'ambiguous', why });

function platformFailure(error: webApi.WebAPIPlatformError): ChannelFailure {
  const code: unknown = error.data.error;
  // The library puts a body that is no JSON where the code would stand.
  if (typeof code !== 'string' || !ERROR_CODE.test(code)) return ambiguous('malformed_answer');
  if (code === 'ratelimited' || code === 'rate_limited') {
    const seconds = error.data.response_metadata?.retryAfter;
    return {
      kind: 'rate_limited',
      retryAfterMs: seconds === undefined ? DEFAULT_RETRY_AFTER_MS : seconds * 1_000,
    };
  }
  if (GONE.has(code)) return { kind: 'gone' };
  if (MAYBE_DONE.has(code)) return ambiguous(code);
  if (NOT_NOW.has(code)) return { kind: 'unavailable', why: code };
  return { kind: 'refused', code };
}

/**
 * What a failed call of the Web API means for whoever made it. Unknown errors count as ambiguous: a look-up
 * costs a call, a second card costs trust.
 */
export function callFailure(error: unknown): ChannelFailure {
  if (error instanceof webApi.WebAPIRateLimitedError)
    return { kind: 'rate_limited', retryAfterMs: error.retryAfter * 1_000 };
  if (error instanceof webApi.WebAPIPlatformError) return platformFailure(error);
  if (error instanceof webApi.WebAPIHTTPError) {
    const code = `http_${error.statusCode}`;
    return error.statusCode >= 500 ? ambiguous(code) : { kind: 'refused', code };
  }
  const codes = systemCodes(error);
  if (codes.length > 0 && codes.every((code) => NEVER_SENT.has(code)))
    return { kind: 'unavailable', why: codes.join(', ').toLowerCase() };
  return ambiguous(codes[0]?.toLowerCase() ?? 'no_answer');
}
