import type { LocalTime, ZoneClock } from '../policy/capabilities';
import { isWithin, type TimeWindow } from '../policy/time-window';

/** When a timer of `durationMs` that starts at `fromMs` ends; `hours` makes it count only time within them. */
export type AddTime = (fromMs: number, durationMs: number, hours?: TimeWindow) => number;

const MINUTE_MS = 60_000;
/** Zones change their offset on whole half hours of UTC, so within one the local clock runs evenly. */
const HALF_HOUR_MS = 30 * MINUTE_MS;
const LONGEST_MS = 366 * 24 * 60 * MINUTE_MS;

/** Minutes until the local minute of the day next equals a border of the window. */
function minutesToBorder(window: TimeWindow, local: LocalTime): number {
  const ahead = [window.startMinute, window.endMinute, 0].map(
    (border) => ((border - local.minuteOfDay + 1440 - 1) % 1440) + 1,
  );
  return Math.min(...ahead);
}

/** Whether no change of clocks lies in the stretch: its end has the minute of the day that its start promises. */
function runsEvenly(here: LocalTime, there: LocalTime, nowMs: number, stretchMs: number): boolean {
  const minutes = Math.ceil((stretchMs + (nowMs % MINUTE_MS)) / MINUTE_MS);
  return there.minuteOfDay === (here.minuteOfDay + minutes) % 1440;
}

function addWithin(
  fromMs: number,
  durationMs: number,
  hours: TimeWindow,
  local: (nowMs: number) => LocalTime,
): number {
  let now = fromMs;
  let left = durationMs;
  while (left > 0 && now - fromMs < LONGEST_MS) {
    const here = local(now);
    const toBorderMs = minutesToBorder(hours, here) * MINUTE_MS - (now % MINUTE_MS);
    const stretchMs = runsEvenly(here, local(now + toBorderMs), now, toBorderMs)
      ? toBorderMs
      : Math.min(toBorderMs, HALF_HOUR_MS - (now % HALF_HOUR_MS));
    if (!isWithin(hours, here)) {
      now += stretchMs;
      continue;
    }
    const spentMs = Math.min(left, stretchMs);
    left -= spentMs;
    now += spentMs;
  }
  return Math.max(now, fromMs + durationMs);
}

/**
 * Adds time by the wall, or by business hours where they are given. A zone that is not known counts like the
 * wall clock: a timer must never wait for hours that do not come. What has not ended after 366 days ends then, or
 * when the wall clock says so, if that is later.
 */
export const createAddTime =
  (zones: ZoneClock): AddTime =>
  (fromMs, durationMs, hours) => {
    const local = hours === undefined ? undefined : zones.resolve(hours.zone);
    if (hours === undefined || local === undefined) return fromMs + durationMs;
    return addWithin(fromMs, durationMs, hours, local);
  };

export const wallTime: AddTime = (fromMs, durationMs) => fromMs + durationMs;
