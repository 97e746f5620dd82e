import { DomainError } from '../core/errors';
import { openLadder } from '../core/escalation/ladder';
import { absorbLadder } from '../core/execution/settle';
import { statusOf, type ExecutionState } from '../core/execution/state';
import { approvalId, attemptId, type executionId } from '../core/ids';
import type { AgentProfile, Facts, PolicyDecision } from '../core/policy/model';
import { withToolOf } from '../core/risk/tool-profile';
import { actorOf, auditRecords, policyResults } from './audit-records';
import type { Caller } from './caller';
import { decideRequest, policyRequest, type DecidedRequest } from './decide-request';
import { seal, type Sealed } from './payloads';
import type { Cryptography, StoredExecution, TenantSnapshot } from './ports';
import type { Tx } from './commit-ports';
import { claimedUser, sameHuman, whoMayDecide } from './separation';
import { requestFields, type SubmitInput } from './submit-input';

/** Stands in a stored trace where the answer to the submit showed the value. */
const NOT_KEPT = '[not kept]';

export interface Submission {
  readonly row: StoredExecution;
  /** With the values, for the one answer that shows them. */
  readonly trace?: PolicyDecision['trace'];
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
    readonly actor?: Sealed;
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
  snapshot: TenantSnapshot,
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
        ladder.separation.requester === 'exclude' ? sameHuman(draft.caller) : [],
      );
      const opened = openLadder(
        {
          approvalId: approvalId(deps.crypto.uuidv7()),
          chain: ladder,
          basis: decided.basis,
          excluded: asked.excluded,
        },
        { nowMs: tx.nowMs, resolve: asked.resolve, addTime: snapshot.addTime },
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

/** The stored trace names fields and what was expected; what was sent stays in the encrypted payloads alone. */
function withoutValues(decision: PolicyDecision): PolicyDecision {
  if (decision.trace.every((entry) => entry.failed === undefined)) return decision;
  const trace = decision.trace.map((entry) =>
    entry.failed === undefined
      ? entry
      : { ...entry, failed: { ...entry.failed, actual: NOT_KEPT } },
  );
  return { ...decision, trace };
}

function newRow(
  draft: Draft,
  gathered: Gathered,
  decision: PolicyDecision,
  state: ExecutionState,
  nowMs: number,
): StoredExecution {
  const { caller, input } = draft;
  const fields = requestFields(input, gathered.profile);
  return {
    tenant: caller.tenant,
    state,
    agent: gathered.profile.id,
    action: fields.action,
    environment: fields.environment,
    decision: withoutValues(decision),
    agentProfile: withToolOf(gathered.profile, fields.action),
    requester: caller.principal,
    attemptId: draft.attempt,
    requestDigest: draft.digest,
    exceptionRequested: fields.exceptionRequested,
    decidedAtMs: nowMs,
    updatedAtMs: nowMs,
    startPending: true,
    ...(input.idempotencyKey === undefined ? {} : { idempotencyKey: input.idempotencyKey }),
    ...(fields.workflowType === undefined ? {} : { workflowType: fields.workflowType }),
  };
}

/** Stages the encrypted payloads; answers the commitment of each by kind, for the audit row. */
function stagePayloads(
  deps: { readonly crypto: Cryptography },
  draft: Draft,
  facts: Facts,
  tx: Tx,
): Readonly<Record<string, string>> {
  const place = { tenant: draft.caller.tenant, execution: draft.id };
  const all: readonly (Sealed | undefined)[] = [
    draft.sealed.args,
    draft.sealed.context,
    draft.sealed.justification,
    draft.sealed.actor,
    Object.keys(facts).length === 0 ? undefined : seal(deps.crypto, place, 'facts', facts),
  ];
  const commitments: Record<string, string> = {};
  for (const sealed of all) {
    if (sealed === undefined) continue;
    tx.insertPayload(sealed.payload);
    commitments[sealed.payload.kind] = sealed.commitment;
  }
  return commitments;
}

function decisionContext(
  draft: Draft,
  { state, environment, decision }: StoredExecution,
): Readonly<Record<string, unknown>> {
  const { approval } = state;
  return {
    environment,
    reasonCode: decision.reasonCode,
    reason: decision.reason,
    status: statusOf(state),
    attempt: draft.attempt,
    ...(decision.risk === undefined
      ? {}
      : { riskScore: decision.risk.score, riskLevel: decision.risk.level }),
    ...(approval === undefined
      ? {}
      : {
          approval: approval.approvalId,
          chain: approval.chain.id,
          deadlineMs: approval.level.deadlineMs,
        }),
  };
}

export interface Gathered {
  readonly profile: AgentProfile;
  readonly facts: Facts;
}

/** Decides a new request under the lock and stages its row, payloads and audit in one. */
export async function commitNew(
  deps: { readonly crypto: Cryptography },
  draft: Draft,
  snapshot: TenantSnapshot,
  tx: Tx,
  gathered: Gathered,
): Promise<Submission> {
  const request = policyRequest(gathered.profile, requestFields(draft.input, gathered.profile));
  const decided = decideRequest(deps.crypto, snapshot, request, gathered.facts, tx.nowMs);
  const { state, records } = await firstState(deps, draft, decided, tx, snapshot, gathered.profile);
  const row = newRow(draft, gathered, decided.decision, state, tx.nowMs);
  tx.insertExecution(row);
  const actor = actorOf(draft.caller);
  tx.audit({
    type: 'decision.made',
    actor,
    agent: row.agent,
    action: row.action,
    execution: state.id,
    policy: policyResults(row.decision),
    outcome: row.decision.verdict,
    context: decisionContext(draft, row),
    payloads: stagePayloads(deps, draft, gathered.facts, tx),
  });
  auditRecords(tx, row, records, actor);
  const { trace } = decided.decision;
  return { row, trace, salt: draft.sealed.args.salt, repeated: false, snapshot, nowMs: tx.nowMs };
}
