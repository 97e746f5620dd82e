import type { App } from '@slack/bolt';
import type { Logger } from '../app/ports';
import { openSocketSession, type SessionEnd, type SocketSession } from './socket-session';

/** Two, so that one going down leaves no gap; Slack gives each envelope to one of them. */
const CONNECTIONS = 2;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** Until an administrator has mended it, asking more often only uses up Slack's patience. */
const REFUSED_PAUSE_MS = 60_000;
const ALARM_AFTER_MS = 60_000;

export type ConnectionAlarm =
  { readonly down: true; readonly why: string } | { readonly down: false };

export interface SupervisorDeps {
  readonly app: App;
  readonly appToken: string;
  readonly apiUrl: string | undefined;
  readonly logger: Logger;
  readonly onHello: (appId: string | undefined) => void;
  /** Told once when no connection has stood for a minute or Slack refuses us, and once when one stands again. */
  readonly onAlarm: (alarm: ConnectionAlarm) => void;
  readonly alarmAfterMs?: number;
  readonly firstPauseMs?: number;
}

export interface SocketSupervisor {
  start(): void;
  stop(): Promise<void>;
  connected(): boolean;
}

/** Half of it for sure, half by chance, doubling up to the longest: many processes do not return at once. */
export const pauseMs = (failures: number, firstMs: number, chance: number): number => {
  const longest = Math.min(firstMs * 2 ** Math.min(failures, 16), LONGEST_PAUSE_MS);
  return Math.round(longest / 2 + (longest / 2) * chance);
};

/** Raises the alarm after a while without any connection, takes it back with the first. */
function createAlarm(afterMs: number, onAlarm: (alarm: ConnectionAlarm) => void) {
  let timer: NodeJS.Timeout | undefined;
  let isRaised = false;
  const raise = (why: string): void => {
    clearTimeout(timer);
    timer = undefined;
    if (isRaised) return;
    isRaised = true;
    onAlarm({ down: true, why });
  };
  return {
    raise,
    down: (why: string) => {
      if (timer !== undefined || isRaised) return;
      timer = setTimeout(raise, afterMs, why);
      timer.unref();
    },
    up: () => {
      clearTimeout(timer);
      timer = undefined;
      if (!isRaised) return;
      isRaised = false;
      onAlarm({ down: false });
    },
    end: () => {
      clearTimeout(timer);
    },
  };
}

function createPauses() {
  const wakes = new Set<() => void>();
  return {
    pause: (ms: number): Promise<void> =>
      new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          wakes.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, ms);
        wakes.add(wake);
      }),
    wakeAll: () => {
      for (const wake of [...wakes]) wake();
    },
  };
}

/** Keeps connections of Socket Mode standing: a fresh client for each, whatever became of the last. */
export function createSocketSupervisor(deps: SupervisorDeps): SocketSupervisor {
  const { logger, firstPauseMs = FIRST_PAUSE_MS } = deps;
  const alarm = createAlarm(deps.alarmAfterMs ?? ALARM_AFTER_MS, deps.onAlarm);
  const sessions = new Set<SocketSession>();
  const live = new Set<SocketSession>();
  const pauses = createPauses();
  let loops: readonly Promise<void>[] = [];
  let isStopped = false;

  const lifetime = async (): Promise<{ readonly end: SessionEnd; readonly wasLive: boolean }> => {
    let wasLive = false;
    const session = openSocketSession({
      ...deps,
      onLive: ({ appId }) => {
        wasLive = true;
        live.add(session);
        deps.onHello(appId);
        alarm.up();
      },
    });
    sessions.add(session);
    const end = await session.ended;
    live.delete(session);
    // Its remains are waited for only by a stop; the next connection need not.
    void session.close().then(() => sessions.delete(session));
    if (live.size === 0 && !isStopped) alarm.down(end.kind === 'lost' ? end.why : end.kind);
    return { end, wasLive };
  };

  const keepOne = async (): Promise<void> => {
    let failures = 0;
    while (!isStopped) {
      const { end, wasLive } = await lifetime();
      if (isStopped) return;
      failures = wasLive ? 0 : failures + 1;
      if (end.kind === 'refused') {
        logger.error({ why: end.why }, 'Slack refuses the connection');
        if (live.size === 0) alarm.raise(end.why);
        await pauses.pause(REFUSED_PAUSE_MS);
      } else if (end.kind === 'lost') {
        logger.warn({ why: end.why, failures }, 'Slack: a connection was lost; it is opened again');
        await pauses.pause(pauseMs(failures, firstPauseMs, Math.random()));
      }
    }
  };

  return {
    start: () => {
      alarm.down('not connected yet');
      loops = Array.from({ length: CONNECTIONS }, keepOne);
    },
    stop: async () => {
      isStopped = true;
      alarm.end();
      const closing = [...sessions].map((session) => session.close());
      pauses.wakeAll();
      await Promise.all([...loops, ...closing]);
    },
    connected: () => live.size > 0,
  };
}
