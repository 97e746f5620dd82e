import { killedSince, type KillSubject, type KillSwitch } from '../controls/kill-switch';
import {
  timeOutLevel,
  type LadderEvent,
  type LadderStep,
  type ResolveApprovers,
} from '../escalation/ladder';
import { dueAtMs, isOpen, type ExecutionState } from './state';

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

export interface SettleContext {
  readonly nowMs: number;
  readonly kills: readonly KillSwitch[];
  /** The agent at the decision and now: a switch that reaches either voids. */
  readonly subjects: readonly KillSubject[];
  readonly resolve: ResolveApprovers;
}

export function voidRun(
  state: ExecutionState,
  cause: 'expired' | 'killed' | 'cancelled',
  closing: {
    readonly reasonCode: string;
    readonly reason: string;
    readonly by?: string;
    readonly atMs: number;
  },
): Settled {
  const { reasonCode, reason, atMs } = closing;
  return {
    state: { ...state, run: { kind: 'void', cause, reasonCode, atMs }, closing },
    records: [{ kind: 'voided', cause, reasonCode, reason }],
  };
}

export function closeOpen(
  state: ExecutionState,
  verdict: 'rejected' | 'expired' | 'cancelled' | 'killed',
  closing: {
    readonly reasonCode: string;
    readonly reason: string;
    readonly by?: string;
    readonly atMs: number;
  },
): Settled {
  const { reasonCode, reason, by, atMs } = closing;
  const run =
    verdict === 'rejected'
      ? state.run
      : ({ kind: 'void', cause: verdict, reasonCode, atMs } as const);
  return {
    state: { ...state, verdict, run, closing },
    records: [{ kind: 'closed', verdict, reasonCode, reason, ...(by === undefined ? {} : { by }) }],
  };
}

/** Writes what a ladder step decided into the state. */
export function absorbLadder(
  state: ExecutionState,
  step: LadderStep,
  nowMs: number,
  by?: string,
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
      const reason =
        step.verdict.by === 'quorum'
          ? 'Approved by the required people'
          : 'Approved by the chain when the timer ran out';
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
      const closed = closeRejected(moved, step.verdict.by, nowMs, by);
      return { state: closed.state, records: [...records, ...closed.records] };
    }
  }
}

function closeRejected(
  state: ExecutionState,
  cause: 'vote' | 'timeout' | 'no_approvers',
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

function applyDue(state: ExecutionState, nowMs: number, resolve: ResolveApprovers): Settled {
  if (state.run.kind === 'executing') {
    return {
      state: { ...state, run: { kind: 'unknown', attemptId: state.run.attemptId, sinceMs: nowMs } },
      records: [{ kind: 'outcome_unknown' }],
    };
  }
  const outlived = state.expiresAtMs !== undefined && nowMs >= state.expiresAtMs;
  if (isOpen(state)) {
    if (outlived || state.approval === undefined) {
      return closeOpen(state, 'expired', {
        reasonCode: 'expired',
        reason: 'The request ended its own life before a verdict',
        atMs: nowMs,
      });
    }
    return absorbLadder(state, timeOutLevel(state.approval, nowMs, resolve), nowMs);
  }
  return voidRun(state, 'expired', {
    reasonCode: 'expired',
    reason: 'The approval was not released while it was valid',
    atMs: nowMs,
  });
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
    const due = dueAtMs(current);
    const kill = killedSince(context.kills, current.decidedSeq, context.subjects);
    const dueNow = due !== undefined && due <= context.nowMs;
    const killFirst = kill !== undefined && (!dueNow || kill.engagedAtMs <= due);
    const moved =
      (killFirst ? applyKill(current, kill) : undefined) ??
      (dueNow ? applyDue(current, context.nowMs, context.resolve) : undefined);
    if (moved === undefined) return { state: current, records };
    current = moved.state;
    records.push(...moved.records);
  }
  throw new Error('settling did not end');
}
