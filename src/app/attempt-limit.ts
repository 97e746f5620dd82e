/** Beyond this many holders the oldest are forgotten: memory has a bound, and so has what guessing gains. */
const HOLDERS_MAX = 10_000;

export interface AttemptLimit {
  /** Milliseconds to wait before the next attempt; zero when it may be made. */
  waitMs(holder: string): number;
  noteFailure(holder: string): void;
}

/** Counts failed attempts of each holder in this process over a sliding window. */
export function createAttemptLimit(options: {
  readonly most: number;
  readonly windowMs: number;
  readonly monotonicMs: () => number;
}): AttemptLimit {
  const failures = new Map<string, number[]>();
  const recent = (holder: string): number[] => {
    const since = options.monotonicMs() - options.windowMs;
    return (failures.get(holder) ?? []).filter((atMs) => atMs > since);
  };
  return {
    waitMs: (holder) => {
      const known = recent(holder);
      const freeing = known.at(-options.most);
      return freeing === undefined
        ? 0
        : Math.max(1, Math.ceil(freeing + options.windowMs - options.monotonicMs()));
    },
    noteFailure: (holder) => {
      const known = [...recent(holder), options.monotonicMs()];
      failures.delete(holder);
      failures.set(holder, known);
      const [oldest] = failures.keys();
      if (failures.size > HOLDERS_MAX && oldest !== undefined) failures.delete(oldest);
    },
  };
}
