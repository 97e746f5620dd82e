import { checkpointOrigin } from '../core/audit/checkpoint';
import { appendLeaf, emptyFrontier, rootOf } from '../core/audit/merkle';
import type { TenantId } from '../core/ids';
import type { Cryptography } from './ports';
import type { AuditLog, ExecutionReads } from './read-ports';

const LEAVES_A_READ = 5_000;

export interface CheckpointDeps {
  readonly log: AuditLog;
  readonly crypto: Cryptography;
  readonly reads: Pick<ExecutionReads, 'nowMs'>;
}

/**
 * Signs the tree head of a log when it has grown. The Merkle frontier grows here, from the last checkpoint
 * on, and never in the hot path. Answers the size signed, or undefined when nothing is new.
 */
export function createCheckpointLog(deps: CheckpointDeps) {
  return async (tenant: TenantId): Promise<number | undefined> => {
    const last = await deps.log.newestCheckpoint(tenant);
    let frontier = last?.frontier ?? emptyFrontier;
    for (;;) {
      const leaves = await deps.log.leavesAfter(tenant, frontier.size, LEAVES_A_READ);
      for (const leaf of leaves)
        frontier = appendLeaf(frontier, leaf, (bytes) => deps.crypto.sha256(bytes));
      if (leaves.length < LEAVES_A_READ) break;
    }
    if (frontier.size === (last?.size ?? 0)) return undefined;
    const root = rootOf(frontier, (bytes) => deps.crypto.sha256(bytes));
    const note = deps.crypto.signCheckpoint({
      origin: checkpointOrigin(tenant),
      size: frontier.size,
      root,
      timeMs: await deps.reads.nowMs(),
    });
    await deps.log.storeCheckpoint(tenant, frontier.size, note, frontier);
    return frontier.size;
  };
}
