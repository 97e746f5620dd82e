import { killedSince, type KillSubject, type KillSwitch } from '../controls/kill-switch';
import type { LadderContext } from '../escalation/approval-state';
import { remindLevel, timeOutLevel } from '../escalation/ladder';
import type { LadderEvent, LadderStep } from '../escalation/ladder-events';
import { dueAtMs, endsAtMs, isOpen, type ExecutionState } from './state';

/** Facts of one transition, in order; the caller turns each into an audit event. */
export type ExecutionRecord =
  | { readonly kind: 'ladder'; readonly event: LadderEvent }
  | {
      readonly kind: 'closed';
      readonly verdict: 'approved' | 'rejected' | 'expired' | 'cancelled' | 'killed';
      readonly reasonCode: string;
      readonly reason: string;
      /** Who brought it about; absent when time, a kill switch or the chain did. */
      readonly by?: string;
    }
  | {
      readonly kind: 'voided';
      readonly cause: 'expired' | 'killed' | 'cancelled';
      readonly reasonCode: string;
      readonly reason: string;
    }
  | { readonly kind: 'outcome_unknown' };

export interface Settled {
  readonly state: ExecutionState;
  readonly records: readonly ExecutionRecord[];
}

/** Deciding the stored request again under the current snapshot (I-3). */
export type Recheck =
  { readonly kind: 'same' } | { readonly kind: 'changed'; readonly why: string };

export interface SettleContext extends LadderContext {
  readonly kills: readonly KillSwitch[];
  /** The agent at the decision and now: a switch that reaches either voids. */
  readonly subjects: readonly KillSubject[];
  readonly recheck: () => Recheck;
}

interface Closing {
  readonly reasonCode: string;
  readonly reason: string;
  readonly by?: string;
  readonly atMs: number;
}

export function voidRun(
  state: ExecutionState,
  cause: 'expired' | 'killed' | 'cancelled',
  closing: Closing,
): Settled {
  // The verdict's own closing stands beside it: a receipt is about the verdict.
  const { reasonCode, reason } = closing;
  return {
    state: { ...state, run: { kind: 'void', cause, ...closing } },
    records: [{ kind: 'voided', cause, reasonCode, reason }],
  };
}

export function closeOpen(
  state: ExecutionState,
  verdict: 'rejected' | 'expired' | 'cancelled' | 'killed',
  closing: Closing,
): Settled {
  const { reasonCode, reason, by } = closing;
  const run =
    verdict === 'rejected' ? state.run : ({ kind: 'void', cause: verdict, ...closing } as const);
  return {
    state: { ...state, verdict, run, closing },
    records: [{ kind: 'closed', verdict, reasonCode, reason, ...(by === undefined ? {} : { by }) }],
  };
}

/** Ends an open approval or an unreleased run whose request would be decided otherwise today. */
export function cancelChanged(state: ExecutionState, why: string, atMs: number): Settled {
  const closing = { reasonCode: 'basis_changed', reason: why, atMs };
  return isOpen(state)
    ? closeOpen(state, 'cancelled', closing)
    : voidRun(state, 'cancelled', closing);
}

const APPROVED_BY = {
  quorum: 'Approved by the required people',
  timeout: 'Approved by the chain when the timer ran out',
  auto: 'Approved by a rule of the chain, nobody was asked',
} as const;

/** Writes what a ladder step decided into the state. */
export function absorbLadder(
  state: ExecutionState,
  step: LadderStep,
  nowMs: number,
  voter?: string,
): Settled {
  const moved: ExecutionState = {
    ...state,
    approval: step.approval,
    verdict: isOpen(state) ? (step.approval.parked ? 'parked' : 'pending_approval') : state.verdict,
  };
  const records: ExecutionRecord[] = step.events.map((event) => ({ kind: 'ladder', event }));
  switch (step.verdict.kind) {
    case 'open':
      return { state: moved, records };
    case 'approved': {
      const reason = APPROVED_BY[step.verdict.by];
      // Where silence passed the last level it is the chain that approves, whoever's vote came last.
      const by = step.verdict.by === 'quorum' ? voter : undefined;
      const closing = {
        reasonCode: 'approved',
        reason,
        atMs: nowMs,
        ...(by === undefined ? {} : { by }),
      };
      const validUntilMs = nowMs + step.approval.chain.validForMs;
      return {
        state: { ...moved, verdict: 'approved', validUntilMs, closing },
        records: [
          ...records,
          {
            kind: 'closed',
            verdict: 'approved',
            reasonCode: 'approved',
            reason,
            ...(by === undefined ? {} : { by }),
          },
        ],
      };
    }
    case 'rejected': {
      const closed = closeRejected(moved, step.verdict.by, nowMs, voter);
      return { state: closed.state, records: [...records, ...closed.records] };
    }
  }
}

