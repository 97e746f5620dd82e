import { DomainError } from '../core/errors';
import { openLadder } from '../core/escalation/ladder';
import { absorbLadder } from '../core/execution/settle';
import { statusOf, type ExecutionState } from '../core/execution/state';
import { approvalId, attemptId, type executionId } from '../core/ids';
import type { Json } from '../core/json';
import type { AgentProfile, Facts } from '../core/policy/model';
import { actorOf, auditRecords, policyResults } from './audit-records';
import type { Caller } from './caller';
import { decideRequest, policyRequest, type DecidedRequest } from './decide-request';
import { seal, type Sealed } from './payloads';
import type { Cryptography, StoredExecution, TenantSnapshot, Tx } from './ports';
import { claimedUser, whoMayDecide } from './separation';
import { requestFields, type SubmitInput } from './submit-input';

export interface Submission {
  readonly row: StoredExecution;
  readonly salt?: Uint8Array;
  readonly repeated: boolean;
  readonly snapshot: TenantSnapshot;
  readonly nowMs: number;
}

export interface Draft {
  readonly caller: Caller;
  readonly input: SubmitInput;
  readonly digest: string;
  readonly attempt: string;
  readonly id: ReturnType<typeof executionId>;
  readonly sealed: {
    readonly args: Sealed;
    readonly context?: Sealed;
    readonly justification?: Sealed;
  };
}

export function repeatOf(
  draft: Draft,
  row: StoredExecution,
  snapshot: TenantSnapshot,
  tx: Tx,
): Submission {
  if (row.requestDigest !== draft.digest) {
    throw new DomainError('idempotency_conflict', {
      what: `The key ${draft.input.idempotencyKey ?? ''} belongs to execution ${row.state.id}.`,
    });
  }
  const { run } = row.state;
  const holder = run.kind === 'none' || run.kind === 'void' ? undefined : run.attemptId;
  if (
    holder !== undefined &&
    draft.input.attemptId !== undefined &&
    draft.input.attemptId !== holder
  ) {
    throw new DomainError('already_released', {
      what: `Execution ${row.state.id} was released to another attempt and is ${statusOf(row.state)}.`,
      extra: { executionId: row.state.id, executionStatus: statusOf(row.state) },
    });
  }
  return { row, repeated: true, snapshot, nowMs: tx.nowMs };
}

async function firstState(
  deps: { readonly crypto: Cryptography },
  draft: Draft,
  decided: DecidedRequest,
  tx: Tx,
  profile: AgentProfile,
): Promise<{ state: ExecutionState; records: Parameters<typeof auditRecords>[2] }> {
  const expires =
    draft.input.expiresAt === undefined ? {} : { expiresAtMs: Date.parse(draft.input.expiresAt) };
  const base = {
    id: draft.id,
    version: 1,
    argsDigest: draft.sealed.args.commitment,
    decidedSeq: tx.nextSeq(),
    ...expires,
  };
  switch (decided.decision.verdict) {
    case 'ALLOW': {
      const run = {
        kind: 'executing',
        attemptId: attemptId(draft.attempt),
        releasedAtMs: tx.nowMs,
        releasedSeq: base.decidedSeq,
      } as const;
      return { state: { ...base, verdict: 'allowed', run }, records: [] };
    }
    case 'DENY':
      return { state: { ...base, verdict: 'denied', run: { kind: 'none' } }, records: [] };
    case 'REQUIRE_APPROVAL': {
      const ladder = decided.ladder;
      if (ladder === undefined) throw new Error('an approval without a ladder');
      const asked = await whoMayDecide(
        tx,
        ladder,
        { agent: profile.id, requester: draft.caller.principal },
        claimedUser(draft.input.context),
      );
      const opened = openLadder(
        {
          approvalId: approvalId(deps.crypto.uuidv7()),
          chain: ladder,
          basis: decided.basis,
          excluded: asked.excluded,
        },
        tx.nowMs,
        asked.resolve,
      );
      const pending: ExecutionState = {
        ...base,
        verdict: 'pending_approval',
        run: { kind: 'none' },
      };
      const settled = absorbLadder(pending, opened, tx.nowMs);
      return {
        state: settled.state,
        records: settled.records.filter(
          (record) => record.kind !== 'ladder' || record.event.kind !== 'level_opened',
        ),
      };
    }
  }
}

export async function commitNew(
  deps: { readonly crypto: Cryptography },
  draft: Draft,
  snapshot: TenantSnapshot,
  tx: Tx,
  gathered: { readonly profile: AgentProfile; readonly facts: Facts },
): Promise<Submission> {
  const { caller, input, sealed } = draft;
  const fields = requestFields(input, gathered.profile);
  const decided = decideRequest(
    deps.crypto,
    snapshot,
    policyRequest(gathered.profile, fields),
    gathered.facts,
    tx.nowMs,
  );
  const { state, records } = await firstState(deps, draft, decided, tx, gathered.profile);
  const { decision } = decided;
  const row: StoredExecution = {
    tenant: caller.tenant,
    state,
    agent: gathered.profile.id,
    action: fields.action,
    environment: fields.environment,
    decision,
    agentProfile: gathered.profile,
    requester: caller.principal,
    attemptId: draft.attempt,
    requestDigest: draft.digest,
    exceptionRequested: fields.exceptionRequested,
    decidedAtMs: tx.nowMs,
    updatedAtMs: tx.nowMs,
    startPending: true,
    ...(input.actor === undefined ? {} : { onBehalfOf: input.actor }),
    ...(input.idempotencyKey === undefined ? {} : { idempotencyKey: input.idempotencyKey }),
    ...(fields.workflowType === undefined ? {} : { workflowType: fields.workflowType }),
  };
  tx.insertExecution(row);
  const facts =
    Object.keys(gathered.facts).length === 0
      ? undefined
      : seal(
          deps.crypto,
          { tenant: caller.tenant, execution: draft.id },
          'facts',
          gathered.facts as unknown as Json,
        );
  for (const each of [sealed.args, sealed.context, sealed.justification, facts])
    if (each !== undefined) tx.insertPayload(each.payload);
  tx.audit({
    type: 'decision.made',
    actor: actorOf(caller),
    agent: row.agent,
    action: row.action,
    execution: state.id,
    policy: policyResults(decision),
    outcome: decision.verdict,
    context: {
      environment: row.environment,
      reasonCode: decision.reasonCode,
      reason: decision.reason,
      status: statusOf(state),
      attempt: draft.attempt,
      ...(state.approval === undefined
        ? {}
        : {
            approval: state.approval.approvalId,
            chain: state.approval.chain.id,
            deadlineMs: state.approval.level.deadlineMs,
          }),
      ...(input.actor === undefined ? {} : { onBehalfOf: input.actor }),
    },
    payloads: Object.fromEntries(
      [
        ['arguments', sealed.args] as const,
        ['context', sealed.context] as const,
        ['facts', facts] as const,
        ['justification', sealed.justification] as const,
      ].flatMap(([kind, each]) => (each === undefined ? [] : [[kind, each.commitment]])),
    ),
  });
  auditRecords(tx, row, records, actorOf(caller));
  return { row, salt: sealed.args.salt, repeated: false, snapshot, nowMs: tx.nowMs };
}
