import * as fc from 'fast-check';
import { boundedContext, boundedText } from '../../../src/core/audit/bounded';
import { canonicalJson } from '../../../src/core/audit/canonical-json';
import { anyContext } from './sample-log';

describe('boundedText', () => {
  it.each([
    ['keeps ordinary text', 'Refund 4711 für Zoë 👩‍👧', 64, 'Refund 4711 für Zoë 👩‍👧'],
    ['marks a cut', 'abcdef', 4, 'abc…'],
    ['never splits a pair when cutting', 'ab😀😀', 4, 'ab\uFFFD…'],
    ['replaces control characters', 'a\0b\r\nc\u001bd\u0085e', 64, 'a�b��c�d�e'],
    ['replaces line separators and direction marks', 'a\u2028b\u202ec\u2066d', 64, 'a�b�c�d'],
    ['replaces lone surrogates', 'a\ud800b\udc00', 64, 'a�b�'],
  ])('%s', (_name, text, lengthMax, expected) => {
    expect(boundedText(text, lengthMax)).toBe(expected);
  });
});

describe('boundedContext', () => {
  const cyclic: Record<string, unknown> = { a: 1 };
  cyclic['self'] = cyclic;
  const throwing = Object.defineProperty({}, 'a', {
    enumerable: true,
    get: () => {
      throw new Error('trap');
    },
  });

  it.each([
    ['plain values stay', { a: [1, true, null, 'x'] }, { a: [1, true, null, 'x'] }],
    ['undefined members go', { a: undefined, b: 1 }, { b: 1 }],
    [
      'numbers JSON cannot hold become text',
      { a: NaN, b: -Infinity },
      { a: 'NaN', b: '-Infinity' },
    ],
    ['big integers become text', { a: 10n ** 20n }, { a: '100000000000000000000' }],
    ['functions are cut', { a: () => 1 }, { a: '…', cut: true }],
    ['a member that throws is cut', throwing, { a: '…' }],
    ['a value of another kind is wrapped', 'text', { value: 'text' }],
    ['nothing is wrapped too', undefined, {}],
    [
      'keys made equal by cleaning keep both values',
      { 'a\0': 1, 'a\u0001': 2 },
      { 'a�': 1, 'a�~1': 2 },
    ],
    [
      '__proto__ is an ordinary name',
      JSON.parse('{"__proto__":{"x":1}}'),
      { '[__proto__]': { x: 1 } },
    ],
    [
      'secret names hide their value',
      { apiKey: 'k', 'X-Auth-Token': ['a'], pages: 3 },
      { apiKey: '[redacted]', 'X-Auth-Token': '[redacted]', pages: 3 },
    ],
    [
      'nested secret names too',
      { a: [{ user_password: 1234 }] },
      { a: [{ user_password: '[redacted]' }] },
    ],
    [
      'secret shapes are hidden in any text',
      { note: 'use Bearer abcdefgh1234 now' },
      { note: 'use [redacted] now' },
    ],
  ])('%s', (_name, input, expected) => {
    expect(boundedContext(input)).toEqual(expected);
  });

  it.each([
    ['cs_abcdefghijklmnop1234', 'an API key of ours'],
    ['xoxb-1234567890-abcdef', 'a chat token'],
    ['AKIAABCDEFGHIJKLMNOP', 'a cloud access key'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl', 'a JSON web token'],
    ['-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----', 'a private key'],
  ])('hides %s', (secret) => {
    const context = boundedContext({ note: `before ${secret} after`, [secret]: 1 });
    expect(JSON.stringify(context)).not.toContain(secret.slice(5, 15));
    expect(context['note']).toBe('before [redacted] after');
  });

  it('ends for cyclic and very deep values and says that it cut', () => {
    expect(boundedContext(cyclic)).toMatchObject({ a: 1, cut: true });
    let deep: unknown = 1;
    for (let level = 0; level < 50_000; level += 1) deep = [deep];
    expect(boundedContext({ deep })).toMatchObject({ cut: true });
  });

  it('is valid JSON of at most 32 KiB for anything', () => {
    fc.assert(
      fc.property(fc.oneof(anyContext, fc.anything()), (input) => {
        const bytes = Buffer.byteLength(canonicalJson(boundedContext(input)));
        return bytes <= 32 * 1024;
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['many members', Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`k${at}`, at]))],
    ['a long array', { a: Array.from({ length: 100_000 }, () => '漢') }],
    [
      'long text of three-byte characters',
      { a: Array.from({ length: 50 }, () => '漢'.repeat(9_000)) },
    ],
    [
      'text that ends just past the budget',
      { a: [1_750, 2_048, 2_048, 2_048, 2_048, 2_048, 2_048].map((n) => '漢'.repeat(n)) },
    ],
    ['text that JSON escapes', { a: '"'.repeat(100_000), b: '\\'.repeat(100_000) }],
    ['many empty arrays', { a: Array.from({ length: 100_000 }, () => []) }],
    [
      'secret-like keys',
      Object.fromEntries(
        Array.from({ length: 5_000 }, (_, at) => [`sk-${'a'.repeat(16)}${at}`, at]),
      ),
    ],
  ])('cuts %s and says so', (_name, input) => {
    const context = boundedContext(input);
    expect(context['cut']).toBe(true);
    expect(Buffer.byteLength(canonicalJson(context))).toBeLessThanOrEqual(32 * 1024);
  });
});
