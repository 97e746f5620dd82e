import type { LocalTime } from './capabilities';

/** A span of the local day, start included and end excluded; it may pass midnight. */
export interface TimeWindow {
  readonly startMinute: number;
  readonly endMinute: number;
  /** Days on which the span starts, 1 (Monday) to 7; empty means every day. */
  readonly weekdays: readonly number[];
  readonly zone: string;
  /** As written, for traces. */
  readonly text: string;
}

export type ParsedTimeWindow =
  | { readonly ok: true; readonly window: TimeWindow }
  | { readonly ok: false; readonly problem: string };

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const MINUTES_PER_DAY = 1440;
const CLOCK = /^(\d{1,2})(?::(\d{2}))?\s*(am|pm)?$/;
const ZONE = /^[A-Za-z][A-Za-z0-9_+\-/]{0,40}$/;

/** Reads `[mon-fri ]9am-5pm[ zone]`; the zone defaults to UTC. Whether the zone exists is the clock's to say. */
export function parseTimeWindow(text: string): ParsedTimeWindow {
  const words = text
    .trim()
    .replace(/\s*-\s*/g, '-')
    .replace(/(\d)\s+(?=[ap]m\b)/gi, '$1')
    .split(/\s+/);
  if (text.length > 100 || words.length === 0 || words.length > 3) return notAWindow(text);
  const weekdays = parseWeekdays(words[0] ?? '');
  if (weekdays !== undefined) words.shift();
  const [span = '', zone = 'UTC', ...rest] = words;
  const [startText, endText, ...more] = span.toLowerCase().split('-');
  if (rest.length > 0 || more.length > 0 || !ZONE.test(zone)) return notAWindow(text);
  const startMinute = parseClock(startText ?? '');
  const endMinute = parseClock(endText ?? '');
  if (startMinute === undefined || endMinute === undefined) return notAWindow(text);
  const isWholeDay = startMinute === 0 && endMinute === MINUTES_PER_DAY;
  if (!isWholeDay && startMinute % MINUTES_PER_DAY === endMinute % MINUTES_PER_DAY) {
    return { ok: false, problem: 'the time window is empty: its start and end are the same' };
  }
  const window = { startMinute, endMinute, weekdays: weekdays ?? [], zone, text: text.trim() };
  return { ok: true, window };
}

/** Whether the local time lies in the window. */
export function isWithin(window: TimeWindow, local: LocalTime): boolean {
  const { startMinute, endMinute } = window;
  const minute = local.minuteOfDay;
  if (startMinute < endMinute) {
    return minute >= startMinute && minute < endMinute && startsOn(window, local.weekday);
  }
  if (minute >= startMinute) return startsOn(window, local.weekday);
  const dayBefore = local.weekday === 1 ? 7 : local.weekday - 1;
  return minute < endMinute && startsOn(window, dayBefore);
}

const startsOn = (window: TimeWindow, weekday: number): boolean =>
  window.weekdays.length === 0 || window.weekdays.includes(weekday);

function parseClock(text: string): number | undefined {
  const found = CLOCK.exec(text);
  if (found === null) return undefined;
  const [, hourText = '', minuteText, half] = found;
  const minute = Number(minuteText ?? '0');
  let hour = Number(hourText);
  // A bare hour such as "9" could be morning or evening.
  if (half === undefined && minuteText === undefined) return undefined;
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (half === 'pm' ? 12 : 0);
  }
  const total = hour * 60 + minute;
  return minute > 59 || total > MINUTES_PER_DAY ? undefined : total;
}

function parseWeekdays(text: string): readonly number[] | undefined {
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(',')) {
    const [first = '', last = first, ...more] = part.split('-');
    const start = dayNumber(first);
    const end = dayNumber(last);
    if (start === undefined || end === undefined || more.length > 0) return undefined;
    for (let day = start; ; day = (day % 7) + 1) {
      days.add(day);
      if (day === end) break;
    }
  }
  return [...days].sort((a, b) => a - b);
}

function dayNumber(text: string): number | undefined {
  const index = DAYS.findIndex((day) => day === text);
  return index === -1 ? undefined : index + 1;
}

const notAWindow = (text: string): ParsedTimeWindow => ({
  ok: false,
  problem: `\`${text.slice(0, 60)}\` is not a time window such as \`mon-fri 9am-5pm America/New_York\``,
});
