import fc from 'fast-check';
import {
  buttonValue,
  choiceValue,
  parseButtonValue,
  parseChoiceValue,
} from '../../src/slack/button-value';
import { DIGEST, EXECUTION } from './card-builders';

const VALUE = `v1.${EXECUTION}.2.9f3c9f3c9f3c9f3c.17`;

describe('the value of a button', () => {
  it('comes back as it was made, for any card', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.integer({ min: 1, max: 99 }),
        fc.stringMatching(/^[0-9a-f]{64}$/),
        fc.integer({ min: 0, max: 999_999_999 }),
        fc.boolean(),
        (execution, level, displayDigest, version, opensForm) => {
          const value = buttonValue({ execution, level, displayDigest, version }, opensForm);
          const digest = displayDigest.slice(0, 16);
          expect(parseButtonValue(value)).toEqual({
            button: { execution, level, digest, version },
            opensForm,
          });
          expect(parseChoiceValue(choiceValue('escalate', value))?.press.button.level).toBe(level);
          // The value of an option may be half as long as that of a button.
          expect(choiceValue('escalate', value).length).toBeLessThanOrEqual(150);
        },
      ),
    );
  });

  it.each([
    '',
    'v1',
    VALUE.replace('v1', 'v2'),
    `${VALUE}.x`,
    `${VALUE}.m.m`,
    ` ${VALUE}`,
    `${VALUE}\n`,
    VALUE.replace('.2.', '.0.'),
    VALUE.replace('.2.', '.100.'),
    VALUE.replace('.2.', '.-1.'),
    VALUE.replace('.17', '.017'),
    VALUE.replace('.17', ''),
    VALUE.replace('9f3c.', '9F3C.'),
    VALUE.replace('9f3c.', '9f3.'),
    VALUE.replace('01980000', '0198000g'),
  ])('is refused when it is “%s”', (value) => {
    expect(parseButtonValue(value)).toBeUndefined();
  });

  it('is refused when it is any other text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseButtonValue(text)).toBeUndefined();
      }),
    );
  });

  it.each([`approve:${VALUE}`, `ids:${VALUE}x`, VALUE, 'ids:', ':'])(
    'is refused in a menu when it is “%s”',
    (value) => {
      expect(parseChoiceValue(value)).toBeUndefined();
    },
  );

  it('holds the first 16 digits of the digest', () => {
    const shown = { execution: EXECUTION, level: 2, displayDigest: DIGEST, version: 17 };
    expect(buttonValue(shown, false)).toBe(VALUE);
    expect(buttonValue(shown, true)).toBe(`${VALUE}.m`);
  });
});
