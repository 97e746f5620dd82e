import * as fc from 'fast-check';
import { canonicalize } from 'json-canonicalize';
import { CANONICAL_DEPTH_MAX, canonicalJson } from '../../../src/core/audit/canonical-json';
import type { Json } from '../../../src/core/json';

const json = fc.jsonValue({ stringUnit: 'binary', maxDepth: 6 }) as fc.Arbitrary<Json>;

const nested = (depth: number): Json => {
  let value: Json = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
};

describe('canonicalJson', () => {
  it('agrees with another implementation of RFC 8785 on any JSON value', () => {
    fc.assert(
      fc.property(json, (value) => canonicalJson(value) === canonicalize(value)),
      {
        numRuns: 500,
      },
    );
  });

  it('keeps the value: parsing it back and writing it again gives the same text', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        return canonicalJson(JSON.parse(text) as Json) === text;
      }),
    );
  });

  it('does not depend on the order in which members were set', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), json), (members) => {
        const reversed = Object.fromEntries(Object.entries(members).reverse());
        return canonicalJson(reversed) === canonicalJson(members);
      }),
    );
  });

  it.each([
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('writes the double %s as %s', (bits, text) => {
    expect(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE())).toBe(text);
  });

  it('sorts members by UTF-16 code units', () => {
    const members = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 };
    expect(canonicalJson(members)).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"\u20ac":1,"😀":5,"\ufb33":3}',
    );
  });

  it('writes a member named __proto__ like any other', () => {
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":2}}') as Json)).toBe(
      '{"__proto__":{"a":2},"b":1}',
    );
  });

  it.each([
    ['NaN', Number.NaN],
    ['Infinity', [Number.POSITIVE_INFINITY]],
    ['undefined', undefined],
    ['a member without value', { a: undefined }],
    ['a hole in an array', new Array(1)],
    ['a function', { a: () => 1 }],
    ['a symbol', [Symbol('a')]],
    ['a bigint', { a: 1n }],
    ['a Date', { a: new Date(0) }],
    ['a Map', new Map()],
    ['bytes', new Uint8Array(2)],
    ['a lone surrogate', 'a\ud800b'],
    ['a lone surrogate in a member name', { '\udc00': 1 }],
  ])('refuses %s', (_name, value) => {
    expect(() => canonicalJson(value as unknown as Json)).toThrow(TypeError);
  });

  it('refuses nesting past its limit, and only past it', () => {
    expect(canonicalJson(nested(CANONICAL_DEPTH_MAX))).toHaveLength(2 * CANONICAL_DEPTH_MAX + 1);
    expect(() => canonicalJson(nested(CANONICAL_DEPTH_MAX + 1))).toThrow(RangeError);
    expect(() => canonicalJson(nested(100_000))).toThrow(RangeError);
  });
});
