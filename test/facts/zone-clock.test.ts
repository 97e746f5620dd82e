import { createRegexCompiler } from '../../src/facts/regex-compiler';
import { createZoneClock } from '../../src/facts/zone-clock';

const clock = createZoneClock();
const at = (zone: string, time: string) => clock.resolve(zone)?.(Date.parse(time));

describe('createZoneClock', () => {
  it.each([
    ['UTC', '2026-03-04T15:30:00Z', { weekday: 3, minuteOfDay: 930 }],
    ['EST', '2026-07-01T03:00:00Z', { weekday: 2, minuteOfDay: 1320 }],
    ['America/New_York', '2026-07-01T03:00:00Z', { weekday: 2, minuteOfDay: 1380 }],
    ['America/New_York', '2026-01-01T03:00:00Z', { weekday: 3, minuteOfDay: 1320 }],
    ['Asia/Kolkata', '2026-03-01T20:00:00Z', { weekday: 1, minuteOfDay: 90 }],
    ['ACST', '2026-03-01T20:00:00Z', { weekday: 1, minuteOfDay: 330 }],
    ['EST5EDT', '2026-07-01T03:00:00Z', { weekday: 2, minuteOfDay: 1380 }],
    ['UTC', '1969-12-31T23:59:59Z', { weekday: 3, minuteOfDay: 1439 }],
    ['Etc/GMT+5', '2026-07-01T03:00:00Z', { weekday: 2, minuteOfDay: 1320 }],
  ])('tells the local time in %s', (zone, time, expected) => {
    expect(at(zone, time)).toEqual(expected);
  });

  it.each(['IST', 'XYZ', 'Mars/Olympus', '', 'est', 'constructor', '../etc'])(
    'does not know %j',
    (zone) => {
      expect(clock.resolve(zone)).toBeUndefined();
    },
  );
});

describe('createRegexCompiler', () => {
  const regex = createRegexCompiler();

  it('matches anywhere in the text', () => {
    const compiled = regex.compile('(?i)b+c');
    expect(compiled.ok && compiled.test('aBBcd')).toBe(true);
    expect(compiled.ok && compiled.test('acd')).toBe(false);
  });

  it.each(['(', '(?=a)', '(a)\\1', 'a'.repeat(1001)])('refuses %j', (pattern) => {
    expect(regex.compile(pattern)).toMatchObject({ ok: false });
  });

  it('stays linear where backtracking would not end', () => {
    const compiled = regex.compile('^(a+)+$');
    expect(compiled.ok && compiled.test(`${'a'.repeat(5000)}b`)).toBe(false);
  });
});
