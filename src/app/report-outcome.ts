import { canonicalJson } from '../core/audit/canonical-json';
import type { ExecutionView } from '../core/execution/view';
import { attemptId, executionId } from '../core/ids';
import type { Json } from '../core/json';
import { actorOf, executionFields } from './audit-records';
import { requirePermission, type Caller } from './caller';
import { seal } from './payloads';
import { readOwn } from './read-execution';
import { presentExecution } from './present-execution';
import type { ReleaseDeps } from './release-execution';
import { commitStep, refusalOf, stepUnit } from './step-execution';

export interface OutcomeInput {
  readonly executionId: string;
  readonly status: 'committed' | 'failed';
  readonly attemptId?: string;
  readonly result?: Json;
  readonly error?: string;
}

/** Records what the run did, once; the same report again gets the same answer. */
export function createReportOutcome(deps: ReleaseDeps) {
  return async (caller: Caller, input: OutcomeInput): Promise<ExecutionView> => {
    requirePermission(caller, 'executions:report');
    const { row } = await readOwn(deps.reads, caller, input.executionId);
    const id = executionId(row.state.id);
    const report: Json = {
      status: input.status,
      result: input.result ?? null,
      error: input.error ?? null,
    };
    const reportDigest = deps.crypto.macOf(canonicalJson(report));
    const done = await commitStep(
      deps,
      caller.tenant,
      stepUnit(
        deps,
        id,
        () => ({
          kind: 'outcome',
          result: input.status,
          reportDigest,
          ...(input.attemptId === undefined ? {} : { attemptId: attemptId(input.attemptId) }),
        }),
        {
          actor: actorOf(caller),
          after: (tx, stepped) => {
            if (stepped.answer.kind === 'ok' && stepped.answer.repeated) return undefined;
            const refused = stepped.answer.kind === 'refused' ? stepped.answer.code : undefined;
            const sealed = seal(
              deps.crypto,
              { tenant: tx.tenant, execution: id },
              'result',
              report,
            );
            if (refused === undefined) tx.insertPayload(sealed.payload);
            return tx.audit({
              type: refused === undefined ? 'outcome.reported' : 'outcome.refused',
              actor: actorOf(caller),
              ...executionFields(stepped.row),
              outcome: refused ?? input.status,
              ...(refused === undefined ? { payloads: { result: sealed.commitment } } : {}),
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
    return presentExecution(deps, caller, done.row, done);
  };
}
