import { Client } from 'pg';

import type { Logger } from '../app/ports';
import type { ChangeWaiter } from '../app/read-ports';
import { executionId, tenantId, type ExecutionId, type TenantId } from '../core/ids';

const REREAD_MS = 2_000;
const RECONNECT_MS = 500;

export interface NotificationHub extends ChangeWaiter {
  onEpoch(listener: (tenant: TenantId, epoch: number) => void): void;
  /** Called whenever some execution changed, or may have while the connection was lost. */
  onChange(listener: () => void): void;
  /** Ends every wait now, for a clean stop. */
  release(): void;
  stop(): Promise<void>;
}

interface Waiters {
  wait(execution: ExecutionId, timeoutMs: number, signal: AbortSignal | undefined): Promise<void>;
  wake(execution: ExecutionId): void;
  wakeAll(): void;
  /** From now on a wait ends at once. */
  close(): void;
}

function createWaiters(): Waiters {
  const waiting = new Map<ExecutionId, Set<() => void>>();
  let closed = false;
  const wake = (execution: ExecutionId): void => {
    for (const resolve of waiting.get(execution) ?? []) resolve();
  };
  const wakeAll = (): void => {
    for (const execution of [...waiting.keys()]) wake(execution);
  };
  return {
    wake,
    wakeAll,
    close: () => {
      closed = true;
      wakeAll();
    },
    wait: (execution, timeoutMs, signal) =>
      new Promise((resolve) => {
        const set = waiting.get(execution) ?? new Set();
        waiting.set(execution, set);
        const done = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          set.delete(done);
          if (set.size === 0 && waiting.get(execution) === set) waiting.delete(execution);
          resolve();
        };
        const timer = setTimeout(done, Math.min(timeoutMs, REREAD_MS));
        set.add(done);
        if (signal?.aborted === true || closed) done();
        else signal?.addEventListener('abort', done);
      }),
  };
}

interface Listener {
  stop(): Promise<void>;
}

/** Keeps one LISTEN connection open; `onLost` is called whenever notices may have been missed. */
function keepListening(
  url: string,
  logger: Logger,
  on: { readonly notice: (channel: string, payload: string) => void; readonly lost: () => void },
): Listener {
  let client: Client | undefined;
  let stopped = false;
  let retry: NodeJS.Timeout | undefined;
  const reconnectLater = (): void => {
    if (stopped || retry !== undefined) return;
    retry = setTimeout(() => {
      retry = undefined;
      void connect();
    }, RECONNECT_MS);
    retry.unref();
  };
  const connect = async (): Promise<void> => {
    const next = new Client({
      connectionString: url,
      application_name: 'countersign listen',
      options: '-c role=cs_system',
      keepAlive: true,
    });
    next.on('error', (error) => {
      logger.warn(
        { error: error.message },
        'Notification connection lost; waiters re-read on a timer until it is back',
      );
    });
    next.on('end', () => {
      if (client === next) client = undefined;
      on.lost();
      reconnectLater();
    });
    next.on('notification', ({ channel, payload }) => {
      on.notice(channel, payload ?? '');
    });
    try {
      await next.connect();
      await next.query('LISTEN countersign_execution; LISTEN countersign_epoch');
      client = next;
      on.lost();
      if (stopped) await next.end();
    } catch {
      reconnectLater();
      await next.end().catch(() => undefined);
    }
  };
  void connect();
  return {
    stop: async () => {
      stopped = true;
      if (retry !== undefined) clearTimeout(retry);
      await client?.end().catch(() => undefined);
    },
  };
}

/**
 * One dedicated LISTEN connection per process. A notification is only a hint to read again: a waiter also
 * wakes every two seconds, and all waiters wake when the connection was lost.
 */
export function createNotificationHub(systemUrl: string, logger: Logger): NotificationHub {
  const waiters = createWaiters();
  const epochListeners: ((tenant: TenantId, epoch: number) => void)[] = [];
  const changeListeners: (() => void)[] = [];
  const tellChange = (): void => {
    for (const tell of changeListeners) tell();
  };
  const listener = keepListening(systemUrl, logger, {
    lost: () => {
      waiters.wakeAll();
      tellChange();
    },
    notice: (channel, payload) => {
      const [subject = '', number = '0'] = payload.split(' ');
      if (channel === 'countersign_execution') {
        waiters.wake(executionId(subject));
        tellChange();
      } else for (const tell of epochListeners) tell(tenantId(subject), Number(number));
    },
  });
  return {
    onEpoch: (tell) => void epochListeners.push(tell),
    onChange: (tell) => void changeListeners.push(tell),
    waitForChange: (execution, timeoutMs, signal) => waiters.wait(execution, timeoutMs, signal),
    release: waiters.wakeAll,
    stop: async () => {
      waiters.close();
      await listener.stop();
    },
  };
}
