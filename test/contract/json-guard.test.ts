import fc from 'fast-check';
import { JSON_LIMITS, parseGuardedJson } from '../../src/contract/json-guard';
import { isDomainError, type DomainError } from '../../src/core/errors';

function refusal(text: string): DomainError {
  try {
    parseGuardedJson(text);
  } catch (error) {
    if (isDomainError(error)) return error;
    throw error;
  }
  throw new Error(`accepted: ${text.slice(0, 80)}`);
}

const accepted = (text: string): boolean => {
  try {
    parseGuardedJson(text);
    return true;
  } catch {
    return false;
  }
};

const GOOD = [
  'null',
  'true',
  ' \t\r\n{} ',
  '[]',
  '[[],{}]',
  '""',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"',
  '"\\ud83d\\ude00"',
  '"😀 \u2028 \u2029 \u007f"',
  '-0',
  '0.1',
  '1E+2',
  '1e-7',
  '9007199254740991',
  '0.30000000000000004',
  '0.00000000000000000000012345678901234567',
  '1.50000000000000000000',
  '-9007199254740991',
  '{"a":{"a":1},"b":[{"a":2},{"a":3}]}',
  '{"":0}',
  '"__proto__"',
  '{"to_string":1,"proto":2}',
];

const MALFORMED = [
  '',
  '   ',
  '{',
  '}',
  '[',
  '[1',
  '[1,',
  '[1,]',
  '[,1]',
  '[1 2]',
  '[1,,2]',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{"a":1 "b":2}',
  '{a:1}',
  "{'a':1}",
  '{1:1}',
  '{"a":1}}',
  '[1]]',
  '{]',
  '[}',
  '{} x',
  'nul',
  'True',
  'undefined',
  'NaN',
  'Infinity',
  '-Infinity',
  '01',
  '-',
  '+1',
  '.5',
  '1.',
  '1.e3',
  '1e',
  '1e+',
  '0x10',
  '1_000',
  '-01',
  '"',
  '"a',
  '"a\\',
  '"\\x41"',
  '"\\u12"',
  '"\\u12g4"',
  '"\\ "',
  '"a\nb"',
  '"a\tb"',
  '"\u0000"',
  "'a'",
  '/* a */ 1',
  '1 // a',
  '\ufeff{}',
  '{"a":1}\u0000',
  '[1]\u00a0',
  '--1',
  '[1]x',
  '{"a" 1}',
  ',',
  ':',
];

