import type { ChannelClock } from './clock';

/** A vendor that limits a channel lets through about one message a second. */
const SLOT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const LANES_MAX = 10_000;

interface Lane {
  /** Ends when the newest call of the lane has ended. */
  tail: Promise<unknown>;
  queued: number;
  /** Nothing is sent before. */
  pausedUntilMs: number;
  /** The next turn nobody was told to come back for. */
  nextSlotMs: number;
}

/** One lane for each channel of the vendor: one call at a time, and a limit on one stops no other. */
export interface Lanes {
  /** Runs when it is its turn. */
  run<T>(key: string, call: () => Promise<T>): Promise<T>;
  /** Two names turned out to be one channel; from now on they share a lane. */
  join(key: string, other: string): void;
  pause(key: string, ms: number): void;
  /** Zero when the lane is open; else when to come back, a slot of one's own. */
  comeBackInMs(key: string): number;
}

export function createLanes(clock: ChannelClock): Lanes {
  const lanes = new Map<string, Lane>();
  const laneOf = (key: string): Lane => {
    const known = lanes.get(key);
    if (known !== undefined) return known;
    if (lanes.size >= LANES_MAX) forgetIdle(lanes, clock.nowMs());
    const lane = { tail: Promise.resolve(), queued: 0, pausedUntilMs: 0, nextSlotMs: 0 };
    lanes.set(key, lane);
    return lane;
  };
  return {
    run: async (key, call) => {
      const lane = laneOf(key);
      const before = lane.tail;
      lane.queued += 1;
      const turn = before.then(call, call).finally(() => {
        lane.queued -= 1;
      });
      lane.tail = turn.catch(() => undefined);
      return turn;
    },
    join: (key, other) => {
      const lane = laneOf(key);
      const same = laneOf(other);
      if (lane === same) return;
      same.tail = Promise.all([same.tail, lane.tail]);
      same.pausedUntilMs = Math.max(same.pausedUntilMs, lane.pausedUntilMs);
      same.nextSlotMs = Math.max(same.nextSlotMs, lane.nextSlotMs);
      lanes.set(key, same);
    },
    pause: (key, ms) => {
      const lane = laneOf(key);
      lane.pausedUntilMs = Math.max(lane.pausedUntilMs, clock.nowMs() + ms);
      lane.nextSlotMs = Math.max(lane.nextSlotMs, lane.pausedUntilMs);
    },
    comeBackInMs: (key) => {
      const lane = lanes.get(key);
      const nowMs = clock.nowMs();
      if (lane === undefined || lane.pausedUntilMs <= nowMs) return 0;
      const slotMs = Math.min(lane.nextSlotMs, lane.pausedUntilMs + LONGEST_WAIT_MS);
      lane.nextSlotMs = slotMs + SLOT_MS;
      return slotMs - nowMs;
    },
  };
}

function forgetIdle(lanes: Map<string, Lane>, nowMs: number): void {
  for (const [key, lane] of lanes)
    if (lane.queued === 0 && lane.pausedUntilMs <= nowMs) lanes.delete(key);
}
