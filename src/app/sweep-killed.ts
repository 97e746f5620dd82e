import type { TenantId } from '../core/ids';
import { SYSTEM_ACTOR } from './audit-records';
import { stepUnit, type StepDeps } from './step-execution';

const BATCH = 500;

/**
 * Materialises what a kill switch has already voided, in batches, and survives restarts: whoever asks in
 * between gets the truth from `step` anyway. Answers how many executions were moved.
 */
export function createSweepKilled(deps: StepDeps) {
  return async (tenant: TenantId, kill: string): Promise<number> => {
    let moved = 0;
    for (;;) {
      const open = await deps.committer.commit(tenant, {
        work: async (tx, snapshot) => {
          const engaged = snapshot.kills.find((candidate) => candidate.id === kill);
          return engaged === undefined
            ? []
            : tx.openExecutionsDecidedBefore(engaged.engagedSeq, BATCH);
        },
      });
      if (open.length === 0) return moved;
      const done = await Promise.allSettled(
        open.map((row) =>
          deps.committer.commit(
            tenant,
            stepUnit(deps, row.state.id, () => ({ kind: 'kill' }), { actor: SYSTEM_ACTOR }),
          ),
        ),
      );
      const changed = done.filter(
        (step) => step.status === 'fulfilled' && step.value.changed,
      ).length;
      moved += changed;
      // One row in trouble holds up no other; if nothing at all moves its reason is told.
      const failed = done.find((step) => step.status === 'rejected');
      if (changed === 0 && failed !== undefined) throw failed.reason;
      // Nothing moved means another process is doing the same work, or a row this switch does not void.
      if (changed === 0) return moved;
    }
  };
}
