import type { Logger } from '../app/ports';
import type { ExecutionId, TenantId } from '../core/ids';
import type { OutboxSource } from './outbox';

const LINGER_MS = 200;
const MAX_BATCH = 200;
/** Beyond this marks are dropped: the relay then starts once more and hears "already started". */
const MAX_HELD = 10_000;

export interface StartedMarks {
  add(tenant: TenantId, id: ExecutionId): void;
  /** Started here, not yet marked. */
  has(id: ExecutionId): boolean;
  /** Writes everything held now. Rejects when the database does; what was not written is kept. */
  flush(): Promise<void>;
}

/** Collects "this workflow was started" so that a flood of ALLOWs costs few writes. */
export function createStartedMarks(
  markStarted: OutboxSource['markStarted'],
  logger: Logger,
): StartedMarks {
  const held = new Map<ExecutionId, TenantId>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const write = async (): Promise<void> => {
    const byTenant = new Map<TenantId, ExecutionId[]>();
    for (const [id, tenant] of held) {
      const ids = byTenant.get(tenant);
      if (ids === undefined) byTenant.set(tenant, [id]);
      else ids.push(id);
    }
    for (const [tenant, ids] of byTenant) {
      for (let at = 0; at < ids.length; at += MAX_BATCH) {
        const batch = ids.slice(at, at + MAX_BATCH);
        await markStarted(tenant, batch);
        batch.forEach((id) => held.delete(id));
      }
    }
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.catch(() => undefined).then(write);
    return writing;
  };
  const flushSoon = (): void => {
    timer ??= setTimeout(() => {
      flush().catch((error: unknown) => {
        logger.warn({ err: error, held: held.size }, 'started workflows are not marked yet');
        if (held.size > 0) flushSoon();
      });
    }, LINGER_MS);
  };
  return {
    add(tenant, id) {
      if (held.size >= MAX_HELD) return;
      held.set(id, tenant);
      if (held.size % MAX_BATCH === 0) flush().catch(flushSoon);
      else flushSoon();
    },
    has: (id) => held.has(id),
    flush,
  };
}
