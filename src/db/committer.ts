import type { Logger, SnapshotSource, TenantSnapshot } from '../app/ports';
import type { Committer, Tx, Unit } from '../app/commit-ports';
import { DomainError, isDomainError } from '../core/errors';
import type { TenantId } from '../core/ids';
import { createBatchRunner, type BatchDeps, type Entry } from './batch';
import { commitEverywhere } from './commit-everywhere';
import type { Database } from './pool';

const BATCH_MAX = 64;
/** Beyond this many waiting units of one tenant the answer is 503 at once instead of a growing queue. */
const QUEUE_MAX = 4_096;

export interface CommitterDeps {
  readonly database: Database;
  readonly snapshots: SnapshotSource;
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  readonly uuid: () => string;
  readonly logger: Logger;
}

interface Lane {
  readonly queue: Entry[];
  running: boolean;
}

/**
 * Group commit: while one batch of a tenant is in flight, the next units gather and then share one
 * transaction, one head lock and one fsync. A batch holds one tenant.
 */
export function createCommitter(deps: CommitterDeps): Committer & { idle(): Promise<void> } {
  const lanes = new Map<TenantId, Lane>();
  const batchDeps: BatchDeps = deps;
  const runBatch = createBatchRunner(batchDeps);
  const idlers: (() => void)[] = [];

  const takeBatch = (queue: Entry[]): Entry[] => {
    const first = queue[0];
    if (first === undefined) return [];
    if (first.unit.lane === 'exclusive') return queue.splice(0, 1);
    const keys = new Set<string>();
    const batch: Entry[] = [];
    const later: Entry[] = [];
    while (queue.length > 0 && batch.length < BATCH_MAX) {
      const entry = queue[0];
      if (entry === undefined || entry.unit.lane === 'exclusive') break;
      queue.shift();
      if (entry.unit.key !== undefined && keys.has(entry.unit.key)) {
        later.push(entry);
        continue;
      }
      if (entry.unit.key !== undefined) keys.add(entry.unit.key);
      batch.push(entry);
    }
    queue.unshift(...later);
    return batch;
  };

  const pump = async (tenant: TenantId, lane: Lane): Promise<void> => {
    if (lane.running) return;
    lane.running = true;
    try {
      while (lane.queue.length > 0) await runBatch(tenant, takeBatch(lane.queue));
    } finally {
      lane.running = false;
      if ([...lanes.values()].every((each) => !each.running && each.queue.length === 0)) {
        for (const resolve of idlers.splice(0)) resolve();
      }
    }
  };

  return {
    commit: async <R>(tenant: TenantId, unit: Unit<R>): Promise<R> => {
      const snapshot = await currentSnapshot(deps.snapshots, tenant);
      await unit.prepare?.(snapshot);
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
          unit: unit,
          preparedEpoch: snapshot.epoch,
          resolve: resolve as (result: unknown) => void,
          reject,
        });
        // Units that arrive in the same turn of the event loop share the first batch.
        setImmediate(() => void pump(tenant, lane));
      });
    },
    commitEverywhere: (work: (tx: Tx) => Promise<void>) => commitEverywhere(deps, work),
    idle: async () => {
      if ([...lanes.values()].every((lane) => !lane.running && lane.queue.length === 0)) return;
      await new Promise<void>((resolve) => idlers.push(resolve));
    },
  };
}

export async function currentSnapshot(
  snapshots: SnapshotSource,
  tenant: TenantId,
): Promise<TenantSnapshot> {
  try {
    return await snapshots.current(tenant);
  } catch (error) {
    if (isDomainError(error)) throw error;
    throw new DomainError('unavailable', {
      why: 'The database did not answer.',
      retryAfterMs: 1_000,
      cause: error,
    });
  }
}
