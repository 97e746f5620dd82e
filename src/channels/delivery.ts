import type {
  ChannelFailure,
  ChannelGateway,
  ChannelMessage,
  ChannelMessageStore,
} from '../app/channel-ports';
import type { Logger } from '../app/ports';
import type { ChannelClock } from './clock';
import {
  deliverMessage,
  type DeliverDeps,
  type Lease,
  type ReadContent,
  type TellGivenUp,
} from './deliver-message';
import { createLanes } from './lanes';

const TICK_MS = 1_000;
/**
 * Twice the longest call: what hangs has an end before somebody else tries, and what a dead process held is shown
 * again soon.
 */
const LEASE_MS = 30_000;
const CONCURRENCY = 8;
const STOP_LIMIT_MS = 2_000;
/** A channel that answers nothing for this long is an alarm, once per outage. */
const DOWN_AFTER_MS = 60_000;

export interface ChannelAlarm {
  /** No later try will do. Called at least once per message, before it is given up. */
  readonly givenUp: TellGivenUp;
  down(trouble: { readonly forMs: number; readonly why: string }): Promise<void>;
}

export interface DeliveryDeps {
  readonly store: ChannelMessageStore;
  readonly gateway: ChannelGateway;
  readonly read: ReadContent;
  readonly alarm: ChannelAlarm;
  readonly logger: Logger;
  readonly clock: ChannelClock;
  readonly random: () => number;
  /** Unique to this life of this process. */
  readonly holder: string;
}

export interface DeliveryState {
  readonly running: boolean;
  readonly inFlight: number;
  /** Since when every call failed, by the clock of the process. */
  readonly failingForMs?: number;
  readonly lastFailure?: string;
}

/** Shows what is owed, for ever. It touches no approval: a channel that is down decides nothing. */
export interface Delivery {
  start(): void;
  /** Something may be owed now. */
  wake(): void;
  /** Ends what is in flight, at most two seconds, and gives back every lease that no call hangs on. */
  stop(): Promise<void>;
  state(): DeliveryState;
}

interface Health {
  note(failure: ChannelFailure | undefined): void;
  state(): Pick<DeliveryState, 'failingForMs' | 'lastFailure'>;
}

function createHealth({ clock, alarm, logger }: DeliveryDeps): Health {
  let failing: { readonly sinceMs: number; why: string; alarmed: boolean } | undefined;
  return {
    note: (failure) => {
      if (failure?.kind !== 'unavailable' && failure?.kind !== 'ambiguous') {
        if (failing?.alarmed === true) logger.info({}, 'The channel answers again');
        failing = undefined;
        return;
      }
      failing ??= { sinceMs: clock.nowMs(), why: failure.why, alarmed: false };
      failing.why = failure.why;
      const forMs = clock.nowMs() - failing.sinceMs;
      if (failing.alarmed || forMs < DOWN_AFTER_MS) return;
      failing.alarmed = true;
      logger.error({ forMs, why: failure.why }, 'The channel is down; cards wait, timers do not');
      alarm.down({ forMs, why: failure.why }).catch((error: unknown) => {
        logger.warn(
          { error: String(error) },
          'The alarm of a channel that is down was not recorded',
        );
      });
    },
    state: () =>
      failing === undefined
        ? {}
        : { failingForMs: clock.nowMs() - failing.sinceMs, lastFailure: failing.why },
  };
}

interface Work {
  size(): number;
  add(message: ChannelMessage, leaseEndsMs: number): void;
  /** Resolves when `first` and all that is in flight have ended, at the latest after `limitMs`; answers how many calls hang. */
  settle(first: Promise<void>, limitMs: number): Promise<number>;
}

/** What is in flight. `onEnd` runs whenever something ended. */
function createWork(
  deps: DeliveryDeps & { readonly health: Health; readonly isStopping: () => boolean },
  onEnd: () => void,
): Work {
  const { store, gateway, read, clock, random, logger, holder, alarm, health, isStopping } = deps;
  const lanes = createLanes(clock);
  const delivering: DeliverDeps = {
    ...{ store, gateway, read, lanes, clock, random, holder, isStopping },
    givenUp: alarm.givenUp,
    noteAnswer: health.note,
  };
  const active = new Map<Promise<void>, Lease>();
  return {
    size: () => active.size,
    add: (message, endsMs) => {
      const lease: Lease = { endsMs, inCall: false };
      const one = deliverMessage(delivering, lease, message)
        .catch((error: unknown) => {
          logger.warn(
            { error: String(error), message: message.id, execution: message.execution },
            'A message was not brought up to date; it is tried again',
          );
        })
        .finally(() => {
          active.delete(one);
          onEnd();
        });
      active.set(one, lease);
    },
    settle: async (first, limitMs) => {
      const allEnded = async (): Promise<void> => {
        await first;
        while (active.size > 0) await Promise.all([...active.keys()]);
      };
      await new Promise<void>((resolve) => {
        const cancel = clock.after(limitMs, resolve);
        void allEnded().then(() => {
          cancel();
          resolve();
        });
      });
      return [...active.values()].filter((lease) => lease.inCall).length;
    },
  };
}

/** The delivery loop of one channels process; any number of them may run on one database. */
export function createDelivery(deps: DeliveryDeps): Delivery {
  const health = createHealth(deps);
  let running = false;
  let claiming = false;
  let claims = Promise.resolve();
  let again = false;
  let databaseAway = false;
  let cancelTick: (() => void) | undefined;
  const { store, clock, logger, holder } = deps;
  // What ended may be what others waited for: a note follows its card at once.
  const work = createWork({ ...deps, health, isStopping: () => !running }, () => {
    claim();
  });

  const claimOnce = async (free: number): Promise<void> => {
    const endsMs = clock.nowMs() + LEASE_MS;
    try {
      const claimed = await store.claim(holder, free, LEASE_MS);
      databaseAway = false;
      if (claimed.length === free) again = true;
      for (const message of claimed) work.add(message, endsMs);
    } catch (error) {
      if (!databaseAway) logger.warn({ error: String(error) }, 'Owed messages could not be read');
      databaseAway = true;
    }
  };

  const claimAll = async (): Promise<void> => {
    while (running && again && work.size() < CONCURRENCY) {
      again = false;
      await claimOnce(CONCURRENCY - work.size());
    }
    claiming = false;
  };

  /** A wish that comes while it claims, or while all hands are full, is granted right after. */
  const claim = (): void => {
    again = true;
    if (claiming) return;
    claiming = true;
    claims = claimAll();
  };

  const tick = (): void => {
    if (!running) return;
    cancelTick = clock.after(TICK_MS, tick);
    claim();
  };

  return {
    start: () => {
      if (running) return;
      running = true;
      tick();
    },
    wake: claim,
    stop: async () => {
      running = false;
      cancelTick?.();
      const hanging = await work.settle(claims, STOP_LIMIT_MS);
      if (hanging > 0)
        logger.warn({ hanging }, 'Calls of the channel still hang; their leases run out');
    },
    state: () => ({ running, inFlight: work.size(), ...health.state() }),
  };
}
