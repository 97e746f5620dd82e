import { randomUUID } from 'node:crypto';
import type { Caller } from '../../src/app/caller';
import type { SubmitInput } from '../../src/app/submit-input';
import type { ExecutionView, VoteReceipt } from '../../src/core/execution/view';
import { isDomainError } from '../../src/core/errors';
import type { CoreParts } from '../../src/main/core-parts';
import type { TestInstallation } from './installation';

type SubmitChanges = Partial<SubmitInput>;

/** A refund of `amount`: 45 is allowed and 450 needs a support-manager under SUPPORT_POLICY. */
export function submitRefund(
  core: CoreParts,
  agent: Caller,
  amount: number,
  changes: SubmitChanges = {},
): Promise<ExecutionView> {
  return core.useCases.submitExecution(agent, {
    agent: agent.agent ?? 'support-bot',
    action: 'issue_refund',
    args: { amount, currency: 'USD' },
    context: {},
    mode: 'decide',
    attemptId: randomUUID(),
    ...changes,
  });
}

export function castVote(
  core: CoreParts,
  person: Caller,
  executionId: string,
  verdict: 'approve' | 'reject' = 'approve',
  commandId: string = randomUUID(),
): Promise<VoteReceipt> {
  const rationale = 'Matches the ticket';
  return core.useCases.castVote(person, { approvalId: executionId, verdict, rationale, commandId });
}

export function release(
  core: CoreParts,
  agent: Caller,
  view: Pick<ExecutionView, 'executionId' | 'argsDigest'>,
  attemptId: string = randomUUID(),
): Promise<ExecutionView> {
  const { executionId, argsDigest } = view;
  return core.useCases.releaseExecution(agent, { executionId, argsDigest, attemptId });
}

export function readExecution(
  core: CoreParts,
  caller: Caller,
  executionId: string,
  attemptId?: string,
): Promise<ExecutionView> {
  return core.useCases.awaitExecution(caller, {
    executionId,
    waitMs: 0,
    ...(attemptId === undefined ? {} : { attemptId }),
  });
}

/** The registry code a call was refused with; `none` when it was not, the error itself when it is no refusal. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'none';
  } catch (error) {
    if (isDomainError(error)) return error.code;
    throw error;
  }
}

/**
 * Moves every deadline of one execution `byMs` into the past, as if that much time had gone by: the row's
 * state and its due moment, nothing else.
 */
export async function letTimePass(
  installation: TestInstallation,
  executionId: string,
  byMs: number,
): Promise<void> {
  const moved = await installation.sql(
    `UPDATE executions SET due_at = due_at - $2::bigint, state = (
       SELECT jsonb_object_agg(key, CASE
         WHEN key IN ('validUntilMs', 'expiresAtMs', 'outcomeDueMs') THEN to_jsonb((value #>> '{}')::bigint - $2::bigint)
         WHEN key = 'approval' THEN jsonb_set(value, '{level}', (value -> 'level') || jsonb_build_object(
           'openedAtMs', (value #>> '{level,openedAtMs}')::bigint - $2::bigint,
           'deadlineMs', (value #>> '{level,deadlineMs}')::bigint - $2::bigint,
           'remindAtMs', coalesce((SELECT jsonb_agg(due::bigint - $2::bigint ORDER BY due::bigint)
              FROM jsonb_array_elements_text(value #> '{level,remindAtMs}') AS due), '[]')))
         ELSE value END) FROM jsonb_each(state))
     WHERE id = $1 RETURNING id`,
    [executionId, byMs],
  );
  if (moved.length !== 1) throw new Error(`no execution ${executionId}`);
}

/** Raises the quorum of the open level, as a chain that asks more people would have opened it. */
export async function demandQuorum(
  installation: TestInstallation,
  executionId: string,
  quorum: number,
): Promise<void> {
  await installation.sql(
    `UPDATE executions SET state = jsonb_set(jsonb_set(state,
       '{approval,level,groups,0,quorum}', to_jsonb($2::int)),
       '{approval,chain,levels,0,groups,0,quorum}', to_jsonb($2::int)) WHERE id = $1`,
    [executionId, quorum],
  );
}
