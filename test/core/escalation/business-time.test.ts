import fc from 'fast-check';
import { createAddTime } from '../../../src/core/escalation/business-time';
import { isWithin, parseTimeWindow, type TimeWindow } from '../../../src/core/policy/time-window';
import { createZoneClock } from '../../../src/facts/zone-clock';

const zones = createZoneClock();
const addTime = createAddTime(zones);
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const hours = (text: string): TimeWindow => {
  const parsed = parseTimeWindow(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.window;
};
const added = (from: string, durationMs: number, text: string): string =>
  new Date(addTime(Date.parse(from), durationMs, hours(text))).toISOString().replace('.000Z', 'Z');

const BERLIN = 'mon-fri 09:00-18:00 Europe/Berlin';
const NIGHT = 'mon-fri 22:00-06:00 Europe/Berlin';

describe('time within business hours', () => {
  it.each([
    // 2026-03-04 is a Wednesday; Berlin is at +01:00 until 29 March, then at +02:00 until 25 October.
    ['inside one day', '2026-03-04T09:00:00Z', 1, '2026-03-04T10:00:00Z', BERLIN],
    ['up to the last minute', '2026-03-04T09:00:00Z', 8, '2026-03-04T17:00:00Z', BERLIN],
    ['over the evening', '2026-03-04T16:30:00Z', 1, '2026-03-05T08:30:00Z', BERLIN],
    ['from before the opening', '2026-03-04T03:00:00Z', 1, '2026-03-04T09:00:00Z', BERLIN],
    ['over the weekend', '2026-03-06T16:00:00Z', 2, '2026-03-09T09:00:00Z', BERLIN],
    ['from a Saturday', '2026-03-07T12:00:00Z', 1, '2026-03-09T09:00:00Z', BERLIN],
    ['a whole week', '2026-03-04T08:00:00Z', 45, '2026-03-10T17:00:00Z', BERLIN],
    ['into summer time', '2026-03-27T16:00:00Z', 2, '2026-03-30T08:00:00Z', BERLIN],
    ['into winter time', '2026-10-23T15:00:00Z', 2, '2026-10-26T09:00:00Z', BERLIN],
    ['over midnight', '2026-03-04T20:00:00Z', 2, '2026-03-04T23:00:00Z', NIGHT],
    ['over midnight, next night', '2026-03-04T20:00:00Z', 9, '2026-03-05T22:00:00Z', NIGHT],
    ['the night that starts on Friday', '2026-03-06T23:00:00Z', 5, '2026-03-07T04:00:00Z', NIGHT],
    ['no night starts on Saturday', '2026-03-06T23:00:00Z', 7, '2026-03-09T22:00:00Z', NIGHT],
    [
      'an hour that the clock skips',
      '2026-03-28T23:00:00Z',
      2,
      '2026-03-29T01:00:00Z',
      '00:00-04:00 Europe/Berlin',
    ],
    [
      'the skipped hour is not worked',
      '2026-03-28T23:00:00Z',
      4,
      '2026-03-29T23:00:00Z',
      '00:00-04:00 Europe/Berlin',
    ],
    [
      'the doubled hour is worked twice',
      '2026-10-24T22:00:00Z',
      5,
      '2026-10-25T03:00:00Z',
      '00:00-04:00 Europe/Berlin',
    ],
    [
      'half-hour zones',
      '2026-03-04T03:00:00Z',
      1,
      '2026-03-04T04:30:00Z',
      '09:00-18:00 Asia/Kolkata',
    ],
    [
      'quarter-hour zones',
      '2026-03-04T03:00:00Z',
      1,
      '2026-03-04T04:15:00Z',
      '09:00-18:00 Asia/Kathmandu',
    ],
    [
      'a half-hour change of clocks',
      '2026-10-03T14:30:00Z',
      1,
      '2026-10-03T15:30:00Z',
      '00:00-24:00 Australia/Lord_Howe',
    ],
  ])('%s: %s + %d h is %s', (_, from, durationHours, expected, text) => {
    expect(added(from, durationHours * HOUR_MS, text)).toBe(expected);
  });

  it('keeps the odd seconds', () => {
    expect(added('2026-03-04T16:59:30.250Z', MINUTE_MS, BERLIN)).toBe('2026-03-05T08:00:30.250Z');
  });

  it('is wall time where none are given, or in a zone that nobody knows', () => {
    expect(addTime(5, 7)).toBe(12);
    expect(addTime(5, 7, hours('09:00-10:00 Mars/Olympus'))).toBe(12);
  });
});

const anyHours = fc
  .record({
    days: fc.constantFrom('', 'mon-fri ', 'sat,sun ', 'fri '),
    start: fc.integer({ min: 0, max: 1439 }),
    length: fc.integer({ min: 90, max: 1439 }),
    zone: fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
    ),
  })
  .map(({ days, start, length, zone }) => {
    const clock = (minute: number) =>
      `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
    return hours(`${days}${clock(start)}-${clock((start + length) % 1440)} ${zone}`);
  });
const YEAR_MS = 366 * 24 * HOUR_MS;
const START_MS = Date.parse('2026-01-01T00:00:00Z');
const moment = fc.integer({ min: START_MS, max: START_MS + YEAR_MS });
const duration = fc.integer({ min: 0, max: 20 * HOUR_MS });

describe('laws of business time', () => {
  it('never ends before the wall clock would', () => {
    fc.assert(
      fc.property(
        moment,
        fc.oneof(duration, fc.integer({ min: 0, max: 3 * YEAR_MS })),
        anyHours,
        (from, ms, window) => {
          expect(addTime(from, ms, window)).toBeGreaterThanOrEqual(from + ms);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is additive and grows with the duration', () => {
    fc.assert(
      fc.property(moment, duration, duration, anyHours, (from, a, b, window) => {
        const both = addTime(from, a + b, window);
        expect(addTime(addTime(from, a, window), b, window)).toBe(both);
        expect(both).toBeGreaterThanOrEqual(addTime(from, a, window));
      }),
      { numRuns: 100 },
    );
  });

  it('ends where exactly so many minutes lay within the hours', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: START_MS / MINUTE_MS, max: (START_MS + YEAR_MS) / MINUTE_MS }),
        fc.integer({ min: 1, max: 600 }),
        anyHours,
        (fromMinute, minutes, window) => {
          const local = zones.resolve(window.zone);
          if (local === undefined) throw new Error(window.zone);
          let now = fromMinute * MINUTE_MS;
          for (let left = minutes; left > 0; now += MINUTE_MS)
            if (isWithin(window, local(now))) left -= 1;
          expect(addTime(fromMinute * MINUTE_MS, minutes * MINUTE_MS, window)).toBe(now);
        },
      ),
      { numRuns: 60 },
    );
  });
});
