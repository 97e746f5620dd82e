import type { ChannelClock } from '../../src/channels/clock';

/** Lets everything run that waits for nothing but its turn. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that moves only when told, timer by timer. */
export interface VirtualClock extends ChannelClock {
  advance(ms: number): Promise<void>;
  sleep(ms: number): Promise<void>;
}

export function createVirtualClock(startMs = 1_000_000): VirtualClock {
  let nowMs = startMs;
  let order = 0;
  const timers = new Set<Timer>();
  const after = (ms: number, run: () => void): (() => void) => {
    const timer = { atMs: nowMs + Math.max(0, ms), order: (order += 1), run };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const next = (untilMs: number): Timer | undefined =>
    [...timers]
      .filter(({ atMs }) => atMs <= untilMs)
      .sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
  return {
    nowMs: () => nowMs,
    after,
    sleep: (ms) => new Promise((resolve) => after(ms, resolve)),
    advance: async (ms) => {
      const untilMs = nowMs + ms;
      await settled();
      for (let timer = next(untilMs); timer !== undefined; timer = next(untilMs)) {
        timers.delete(timer);
        nowMs = timer.atMs;
        timer.run();
        await settled();
      }
      nowMs = untilMs;
    },
  };
}
