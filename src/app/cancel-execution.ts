import type { ExecutionView } from '../core/execution/view';
import { executionId } from '../core/ids';
import { actorOf } from './audit-records';
import { requirePermission, type Caller } from './caller';
import { seal } from './payloads';
import { readOwn } from './read-execution';
import { presentExecution } from './present-execution';
import type { ReleaseDeps } from './release-execution';
import { commitStep, refusalOf, stepUnit } from './step-execution';

/** Ends an execution that has not run. A verdict already given stays; its run becomes void. */
export function createCancelExecution(deps: ReleaseDeps) {
  return async (
    caller: Caller,
    input: { readonly executionId: string; readonly reason: string },
  ): Promise<ExecutionView> => {
    requirePermission(caller, 'executions:cancel');
    const { row } = await readOwn(deps.reads, caller, input.executionId);
    const id = executionId(row.state.id);
    const sealed = seal(
      deps.crypto,
      { tenant: caller.tenant, execution: id },
      'rationale',
      input.reason,
    );
    const event = { kind: 'cancel', by: caller.principal, reason: 'Cancelled on request' } as const;
    const done = await commitStep(
      deps,
      caller.tenant,
      stepUnit(deps, id, () => event, {
        actor: actorOf(caller),
        payloads: { rationale: sealed.commitment },
        after: (tx, { answer, changed }) => {
          // What was said is encrypted like every rationale; the chain holds its commitment.
          if (changed && answer.kind === 'ok') tx.insertPayload(sealed.payload);
          return undefined;
        },
      }),
    );
    if (done.changed)
      deps.starter.nudgeSoon(
        { kind: 'nudge', execution: id, version: done.row.state.version, signal: 'approval' },
        caller.tenant,
      );
    const refusal = refusalOf(done);
    if (refusal !== undefined) throw refusal;
    return presentExecution(deps, caller, done.row, done);
  };
}
