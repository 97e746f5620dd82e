import { createHmac } from 'node:crypto';
import { signatureProblem } from '../../src/slack/request-signature';

const SECRET = 'a signing secret';
const NOW_S = 1_789_000_000;
const BODY = Buffer.from('payload=%7B%7D');

const signed = (timestampS: number | string, secret = SECRET, body = BODY): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestampS}:`).update(body).digest('hex')}`;

const check = (over: Partial<Parameters<typeof signatureProblem>[0]>) =>
  signatureProblem({
    secret: SECRET,
    timestamp: String(NOW_S),
    signature: signed(NOW_S),
    rawBody: BODY,
    nowMs: NOW_S * 1_000,
    ...over,
  });

describe('the signature of a request', () => {
  it('is the one Slack documents', () => {
    // docs.slack.dev/authentication/verifying-requests-from-slack, its worked example
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V' +
      '&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=' +
      '&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibI' +
      'GlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    expect(
      signatureProblem({
        secret: '8f742231b10e8888abcd99yyyzzz85a5',
        timestamp: '1531420618',
        signature: 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
        rawBody: Buffer.from(body),
        nowMs: 1_531_420_618_000,
      }),
    ).toBeUndefined();
  });

  it.each<[string, Partial<Parameters<typeof signatureProblem>[0]>, string | undefined]>([
    ['right and now', {}, undefined],
    ['five minutes old', { nowMs: (NOW_S + 300) * 1_000 }, undefined],
    ['older', { nowMs: (NOW_S + 301) * 1_000 }, 'out_of_time'],
    ['five minutes ahead', { nowMs: (NOW_S - 300) * 1_000 }, undefined],
    ['further ahead', { nowMs: (NOW_S - 301) * 1_000 }, 'out_of_time'],
    ['without a signature', { signature: undefined }, 'missing'],
    ['without a timestamp', { timestamp: undefined }, 'missing'],
    ['of another secret', { signature: signed(NOW_S, 'other') }, 'mismatch'],
    ['of the empty secret', { signature: signed(NOW_S, '') }, 'mismatch'],
    ['of another body', { rawBody: Buffer.from('payload=%7B%22a%22%3A1%7D') }, 'mismatch'],
    ['of another time', { timestamp: String(NOW_S + 1) }, 'mismatch'],
    ['cut short', { signature: signed(NOW_S).slice(0, -2) }, 'malformed'],
    ['of another version', { signature: signed(NOW_S).replace('v0', 'v1') }, 'malformed'],
    ['in capitals', { signature: signed(NOW_S).toUpperCase() }, 'malformed'],
    ['at no time', { timestamp: 'NaN', signature: signed('NaN') }, 'malformed'],
    ['before time', { timestamp: '-1', signature: signed('-1') }, 'malformed'],
  ])('%s', (_, over, problem) => {
    expect(check(over)).toBe(problem);
  });
});
