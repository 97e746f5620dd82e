import { killedSince, type KillSwitch } from '../core/controls/kill-switch';
import type { ExecutionId, TenantId } from '../core/ids';
import { SYSTEM_ACTOR } from './audit-records';
import type { Tx, VoidableScan } from './commit-ports';
import { killSubjects } from './kill-subjects';
import type { TenantSnapshot } from './ports';
import { stepUnit, type StepDeps } from './step-execution';

const BATCH = 500;

interface Page {
  readonly ids: readonly ExecutionId[];
  /** Where the next page begins; absent after the last. */
  readonly next?: NonNullable<VoidableScan['after']>;
}

/** What the database can compare by itself; a team and tags stand in two profiles. */
function filterOf({ scope, target }: KillSwitch): Pick<VoidableScan, 'where'> {
  switch (scope) {
    case 'agent':
    case 'action':
    case 'environment':
      return { where: { attribute: scope, value: target } };
    case 'global':
    case 'tenant':
    case 'team':
    case 'tag':
      return {};
  }
}

async function readPage(
  tx: Tx,
  snapshot: TenantSnapshot,
  kill: string,
  after: VoidableScan['after'],
): Promise<Page> {
  const engaged = snapshot.kills.find((candidate) => candidate.id === kill);
  if (engaged === undefined) return { ids: [] };
  const rows = await tx.voidableExecutions({
    decidedBefore: engaged.engagedSeq,
    ...filterOf(engaged),
    ...(after === undefined ? {} : { after }),
    limit: BATCH,
  });
  const ids: ExecutionId[] = [];
  for (const row of rows) {
    const subjects = await killSubjects(row, snapshot);
    if (killedSince([engaged], row.state.decidedSeq, subjects) !== undefined)
      ids.push(row.state.id);
  }
  const last = rows.length < BATCH ? undefined : rows.at(-1);
  return last === undefined
    ? { ids }
    : { ids, next: { decidedSeq: last.state.decidedSeq, id: last.state.id } };
}

/**
 * Materialises what a kill switch has already voided, in batches, oldest decision first, and survives restarts:
 * whoever asks in between gets the truth from `step` anyway. Answers how many executions were moved; a row in
 * trouble holds up no other, and its reason is thrown at the end so that the sweep is tried again.
 */
export function createSweepKilled(deps: StepDeps) {
  return async (tenant: TenantId, kill: string): Promise<number> => {
    const failures: unknown[] = [];
    let moved = 0;
    let after: VoidableScan['after'];
    do {
      const from = after;
      const page = await deps.committer.commit(tenant, {
        work: (tx, snapshot) => readPage(tx, snapshot, kill, from),
      });
      const done = await Promise.allSettled(
        page.ids.map((id) =>
          deps.committer.commit(
            tenant,
            stepUnit(deps, id, () => ({ kind: 'kill' }), { actor: SYSTEM_ACTOR }),
          ),
        ),
      );
      for (const step of done) {
        if (step.status === 'rejected') failures.push(step.reason);
        // Unchanged: another process does the same work.
        else if (step.value.changed) moved += 1;
      }
      after = page.next;
    } while (after !== undefined);
    if (failures.length > 0) throw failures[0];
    return moved;
  };
}
