import { killedSince } from '../core/controls/kill-switch';
import { dueAtMs, isOpen } from '../core/execution/state';
import type { ExecutionId, TenantId } from '../core/ids';
import { SYSTEM_ACTOR } from './audit-records';
import { killSubjects } from './kill-subjects';
import type { SnapshotSource, StoredExecution, TenantSnapshot } from './ports';
import type { ReadExecution } from './read-ports';
import { stepUnit, type StepDeps, type Stepped } from './step-execution';

/** `step(due)`: applies what time and kill switches have done, judged by the database's clock. Idempotent. */
export function createApplyDue(deps: StepDeps) {
  return (tenant: TenantId, id: ExecutionId): Promise<Stepped> =>
    deps.committer.commit(
      tenant,
      stepUnit(deps, id, () => ({ kind: 'due' }), { actor: SYSTEM_ACTOR }),
    );
}

/** Whether time or a kill switch has moved this execution although no step has written it yet. */
async function needsStep(
  row: StoredExecution,
  snapshot: Pick<TenantSnapshot, 'kills' | 'agent'>,
  nowMs: number,
): Promise<boolean> {
  const due = dueAtMs(row.state);
  if (due !== undefined && due <= nowMs) return true;
  const voidable =
    isOpen(row.state) || (row.state.verdict === 'approved' && row.state.run.kind === 'none');
  if (!voidable) return false;
  const subjects = await killSubjects(row, snapshot);
  return killedSince(snapshot.kills, row.state.decidedSeq, subjects) !== undefined;
}

export interface FreshDeps extends StepDeps {
  readonly snapshots: SnapshotSource;
}

/** What was read, under the controls of the same moment, with anything due applied first: an answer never lies. */
export function createFreshen(deps: FreshDeps) {
  const applyDue = createApplyDue(deps);
  return async (
    tenant: TenantId,
    read: ReadExecution,
  ): Promise<{
    readonly row: StoredExecution;
    readonly snapshot: TenantSnapshot;
    readonly nowMs: number;
  }> => {
    let snapshot = await deps.snapshots.current(tenant);
    if (snapshot.epoch < read.epoch) {
      deps.snapshots.invalidate(tenant);
      snapshot = await deps.snapshots.current(tenant);
    }
    if (!(await needsStep(read.row, snapshot, read.nowMs)))
      return { row: read.row, snapshot, nowMs: read.nowMs };
    return applyDue(tenant, read.row.state.id);
  };
}
