import type { ExecutionView } from '../core/execution/view';
import { executionId } from '../core/ids';
import { actorOf } from './audit-records';
import { requirePermission, type Caller } from './caller';
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
    const done = await commitStep(
      deps,
      caller.tenant,
      stepUnit(deps, id, () => ({ kind: 'cancel', by: caller.principal, reason: input.reason }), {
        actor: actorOf(caller),
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
