import { wrongType, type Slot } from '../policy/read';
import { itemsOf } from './scalars';

const DAY_MS = 86_400_000;
const MAX_MS = 366 * DAY_MS;
const DURATION = /^(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?$/;
const PERCENT = /^(\d{1,3}(?:\.\d{1,2})?)%$/;

/** `90s`, `30m`, `1h30m`, `2d` as milliseconds; undefined for anything else, nothing, or over a year. */
export function parseDurationMs(text: string): number | undefined {
  const found = DURATION.exec(text.trim());
  if (found === null) return undefined;
  const [days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0));
  const ms =
    (days ?? 0) * DAY_MS +
    (hours ?? 0) * 3_600_000 +
    (minutes ?? 0) * 60_000 +
    (seconds ?? 0) * 1_000;
  return ms > 0 && ms <= MAX_MS ? ms : undefined;
}

/** Milliseconds. */
export function readDurationMs(slot: Slot | undefined): number | undefined {
  if (slot === undefined) return undefined;
  const { node } = slot;
  const text = node.kind === 'scalar' && typeof node.value === 'string' ? node.value : '';
  return parseDurationMs(text) ?? wrongType(slot, 'a duration such as 90s, 30m, 1h30m or 2d');
}

const MAX_REMINDERS = 10;

/**
 * Reminders as parts of the level's timer (`50%`) or as durations, in milliseconds after the level opened,
 * ascending. One that would not come before the timer is an error.
 */
export function readRemindersMs(
  slot: Slot | undefined,
  timeoutMs: number | undefined,
): readonly number[] {
  const items = itemsOf(slot);
  if (slot !== undefined && items.length > MAX_REMINDERS) {
    wrongType(slot, `at most ${String(MAX_REMINDERS)} reminders`);
    return [];
  }
  const read = items.map((item) => readReminderMs(item, timeoutMs));
  const known = read.filter((ms) => ms !== undefined);
  return [...new Set(known)].sort((a, b) => a - b);
}

function readReminderMs(slot: Slot, timeoutMs: number | undefined): number | undefined {
  const { node, path, diagnostics } = slot;
  // A timer that cannot be read is reported by itself; any reminder may be right for it.
  const timerMs = timeoutMs ?? MAX_MS;
  const text = node.kind === 'scalar' && typeof node.value === 'string' ? node.value.trim() : '';
  const percent = PERCENT.exec(text)?.[1];
  const ms =
    percent === undefined ? parseDurationMs(text) : Math.round((Number(percent) / 100) * timerMs);
  if (ms === undefined || ms <= 0) {
    return wrongType(slot, 'a part of the timer such as 50%, or a duration such as 20m');
  }
  if (ms < timerMs) return ms;
  const message =
    'the reminder would come when the timer has ended: make it shorter than `timeout`';
  return diagnostics.error('reminder_too_late', node, path, message);
}
