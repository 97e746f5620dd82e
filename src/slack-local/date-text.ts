/** Where and when a date is read. */
export interface Reading {
  readonly nowMs: number;
  /** IANA name of the reader's zone. */
  readonly timeZone: string;
}

type Parts = Readonly<Record<string, string>>;

function partsOf(ms: number, timeZone: string, options: Intl.DateTimeFormatOptions): Parts {
  const format = new Intl.DateTimeFormat('en-US', { ...options, timeZone });
  return Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
}

const longOf = (ms: number, zone: string, year: boolean, weekday: boolean): string => {
  const parts = partsOf(ms, zone, {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    weekday: 'long',
  });
  const day = `${parts['month'] ?? ''} ${ordinal(Number(parts['day']))}`;
  return `${weekday ? `${parts['weekday'] ?? ''}, ` : ''}${day}${year ? `, ${parts['year'] ?? ''}` : ''}`;
};

const shortOf = (ms: number, zone: string): string => {
  const parts = partsOf(ms, zone, { year: 'numeric', month: 'short', day: 'numeric' });
  return `${parts['month'] ?? ''} ${parts['day'] ?? ''}, ${parts['year'] ?? ''}`;
};

const timeOf = (ms: number, zone: string, seconds: boolean): string => {
  const parts = partsOf(ms, zone, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  const minutes = `${parts['hour'] ?? ''}:${parts['minute'] ?? ''}`;
  return seconds ? `${minutes}:${parts['second'] ?? ''}` : minutes;
};

function isoDayOf(ms: number, zone: string): string {
  const parts = partsOf(ms, zone, { year: 'numeric', month: '2-digit', day: '2-digit' });
  return `${parts['year'] ?? ''}-${parts['month'] ?? ''}-${parts['day'] ?? ''}`;
}

function ordinal(day: number): string {
  const tens = day % 100;
  const ending = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][day % 10] ?? 'th');
  return `${String(day)}${ending}`;
}

const DAY_MS = 86_400_000;

/** `today`, `yesterday` or `tomorrow`, else what stands for other days. */
function pretty(ms: number, { nowMs, timeZone }: Reading, otherwise: string): string {
  const day = isoDayOf(ms, timeZone);
  if (day === isoDayOf(nowMs, timeZone)) return 'today';
  if (day === isoDayOf(nowMs - DAY_MS, timeZone)) return 'yesterday';
  return day === isoDayOf(nowMs + DAY_MS, timeZone) ? 'tomorrow' : otherwise;
}

const SPANS = [
  ['day', DAY_MS],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

function ago(ms: number, nowMs: number): string {
  const distanceMs = Math.abs(nowMs - ms);
  for (const [unit, unitMs] of SPANS) {
    const count = Math.floor(distanceMs / unitMs);
    if (count === 0) continue;
    const span = `${String(count)} ${unit}${count === 1 ? '' : 's'}`;
    return ms > nowMs ? `in ${span}` : `${span} ago`;
  }
  return 'just now';
}

type Token = (ms: number, reading: Reading) => string;
const TOKENS: Readonly<Record<string, Token>> = {
  date_num: (ms, { timeZone }) => isoDayOf(ms, timeZone),
  date_slash: (ms, { timeZone }) => isoDayOf(ms, timeZone).split('-').reverse().join('/'),
  date_long: (ms, { timeZone }) => longOf(ms, timeZone, true, true),
  date_long_full: (ms, { timeZone }) => longOf(ms, timeZone, true, false),
  date_long_pretty: (ms, at) => pretty(ms, at, longOf(ms, at.timeZone, true, true)),
  date: (ms, { timeZone }) => longOf(ms, timeZone, false, false),
  date_pretty: (ms, at) => pretty(ms, at, longOf(ms, at.timeZone, false, false)),
  date_short: (ms, { timeZone }) => shortOf(ms, timeZone),
  date_short_pretty: (ms, at) => pretty(ms, at, shortOf(ms, at.timeZone)),
  day_divider_pretty: (ms, at) => pretty(ms, at, longOf(ms, at.timeZone, false, true)),
  time: (ms, { timeZone }) => timeOf(ms, timeZone, false),
  time_secs: (ms, { timeZone }) => timeOf(ms, timeZone, true),
  ago: (ms, { nowMs }) => ago(ms, nowMs),
};

/**
 * A date as a reader in that zone sees it (docs.slack.dev/messaging/formatting-message-text, date tokens).
 * @returns the fallback where the format holds an unknown token, none, or the time is beyond a Date's reach
 */
export function dateText(
  date: { readonly timestampS: number; readonly format: string; readonly fallback: string },
  reading: Reading,
): string {
  const ms = date.timestampS * 1000;
  if (Number.isNaN(new Date(ms).getTime())) return date.fallback;
  let known = /\{\w+\}/.test(date.format);
  const text = date.format.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const token = Object.hasOwn(TOKENS, name) ? TOKENS[name] : undefined;
    if (token === undefined) known = false;
    return token?.(ms, reading) ?? '';
  });
  return known ? text : date.fallback;
}