function closeRejected(
  state: ExecutionState,
  cause: 'vote' | 'timeout' | 'no_approvers' | 'auto',
  atMs: number,
  by?: string,
): Settled {
  switch (cause) {
    case 'vote':
      return closeOpen(state, 'rejected', {
        reasonCode: 'rejected',
        reason: 'Rejected by an approver',
        atMs,
        ...(by === undefined ? {} : { by }),
      });
    case 'timeout':
      // A timeout is not a human's "no".
      return closeOpen(state, 'expired', {
        reasonCode: 'expired',
        reason: 'Nobody decided before the timer ran out',
        atMs,
      });
    case 'auto':
      return closeOpen(state, 'rejected', {
        reasonCode: 'rejected',
        reason: 'Rejected by a rule of the chain, nobody was asked',
        atMs,
      });
    case 'no_approvers':
      return closeOpen(state, 'rejected', {
        reasonCode: 'no_approvers',
        reason: 'Nobody may approve this: no eligible person holds the required role',
        atMs,
      });
  }
}

function applyKill(state: ExecutionState, kill: KillSwitch): Settled | undefined {
  const closing = {
    reasonCode: 'kill_switch_active',
    reason: `Voided by kill switch ${kill.id}`,
    atMs: kill.engagedAtMs,
  };
  if (isOpen(state)) return closeOpen(state, 'killed', closing);
  if (state.verdict === 'approved' && state.run.kind === 'none')
    return voidRun(state, 'killed', closing);
  return undefined;
}

interface DueMove {
  readonly atMs: number;
  /** Only a reminder: nothing ends. */
  readonly reminds: boolean;
}

/** What time has done by now. An end that has passed makes the reminders before it moot. */
function dueMove(state: ExecutionState, nowMs: number): DueMove | undefined {
  const due = dueAtMs(state);
  if (due === undefined || due > nowMs) return undefined;
  const ends = endsAtMs(state);
  return ends !== undefined && ends <= nowMs
    ? { atMs: ends, reminds: false }
    : { atMs: due, reminds: true };
}

/** What time approves, by silence or because a level below it was left, it approves only as it was shown (I-3). */
function absorbDue(
  state: ExecutionState,
  step: LadderStep,
  atMs: number,
  context: SettleContext,
): Settled {
  const recheck: Recheck = step.verdict.kind === 'approved' ? context.recheck() : { kind: 'same' };
  if (recheck.kind === 'same') return absorbLadder(state, step, atMs);
  const found: ExecutionRecord[] = step.events.map((event) => ({ kind: 'ladder', event }));
  const cancelled = cancelChanged(state, recheck.why, atMs);
  return { state: cancelled.state, records: [...found, ...cancelled.records] };
}

/** Applies one due moment as if its timer had been on time: what follows counts from that moment. */
function applyDue(
  state: ExecutionState,
  { atMs, reminds }: DueMove,
  context: SettleContext,
): Settled {
  if (state.run.kind === 'executing') {
    return {
      state: { ...state, run: { kind: 'unknown', attemptId: state.run.attemptId, sinceMs: atMs } },
      records: [{ kind: 'outcome_unknown' }],
    };
  }
  if (!isOpen(state)) {
    return voidRun(state, 'expired', {
      reasonCode: 'expired',
      reason: 'The approval was not released while it was valid',
      atMs,
    });
  }
  const { approval } = state;
  const outlived = state.expiresAtMs !== undefined && atMs >= state.expiresAtMs;
  if (outlived || approval === undefined) {
    return closeOpen(state, 'expired', {
      reasonCode: 'expired',
      reason: 'The request ended its own life before a verdict',
      atMs,
    });
  }
  return reminds
    ? absorbDue(state, remindLevel(approval, context), context.nowMs, context)
    : absorbDue(state, timeOutLevel(approval, context), atMs, context);
}

/**
 * Applies everything that time and kill switches have already done to the state, oldest first, before any
 * event is judged: an event at or after a deadline counts as after it, however late the timer (I-8), and a
 * kill voids what was not released before its commit, lifted or not (I-7).
 */
export function settle(state: ExecutionState, context: SettleContext): Settled {
  let current = state;
  const records: ExecutionRecord[] = [];
  // Each turn ends a level, a verdict or a run, so the number of turns is bounded by the ladder.
  for (let turn = 0; turn < 64; turn += 1) {
    const due = dueMove(current, context.nowMs);
    const kill = killedSince(context.kills, current.decidedSeq, context.subjects);
    const killFirst =
      kill !== undefined && (due === undefined || due.reminds || kill.engagedAtMs <= due.atMs);
    const moved =
      (killFirst ? applyKill(current, kill) : undefined) ??
      (due === undefined ? undefined : applyDue(current, due, context));
    if (moved === undefined) return { state: current, records };
    current = moved.state;
    records.push(...moved.records);
  }
  throw new Error('settling did not end');
}
