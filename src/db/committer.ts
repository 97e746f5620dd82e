import type { Committer, Unit } from '../app/commit-ports';
import { DomainError } from '../core/errors';
import type { TenantId } from '../core/ids';
import type { BatchDeps, Entry } from './attempt';
import { createBatchRunner } from './batch';
import { commitEverywhere, commitStop } from './commit-everywhere';
import { unavailableIfDatabase } from './failure';

const BATCH_MAX = 64;
/** Beyond this many waiting units of one tenant the answer is 503 at once instead of a growing queue. */
const QUEUE_MAX = 4_096;

interface Lane {
  readonly queue: Entry[];
  running: boolean;
}

/** Takes the next batch off the queue: one exclusive unit alone, or shared ones of different keys. */
function takeBatch(queue: Entry[]): Entry[] {
  const batch: Entry[] = [];
  const later: Entry[] = [];
  const keys = new Set<string>();
  while (batch.length < BATCH_MAX) {
    const [entry] = queue;
    if (entry === undefined) break;
    const exclusive = entry.unit.lane === 'exclusive';
    if (exclusive && batch.length + later.length > 0) break;
    queue.shift();
    if (exclusive) return [entry];
    const { key } = entry.unit;
    if (key !== undefined && keys.has(key)) {
      later.push(entry);
      continue;
    }
    if (key !== undefined) keys.add(key);
    batch.push(entry);
  }
  queue.unshift(...later);
  return batch;
}

/**
 * Group commit: while one batch of a tenant is in flight, the next units gather and then share one
 * transaction, one head lock and one fsync. A batch holds one tenant.
 */
export function createCommitter(deps: BatchDeps): Committer & { idle(): Promise<void> } {
  const lanes = new Map<TenantId, Lane>();
  const runBatch = createBatchRunner(deps);
  const idlers: (() => void)[] = [];
  const isIdle = (): boolean =>
    [...lanes.values()].every((lane) => !lane.running && lane.queue.length === 0);

  const pump = async (tenant: TenantId, lane: Lane): Promise<void> => {
    if (lane.running) return;
    lane.running = true;
    while (lane.queue.length > 0) {
      const batch = takeBatch(lane.queue);
      try {
        await runBatch(tenant, batch);
      } catch (error) {
        for (const entry of batch) entry.reject(error);
      }
    }
    lane.running = false;
    if (isIdle()) for (const resolve of idlers.splice(0)) resolve();
  };

  return {
    commit: async <R>(tenant: TenantId, unit: Unit<R>): Promise<R> => {
      const { epoch } = await unavailableIfDatabase(async () => {
        const snapshot = await deps.snapshots.current(tenant);
        await unit.prepare?.(snapshot);
        return snapshot;
      });
      const lane = lanes.get(tenant) ?? { queue: [], running: false };
      lanes.set(tenant, lane);
      if (lane.queue.length >= QUEUE_MAX) {
        throw new DomainError('unavailable', {
          why: 'Too many requests wait for the database.',
          retryAfterMs: 1_000,
        });
      }
      return new Promise<R>((resolve, reject) => {
        lane.queue.push({
          unit,
          preparedEpoch: epoch,
          resolve: resolve as (result: unknown) => void,
          reject,
        });
        // Units that arrive in the same turn of the event loop share the first batch.
        setImmediate(() => void pump(tenant, lane));
      });
    },
    commitEverywhere: (work, options) => commitEverywhere(deps, work, options),
    commitStop: (tenant, work) => commitStop(deps, tenant, work),
    idle: async () => {
      if (!isIdle()) await new Promise<void>((resolve) => idlers.push(resolve));
    },
  };
}
