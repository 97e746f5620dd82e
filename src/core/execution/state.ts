import type { ApprovalState } from '../escalation/approval-state';
import type { AttemptId, ExecutionId } from '../ids';

/** What was decided. Written once; until then `pending_approval` or `parked`. */
export type Verdict =
  | 'pending_approval'
  | 'parked'
  | 'allowed'
  | 'denied'
  | 'approved'
  | 'rejected'
  | 'expired'
  | 'cancelled'
  | 'killed';

/** What became of the run. A kill changes the run, never a verdict already given. */
export type Run =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'executing';
      readonly attemptId: AttemptId;
      readonly releasedAtMs: number;
      readonly releasedSeq: number;
    }
  | {
      readonly kind: 'committed' | 'failed';
      readonly attemptId: AttemptId;
      readonly reportedAtMs: number;
      readonly reportDigest: string;
    }
  | { readonly kind: 'unknown'; readonly attemptId: AttemptId; readonly sinceMs: number }
  | {
      readonly kind: 'void';
      readonly cause: 'expired' | 'killed' | 'cancelled';
      readonly reasonCode: string;
      readonly reason: string;
      readonly by?: string;
      readonly atMs: number;
    };

export type ExecutionStatus =
  | 'pending_approval'
  | 'parked'
  | 'allowed'
  | 'approved'
  | 'executing'
  | 'committed'
  | 'failed'
  | 'outcome_unknown'
  | 'denied'
  | 'rejected'
  | 'expired'
  | 'cancelled'
  | 'killed';

/** The whole state that `step` moves. Everything here is stored in one row. */
export interface ExecutionState {
  readonly id: ExecutionId;
  readonly version: number;
  readonly verdict: Verdict;
  readonly run: Run;
  readonly approval?: ApprovalState;
  /** Hex digest of the canonical arguments under the execution's salt. */
  readonly argsDigest: string;
  /** Audit sequence of the decision: a kill engaged after it voids what has not been released. */
  readonly decidedSeq: number;
  /** Until when an approval may be released. */
  readonly validUntilMs?: number;
  /** The request's own end of life; beats any level timer. */
  readonly expiresAtMs?: number;
  /** When a run without a report becomes `unknown`; absent where nothing demands a report. */
  readonly outcomeDueMs?: number;
  /** Code and sentence of the terminal verdict, for later askers; what voided a run stands with the run. */
  readonly closing?: {
    readonly reasonCode: string;
    readonly reason: string;
    readonly by?: string;
    readonly atMs: number;
  };
}

/** Status is derived, never stored as a third fact. */
export function statusOf(state: Pick<ExecutionState, 'verdict' | 'run'>): ExecutionStatus {
  switch (state.run.kind) {
    case 'executing':
    case 'committed':
    case 'failed':
      return state.run.kind;
    case 'unknown':
      return 'outcome_unknown';
    case 'void':
      return state.run.cause;
    case 'none':
      return state.verdict;
  }
}

export const isOpen = (state: Pick<ExecutionState, 'verdict'>): boolean =>
  state.verdict === 'pending_approval' || state.verdict === 'parked';

const earliest = (...moments: readonly (number | undefined)[]): number | undefined => {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
};

/** The next moment at which time alone ends a level, a verdict or a run; undefined when none will. */
export function endsAtMs(state: ExecutionState): number | undefined {
  if (isOpen(state)) {
    const waits =
      state.verdict === 'pending_approval' ? state.approval?.level.deadlineMs : undefined;
    return earliest(waits, state.expiresAtMs);
  }
  if (state.verdict === 'approved' && state.run.kind === 'none')
    return earliest(state.validUntilMs, state.expiresAtMs);
  return state.run.kind === 'executing' ? state.outcomeDueMs : undefined;
}

/** The next moment at which time alone changes the state, reminders included; undefined when none will. */
export function dueAtMs(state: ExecutionState): number | undefined {
  const reminds =
    state.verdict === 'pending_approval' ? state.approval?.level.remindAtMs[0] : undefined;
  return earliest(reminds, endsAtMs(state));
}
