/** Time as the fake workspace sees it: rate limits, trigger and response_url expiry, message stamps. */
export interface FakeClock {
  /** Milliseconds since the Unix epoch; never runs backwards. */
  readonly nowMs: () => number;
}

export interface VirtualClock extends FakeClock {
  /** Moves the time on by so many milliseconds. */
  readonly advance: (ms: number) => void;
}

export const realClock: FakeClock = { nowMs: () => Date.now() };

/** A clock that stands still until a test moves it. */
export function createVirtualClock(startMs: number = Date.UTC(2026, 0, 5, 9)): VirtualClock {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    advance: (ms) => {
      if (!(ms >= 0)) throw new RangeError('A clock moves forwards only.');
      nowMs += ms;
    },
  };
}
