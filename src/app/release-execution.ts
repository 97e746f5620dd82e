import { DomainError } from '../core/errors';
import type { ExecutionView } from '../core/execution/view';
import { attemptId, executionId } from '../core/ids';
import { actorOf, executionFields } from './audit-records';
import { requirePermission, type Caller } from './caller';
import { readOwn } from './read-execution';
import type { WorkflowStarter } from './ports';
import type { ExecutionReads } from './read-ports';
import { presentExecution, type PresentDeps } from './present-execution';
import { commitStep, refusalOf, stepUnit, type StepDeps } from './step-execution';

export interface ReleaseInput {
  readonly executionId: string;
  readonly argsDigest: string;
  /** Random text of the client; the same one gets the same answer again. */
  readonly attemptId: string;
}

export interface ReleaseDeps extends StepDeps, PresentDeps {
  readonly reads: ExecutionReads;
  readonly starter: WorkflowStarter;
}

/**
 * Releases an approved execution for one run, re-checked against kill switch, agent, basis and expiry at this
 * moment (I-4). Losing any of them is a DomainError and stands in the chain.
 */
export function createReleaseExecution(deps: ReleaseDeps) {
  return async (caller: Caller, input: ReleaseInput): Promise<ExecutionView> => {
    requirePermission(caller, 'executions:release');
    const { row } = await readOwn(deps.reads, caller, input.executionId);
    if (caller.agent === undefined && !caller.permissions.has('executions:submit_as'))
      throw new DomainError('forbidden');
    const id = executionId(row.state.id);
    const done = await commitStep(
      deps,
      caller.tenant,
      stepUnit(
        deps,
        id,
        (tx) => ({
          kind: 'release',
          attemptId: attemptId(input.attemptId),
          argsDigest: input.argsDigest,
          seq: tx.nextSeq(),
        }),
        {
          actor: actorOf(caller),
          after: (tx, stepped) => {
            if (stepped.answer.kind === 'ok' && stepped.answer.repeated) return undefined;
            const refused = stepped.answer.kind === 'refused' ? stepped.answer.code : undefined;
            return tx.audit({
              type: refused === undefined ? 'execution.released' : 'release.refused',
              actor: actorOf(caller),
              ...executionFields(stepped.row),
              outcome: refused ?? 'released',
              context: { attempt: input.attemptId, argsDigest: input.argsDigest },
            });
          },
        },
      ),
    );
    if (done.changed)
      deps.starter.nudgeSoon(
        { kind: 'nudge', execution: id, version: done.row.state.version, signal: 'approval' },
        caller.tenant,
      );
    const refusal = refusalOf(done);
    if (refusal !== undefined) throw refusal;
    return presentExecution(deps, caller, done.row, done, { attempt: input.attemptId });
  };
}
