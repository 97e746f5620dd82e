import { performance } from 'node:perf_hooks';

const JUMP_MS = 5_000;

export interface ClockWatch {
  /** Milliseconds the database's clock moved against this process's monotonic one, when over 5 s. */
  sample(clockMs: number): number | undefined;
}

export function createClockWatch(monotonicMs: () => number = () => performance.now()): ClockWatch {
  let offset: number | undefined;
  return {
    sample: (clockMs) => {
      const now = clockMs - monotonicMs();
      const moved = offset === undefined ? 0 : now - offset;
      offset = now;
      return Math.abs(moved) > JUMP_MS ? Math.round(moved) : undefined;
    },
  };
}
