import fc from 'fast-check';
import { inert, inertBlock, inertJson, inertText } from '../../src/cli/inert-text';

/** Written apart from the implementation: what a terminal acts on or a reader cannot see. */
const isDangerous = (point: number): boolean =>
  point < 0x20 ||
  (point >= 0x7f && point <= 0x9f) ||
  point === 0xad ||
  point === 0x61c ||
  (point >= 0x200b && point <= 0x200f) ||
  (point >= 0x2028 && point <= 0x202e) ||
  (point >= 0x2060 && point <= 0x206f) ||
  (point >= 0xd800 && point <= 0xdfff) ||
  point === 0xfeff ||
  (point >= 0xe0000 && point <= 0xe007f);

const dangerousIn = (text: string): number[] =>
  Array.from(text, (each) => each.codePointAt(0) ?? 0).filter(isDangerous);

const HOSTILE = [
  '\u001b[2J',
  '\u001b]8;;http://evil.test\u0007link\u001b]8;;\u0007',
  '\u009b31m',
  '\u202e',
  '\u2066',
  '\u2069',
  '\u200b',
  '\u{e0041}',
  '\ud800',
  '\u0000',
  '\r',
  '\n',
  '\b',
];
const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' }), fc.string()), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''));

describe('I-13: text made by an agent is inert on a terminal', () => {
  it('keeps no control, escape, invisible or direction character, whatever the text', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(dangerousIn(inertText(text))).toEqual([]);
        expect(dangerousIn(inert`said ${text}!`)).toEqual([]);
        expect(dangerousIn(inertBlock(text).replaceAll('\n', ''))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves ordinary text of any script as it is', () => {
    const text = 'Rückzahlung 45 € für 田中さん, заказ №7, שלום, 👍 "ok" \\ / ~';
    expect(inertText(text)).toBe(text);
  });

  it('shows that something was there instead of hiding it', () => {
    expect(inertText('pay\u202eecila')).toBe('pay\ufffdecila');
    expect(inertText('acme\u200b.com')).toBe('acme\ufffd.com');
  });

  it('makes one line of several, except where a whole document is shown', () => {
    expect(inertText('a\nb\tc\r\nd')).toBe('a b c  d');
    expect(inertBlock('a\r\n\u001b[31mb')).toBe('a\n\ufffd[31mb');
  });

  it('prints JSON that is harmless and parses to exactly the same value', () => {
    fc.assert(
      fc.property(
        fc.dictionary(hostileText, fc.oneof(hostileText, fc.double(), fc.boolean())),
        (value) => {
          const plain: unknown = JSON.parse(JSON.stringify(value));
          const printed = inertJson(plain);
          expect(JSON.parse(printed)).toEqual(plain);
          expect(dangerousIn(printed.replaceAll('\n', ''))).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
