import fc from 'fast-check';
import { clip, inlineCode } from '../../src/core/markdown';

describe('inlineCode', () => {
  it.each([
    ['plain', 'refund', '`refund`'],
    ['a backtick cannot end the span', 'a`b', "`a'b`"],
    ['a line break cannot end the line', 'a\r\n# b', '`a  # b`'],
    ['a mark that turns the text around is gone', 'a\u202Etxt.exe', '`a txt.exe`'],
    ['an invisible mark is gone', 'pay\u200Bpal', '`pay pal`'],
    ['a lone surrogate is gone', 'a\ud800b', '`a b`'],
    ['nothing is shown as a dash', ' \n', '`–`'],
  ])('%s', (_, text, shown) => {
    expect(inlineCode(text)).toBe(shown);
  });

  it('is one well-formed span on one line, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 50 }), (text, room) => {
        const shown = inlineCode(text, room + 1);
        expect(shown).toMatch(/^`[^`\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+`$/u);
        expect([...shown].length).toBeLessThanOrEqual(room + 3);
      }),
    );
  });
});

describe('clip', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['😀😀😀', 3, '😀😀😀'],
    ['😀😀😀😀', 3, '😀😀…'],
  ])('cuts %s at %d code points', (text, length, cut) => {
    expect(clip(text, length)).toBe(cut);
  });
});
