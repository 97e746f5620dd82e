import type { AuditEventDraft } from '../core/audit/event';
import type { ExecutionRecord } from '../core/execution/settle';
import type { PolicyDecision } from '../core/policy/model';
import type { Caller } from './caller';
import type { StoredExecution } from './ports';
import type { Tx } from './commit-ports';

type Draft = Omit<AuditEventDraft, 'id' | 'tsMs'>;
export type Actor = AuditEventDraft['actor'];

export const SYSTEM_ACTOR: Actor = { kind: 'system', id: 'system:countersign' };

export const actorOf = (caller: Caller): Actor => ({
  kind: caller.kind,
  id: caller.principal,
  assurance: caller.assurance,
  ...(caller.address === undefined ? {} : { address: caller.address }),
});

export const policyResults = (
  decision: PolicyDecision,
): NonNullable<AuditEventDraft['policy']> => ({
  results: decision.matched.map(({ policy, version, rule, effect }) => ({
    policy,
    version,
    rule,
    effect,
  })),
});

export const executionFields = (
  row: StoredExecution,
): Pick<Draft, 'agent' | 'action' | 'execution'> => ({
  agent: row.agent,
  action: row.action,
  execution: row.state.id,
});

function draftOf(record: ExecutionRecord): Pick<Draft, 'type' | 'outcome' | 'context'> {
  switch (record.kind) {
    case 'ladder': {
      const { kind, ...context } = record.event;
      const type = kind === 'reminded' ? 'approval.reminded' : 'approval.escalated';
      return { type, outcome: kind, context };
    }
    case 'closed': {
      const context = { reasonCode: record.reasonCode, reason: record.reason };
      switch (record.verdict) {
        case 'approved':
        case 'rejected':
          return { type: 'approval.decided', outcome: record.verdict, context };
        case 'expired':
          return { type: 'execution.expired', outcome: 'expired', context };
        case 'cancelled':
          return { type: 'execution.cancelled', outcome: 'cancelled', context };
        case 'killed':
          return { type: 'execution.killed', outcome: 'killed', context };
      }
    }
    // eslint-disable-next-line no-fallthrough -- every branch of the inner switch returns
    case 'voided': {
      const type = (
        {
          expired: 'execution.expired',
          cancelled: 'execution.cancelled',
          killed: 'execution.killed',
        } as const
      )[record.cause];
      return {
        type,
        outcome: 'void',
        context: { reasonCode: record.reasonCode, reason: record.reason },
      };
    }
    case 'outcome_unknown':
      return { type: 'outcome.reported', outcome: 'unknown' };
  }
}

/** Whether a person asked for exactly this: it ends because of the cancellation, not of a changed basis. */
const isCancellation = (record: ExecutionRecord): boolean =>
  (record.kind === 'closed' || record.kind === 'voided') && record.reasonCode === 'cancelled';

/** What a timer or an empty level decided is nobody's vote, whoever's event found it due (I-11). */
function isDoneBy(record: ExecutionRecord, actor: Actor): boolean {
  if (isCancellation(record)) return true;
  if (record.kind !== 'closed' || record.by !== actor.id) return false;
  return record.verdict === 'approved' || record.verdict === 'rejected';
}

/**
 * Writes what happened to an execution into the chain, in order; returns the last sequence number. `payloads`
 * are commitments of what the actor said about a cancellation.
 */
export function auditRecords(
  tx: Tx,
  row: StoredExecution,
  records: readonly ExecutionRecord[],
  actor: Actor,
  payloads?: Readonly<Record<string, string>>,
): number | undefined {
  let last: number | undefined;
  for (const record of records) {
    last = tx.audit({
      ...draftOf(record),
      actor: isDoneBy(record, actor) ? actor : SYSTEM_ACTOR,
      ...executionFields(row),
      ...(payloads !== undefined && isCancellation(record) ? { payloads } : {}),
    });
  }
  return last;
}
