import { webApi } from '@slack/bolt';
import { callFailure } from '../../src/slack/call-failure';

const platform = (error: string, retryAfter?: number) =>
  new webApi.WebAPIPlatformError({
    ok: false,
    error,
    ...(retryAfter === undefined ? {} : { response_metadata: { retryAfter } }),
  });
const http = (status: number) => new webApi.WebAPIHTTPError(status, '', {}, '<html>');
const system = (code: string) => Object.assign(new Error(code), { code });
const request = (cause: Error) =>
  new webApi.WebAPIRequestError(new TypeError('fetch failed', { cause }));

describe('a failed call', () => {
  it.each<[string, unknown, ReturnType<typeof callFailure>]>([
    [
      'too fast',
      new webApi.WebAPIRateLimitedError(30),
      { kind: 'rate_limited', retryAfterMs: 30_000 },
    ],
    [
      'too fast, by code',
      platform('ratelimited', 5),
      { kind: 'rate_limited', retryAfterMs: 5_000 },
    ],
    [
      'too fast, without a time',
      platform('ratelimited'),
      { kind: 'rate_limited', retryAfterMs: 1_000 },
    ],
    ['deleted', platform('message_not_found'), { kind: 'gone' }],
    ['its card deleted', platform('thread_not_found'), { kind: 'gone' }],
    ...[
      'channel_not_found',
      'not_in_channel',
      'is_archived',
      'restricted_action',
      'cant_update_message',
      'invalid_blocks',
      'msg_blocks_too_long',
      'invalid_auth',
      'token_revoked',
      'account_inactive',
      'missing_scope',
      'a_code_of_tomorrow',
    ].map(
      (code) =>
        [code, platform(code), { kind: 'refused', code }] as [
          string,
          unknown,
          ReturnType<typeof callFailure>,
        ],
    ),
    ['half done', platform('fatal_error'), { kind: 'ambiguous', why: 'fatal_error' }],
    [
      'not now',
      platform('service_unavailable'),
      { kind: 'unavailable', why: 'service_unavailable' },
    ],
    ['no JSON', platform('<html>oops</html>'), { kind: 'ambiguous', why: 'malformed_answer' }],
    ['500', http(500), { kind: 'ambiguous', why: 'http_500' }],
    ['503', http(503), { kind: 'ambiguous', why: 'http_503' }],
    ['404', http(404), { kind: 'refused', code: 'http_404' }],
    [
      'nobody listens',
      request(system('ECONNREFUSED')),
      { kind: 'unavailable', why: 'econnrefused' },
    ],
    ['no such host', request(system('ENOTFOUND')), { kind: 'unavailable', why: 'enotfound' }],
    [
      'nobody listens on any address',
      request(new AggregateError([system('ECONNREFUSED'), system('ENETUNREACH')], 'all')),
      { kind: 'unavailable', why: 'econnrefused, enetunreach' },
    ],
    ['cut off', request(system('ECONNRESET')), { kind: 'ambiguous', why: 'econnreset' }],
    [
      'one address refused, another cut off',
      request(new AggregateError([system('ECONNREFUSED'), system('ECONNRESET')], 'some')),
      { kind: 'ambiguous', why: 'econnrefused' },
    ],
    [
      'out of time',
      request(new DOMException('timeout', 'TimeoutError')),
      { kind: 'ambiguous', why: 'no_answer' },
    ],
    ['anything else', new Error('what?'), { kind: 'ambiguous', why: 'no_answer' }],
    ['nothing', undefined, { kind: 'ambiguous', why: 'no_answer' }],
  ])('%s', (_, error, failure) => {
    expect(callFailure(error)).toEqual(failure);
  });
});
