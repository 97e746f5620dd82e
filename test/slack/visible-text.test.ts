import fc from 'fast-check';
import {
  clip,
  clipLines,
  fallbackText,
  pagesOf,
  visibleBlock,
  visibleJson,
  visibleLine,
} from '../../src/slack/visible-text';

/** Without half a surrogate pair. */
const isWhole = (text: string): boolean => !/\p{Cs}/u.test(text);

describe('visible text', () => {
  it.each([
    ['plain', 'plain'],
    ['two\nlines\r\nthree', 'two ⏎ lines ⏎ three'],
    ['\u202eevil', '\\u202eevil'],
    ['a\u200bb\ufeffc', 'a\\u200bb\\ufeffc'],
    ['nul\u0000 esc\u001b[31m', 'nul\\u0000 esc\\u001b[31m'],
    ['half \ud800', 'half \\ud800'],
    ['tag \u{e0041}', 'tag \\udb40\\udc41'],
    ['blank \u3164\u2800', 'blank \\u3164\\u2800'],
    ['Müller, 東京, 👍', 'Müller, 東京, 👍'],
  ])('of %j is %j', (text, shown) => {
    expect(visibleLine(text)).toBe(shown);
  });

  it('keeps the lines of a block', () => {
    expect(visibleBlock('a\r\nb\n\u202ec')).toBe('a\nb\n\\u202ec');
  });

  it('is JSON that still means the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.stringify(JSON.parse(visibleJson(value)))).toBe(JSON.stringify(value));
      }),
    );
  });
});

describe('cutting', () => {
  it('never parts a character and never exceeds its limit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, max) => {
        const cut = clip(text, max);
        expect(cut.text.length).toBeLessThanOrEqual(max);
        expect(isWhole(cut.text)).toBe(true);
        expect(cut.isCut).toBe(text.length > max);
      }),
    );
  });

  it('by line says how many are missing and where they are', () => {
    const text = Array.from({ length: 50 }, (_, n) => `line ${n}`).join('\n');
    expect(clipLines(text, { maxLength: 120, maxLines: 60 }, 'open Review')).toEqual({
      text: 'line 0\nline 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nline 8\n… 41 more lines — open Review',
      isCut: true,
    });
    expect(clipLines(text, { maxLength: 9_000, maxLines: 3 }, 'open Review').text).toBe(
      'line 0\nline 1\n… 48 more lines — open Review',
    );
  });

  it('leaves alone what fits', () => {
    expect(clipLines('a\nb', { maxLength: 3, maxLines: 2 }, 'x')).toEqual({
      text: 'a\nb',
      isCut: false,
    });
  });

  it('into pages loses nothing but the line ends between them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 30 }),
        fc.integer({ min: 20, max: 200 }),
        (lines, max) => {
          const text = lines.join('\n');
          const pages = pagesOf(text, max);
          expect(pages.every((page) => page.length <= max && isWhole(page))).toBe(true);
          expect(pages.join('').replaceAll('\n', '')).toBe(text.replaceAll('\n', ''));
        },
      ),
    );
  });
});

describe('the fallback text', () => {
  it.each([
    ['payments.refund', 'payments.refund'],
    ['delete_all_rows', 'delete_all_rows'],
    ['_all_', '?all?'],
    ['<!channel>', '??channel?'],
    ['<@U1>', '??U1?'],
    ['@dana #ops', '?dana ?ops'],
    ['https://evil.example', 'https???evil.example'],
    ['*b* ~s~ `c`', '?b? ?s? ?c?'],
    [':tada:', '?tada:'],
  ])('of %j is %j', (text, shown) => {
    expect(fallbackText(text, 100)).toBe(shown);
  });
});
