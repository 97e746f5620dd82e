import { Client } from 'pg';

import type { Logger } from '../app/ports';
import type { ChangeWaiter } from '../app/read-ports';
import { tenantId, type ExecutionId, type TenantId } from '../core/ids';

const REREAD_MS = 2_000;

export interface NotificationHub extends ChangeWaiter {
  onEpoch(listener: (tenant: TenantId, epoch: number) => void): void;
  /** Ends every wait now, for a clean stop. */
  release(): void;
  stop(): Promise<void>;
}

/**
 * One dedicated LISTEN connection per process. A notification is only a hint to read again: a waiter also
 * wakes every two seconds, and all waiters wake when the connection was lost.
 */
export function createNotificationHub(systemUrl: string, logger: Logger): NotificationHub {
  const waiters = new Map<ExecutionId, Set<() => void>>();
  const epochListeners: ((tenant: TenantId, epoch: number) => void)[] = [];
  let client: Client | undefined;
  let stopped = false;
  let retry: NodeJS.Timeout | undefined;

  const wake = (execution: ExecutionId): void => {
    for (const resolve of waiters.get(execution) ?? []) resolve();
  };
  const wakeAll = (): void => {
    for (const execution of [...waiters.keys()]) wake(execution);
  };

  const reconnectLater = (): void => {
    if (stopped || retry !== undefined) return;
    retry = setTimeout(() => {
      retry = undefined;
      void connect();
    }, 500);
    retry.unref();
  };

  const connect = async (): Promise<void> => {
    const next = new Client({
      connectionString: systemUrl,
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
      wakeAll();
      reconnectLater();
    });
    next.on('notification', ({ channel, payload }) => {
      const [subject = '', number = '0'] = (payload ?? '').split(' ');
      if (channel === 'countersign_execution') wake(subject as ExecutionId);
      else for (const listener of epochListeners) listener(tenantId(subject), Number(number));
    });
    try {
      await next.connect();
      await next.query('LISTEN countersign_execution; LISTEN countersign_epoch');
      client = next;
      wakeAll();
    } catch {
      reconnectLater();
      await next.end().catch(() => undefined);
    }
  };
  void connect();

  return {
    onEpoch: (listener) => void epochListeners.push(listener),
    waitForChange: (execution, timeoutMs, signal) =>
      new Promise((resolve) => {
        const set = waiters.get(execution) ?? new Set();
        waiters.set(execution, set);
        const done = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          set.delete(done);
          if (set.size === 0) waiters.delete(execution);
          resolve();
        };
        const timer = setTimeout(done, Math.min(timeoutMs, REREAD_MS));
        set.add(done);
        if (signal?.aborted === true || stopped) done();
        else signal?.addEventListener('abort', done);
      }),
    release: wakeAll,
    stop: async () => {
      stopped = true;
      if (retry !== undefined) clearTimeout(retry);
      wakeAll();
      await client?.end().catch(() => undefined);
    },
  };
}