describe('parseGuardedJson', () => {
  it.each(GOOD)('accepts %j and gives its value', (text) => {
    expect(parseGuardedJson(text)).toEqual(JSON.parse(text));
  });

  it.each(MALFORMED)('refuses %j as malformed', (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(refusal(text)).toMatchObject({ code: 'validation_failed' });
  });

  it.each([
    ['1e400', 'too large'],
    ['-1e400', 'too large'],
    ['[1e309]', 'too large'],
    ['9007199254740992', 'rounded'],
    ['-9007199254740993', 'rounded'],
    ['9007199254740993.0', 'rounded'],
    ['1e16', 'rounded'],
    ['123456789012345678901234567890', 'rounded'],
    ['1e-400', 'become 0'],
    ['0.123456789012345678', 'rounded'],
    ['[450.00000000000000001]', 'rounded'],
    ['1.00000000000000000001e3', 'rounded'],
    ['"a\\u0000"', 'U+0000'],
    ['{"\\u0000":1}', 'U+0000'],
    ['"\\ud800"', 'surrogate'],
    ['"\\udc00\\ud800"', 'surrogate'],
    ['"\ud800"', 'surrogate'],
    ['{"\\udfff":1}', 'surrogate'],
    ['{"__proto__":1}', 'reserved'],
    ['{"a":[{"constructor":1}]}', 'reserved'],
    ['{"prototype":1}', 'reserved'],
    ['{"\\u005f_proto__":1}', 'reserved'],
    ['{"a":1,"a":1}', 'twice'],
    ['{"a":1,"\\u0061":2}', 'twice'],
    ['{"a":{"b":1,"b":2}}', 'twice'],
  ])('refuses %j, which JSON.parse would take: %s', (text, says) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
    const error = refusal(text);
    expect(error).toMatchObject({ code: 'validation_failed' });
    expect(error.details.problems?.[0]?.message).toContain(says);
    expect(error.details.howToFix).toEqual(expect.any(String));
  });

  it.each([
    ['{"a":1,\n "b":1e400}', 2, 6, 'b'],
    ['{"a":[1,2,{"c":"\\ud800"}]}', 1, 16, 'a.2.c'],
    ['[1,\n2,\n x]', 3, 2, '2'],
    ['{"a":1', 1, 7, 'a'],
  ])('tells line, column and path in %j', (text, line, column, path) => {
    expect(refusal(text).details.problems).toEqual([
      { path, line, column, message: expect.any(String) as string },
    ]);
  });

  it('takes exactly the depth of the limit', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(accepted(nested(JSON_LIMITS.maxDepth))).toBe(true);
    expect(refusal(nested(JSON_LIMITS.maxDepth + 1)).message).toContain('32 levels');
  });

  it('takes exactly the keys of the limit, counted over all objects', () => {
    const objects = (keys: number): string => `[${Array(keys).fill('{"k":0}').join(',')}]`;
    expect(accepted(objects(JSON_LIMITS.maxKeys))).toBe(true);
    expect(refusal(objects(JSON_LIMITS.maxKeys + 1)).message).toContain('1000 keys');
  });

  it.each([
    ['x', 1],
    ['é', 2],
    ['€', 3],
    ['😀', 4],
  ])('counts %s as %i bytes', (character, bytes) => {
    const fits = Math.floor((JSON_LIMITS.maxBytes - 2) / bytes);
    const text = (count: number): string => `"${character.repeat(count)}"`;
    expect(accepted(text(fits))).toBe(true);
    expect(refusal(text(fits + 1))).toMatchObject({ code: 'payload_too_large' });
  });

  it('overflows no stack on hostile text', () => {
    for (const opening of ['[', '{"a":', '[{"a":[']) {
      expect(refusal(opening.repeat(30_000)).message).toContain('32 levels');
    }
    expect(accepted(`"${'\\n'.repeat(100_000)}"`)).toBe(true);
  });
});

describe('laws of parseGuardedJson', () => {
  const safeNumber = fc.oneof(
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, min: -9e15, max: 9e15 }),
  );
  const key = fc
    .string({ unit: 'grapheme', maxLength: 8 })
    .filter((text) => !['__proto__', 'constructor', 'prototype'].includes(text))
    .filter((text) => !text.includes('\u0000'));
  const value = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.constant(null),
      fc.boolean(),
      safeNumber,
      key,
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(key, tie('json'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).json;

  it('any value within the limits comes back as JSON.parse gives it, however it is spaced', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, '\t'), (json, space) => {
        const text = JSON.stringify(json, null, space);
        expect(parseGuardedJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('never accepts what JSON.parse refuses, and gives the same value when both accept', () => {
    const fragment = fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"a"', '"b"', '"', '\\', '1', '-', '0', '.5', 'e9'],
      ...['true', 'null', ' ', '\n', '\\u00', '41', '"\\u0041"'],
    );
    const text = fc.array(fragment, { maxLength: 14 }).map((parts) => parts.join(''));
    const known = (input: string): unknown => {
      try {
        return JSON.parse(input) as unknown;
      } catch {
        return undefined;
      }
    };
    fc.assert(
      fc.property(text, (input) => {
        if (accepted(input)) expect(parseGuardedJson(input)).toEqual(known(input));
        else if (known(input) !== undefined) {
          // Valid JSON is refused for a reason of ours, never as malformed.
          expect(refusal(input).message).not.toContain('not valid JSON');
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('one changed character never makes it fail with anything but a refusal', () => {
    fc.assert(
      fc.property(value, fc.nat(), fc.string({ maxLength: 2 }), (json, at, inserted) => {
        const text = JSON.stringify(json);
        const cut = at % (text.length + 1);
        const changed = text.slice(0, cut) + inserted + text.slice(cut + 1);
        try {
          parseGuardedJson(changed);
        } catch (error) {
          expect(isDomainError(error)).toBe(true);
        }
      }),
    );
  });
});
