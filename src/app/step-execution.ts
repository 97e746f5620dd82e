import { DomainError } from '../core/errors';
import type { CountedVote } from '../core/escalation/approval-state';
import type { ExecutionRecord } from '../core/execution/settle';
import { statusOf } from '../core/execution/state';
import type { Answer } from '../core/execution/answers';
import { applyEvent, type ExecutionEvent, type Transition } from '../core/execution/transition';
import type { ExecutionId, TenantId } from '../core/ids';
import { auditRecords, type Actor } from './audit-records';
import type { Committer, Tx, Unit } from './commit-ports';
import type { Cryptography, StoredExecution, TenantSnapshot } from './ports';
import { stageMessages } from './stage-messages';
import { transitionContext } from './transition-context';

export interface StepDeps {
  readonly committer: Committer;
  readonly crypto: Cryptography;
}

export interface Stepped {
  readonly row: StoredExecution;
  readonly answer: Answer;
  readonly records: readonly ExecutionRecord[];
  readonly counted?: CountedVote;
  /** Hex digest of what the open level was shown when a vote was judged. */
  readonly displayDigest?: string;
  readonly changed: boolean;
  readonly snapshot: TenantSnapshot;
  readonly nowMs: number;
  /** Sequence of the event's own audit row, else of the last one this step wrote, 0 for none. */
  readonly auditSeq: number;
}

/** What the event's own use case adds in the same transaction: its audit row, its vote, its payloads. */
export type AfterStep = (
  tx: Tx,
  stepped: Omit<Stepped, 'auditSeq'>,
) => number | undefined | Promise<number | undefined>;

/** Writes a moved execution and tells waiters and its workflow; nothing when it did not move. */
function stageChange(
  tx: Tx,
  before: StoredExecution,
  next: StoredExecution,
  event: ExecutionEvent,
): void {
  if (next === before) return;
  const { id, version, approval } = next.state;
  tx.updateExecution(next);
  tx.notifyChanged(id, version);
  // An execution without an approval has no workflow that waits; its own workflow causes `told`.
  if (approval === undefined || event.kind === 'told') return;
  tx.enqueue({
    kind: 'nudge',
    execution: id,
    version,
    signal: event.kind === 'kill' ? 'kill' : 'approval',
  });
}

function steppedOf(
  row: StoredExecution,
  moved: Transition,
  changed: boolean,
  snapshot: TenantSnapshot,
  nowMs: number,
): Omit<Stepped, 'auditSeq'> {
  const { answer, records, counted, displayDigest } = moved;
  return {
    row,
    answer,
    records,
    changed,
    snapshot,
    nowMs,
    ...(counted === undefined ? {} : { counted }),
    ...(displayDigest === undefined ? {} : { displayDigest }),
  };
}

/** Ends that stop something, a verdict or a run made void: they may stand with a backlog row while the chain refuses inserts. */
const STOPPED: readonly string[] = ['denied', 'killed', 'cancelled', 'expired', 'rejected'];

/**
 * The one way an existing execution changes: loads it under the head lock, applies the event through the
 * pure state machine, writes row, audit and outbox in the same transaction. REST, CLI, the workflow's
 * activities and its timers all come through here.
 */
export function stepUnit(
  deps: StepDeps,
  id: ExecutionId,
  toEvent: (tx: Tx) => ExecutionEvent,
  options: {
    readonly actor: Actor;
    readonly after?: AfterStep;
    readonly credentialId?: string;
    readonly payloads?: Readonly<Record<string, string>>;
  },
): Unit<Stepped> {
  return {
    key: `execution ${id}`,
    work: async (tx, snapshot) => {
      const row = await tx.execution(id);
      if (row === undefined)
        throw new DomainError('execution_not_found', {
          what: `No execution ${id} exists for this credential.`,
        });
      const event = toEvent(tx);
      const context = await transitionContext(deps, tx, row, snapshot, event, options.credentialId);
      const moved = applyEvent(row.state, event, context);
      const changed = moved.state !== row.state;
      const next = changed ? { ...row, state: moved.state, updatedAtMs: tx.nowMs } : row;
      const stepped = steppedOf(next, moved, changed, snapshot, tx.nowMs);
      const own = await options.after?.(tx, stepped);
      const last = auditRecords(tx, next, moved.records, options.actor, options.payloads);
      await stageMessages(tx, next, moved.records);
      stageChange(tx, row, next, event);
      return { ...stepped, auditSeq: own ?? last ?? 0 };
    },
    stopsOnly: ({ row, changed }) => !changed || STOPPED.includes(statusOf(row.state)),
  };
}

export function commitStep(
  deps: StepDeps,
  tenant: TenantId,
  unit: Unit<Stepped>,
): Promise<Stepped> {
  return deps.committer.commit(tenant, unit);
}

/** A refusal as the error that REST and the other doors show. */
export function refusalOf(stepped: Stepped): DomainError | undefined {
  if (stepped.answer.kind === 'ok') return undefined;
  const { code, why } = stepped.answer;
  return new DomainError(code, { what: why, extra: { executionId: stepped.row.state.id } });
}
