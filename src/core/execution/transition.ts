import { activeKill, killedSince } from '../controls/kill-switch';
import type { CountedVote } from '../escalation/approval-state';
import type { AttemptId, PrincipalId } from '../ids';
import { endOf, OK, refuse, REPEATED, stay, whyClosed, type Judged } from './answers';
import { applyRelease, type ReleaseEvent } from './release';
import { closeOpen, settle, voidRun, type SettleContext } from './settle';
import { isOpen, type ExecutionState } from './state';
import type { TransitionContext } from './transition-context';
import { applyVote } from './vote';
import type { VoteEvent } from './vote-event';

export type { TransitionContext } from './transition-context';

export type ExecutionEvent =
  | VoteEvent
  | { readonly kind: 'due' }
  | { readonly kind: 'kill' }
  /** The people of this level (by number) are being told. */
  | { readonly kind: 'told'; readonly level: number }
  | { readonly kind: 'cancel'; readonly by: PrincipalId; readonly reason: string }
  | ReleaseEvent
  | {
      readonly kind: 'outcome';
      readonly attemptId?: AttemptId;
      readonly result: 'committed' | 'failed';
      readonly reportDigest: string;
    };

export interface Transition extends Judged {
  readonly counted?: CountedVote;
  /** Hex digest of what the open (or last) level was shown when a vote was judged. */
  readonly displayDigest?: string;
}

type OutcomeEvent = Extract<ExecutionEvent, { kind: 'outcome' }>;

function applyOutcome(state: ExecutionState, event: OutcomeEvent, nowMs: number): Judged {
  const { run } = state;
  const holder = 'attemptId' in run ? run.attemptId : undefined;
  if (holder !== undefined && event.attemptId !== undefined && event.attemptId !== holder)
    return stay(state, refuse('already_released', `Attempt ${holder} holds the release.`));
  switch (run.kind) {
    case 'none':
      return stay(
        state,
        isOpen(state) || state.verdict === 'approved'
          ? refuse('not_released', 'Nothing was released yet.')
          : whyClosed(state),
      );
    case 'void':
      return stay(state, whyClosed(state));
    case 'committed':
    case 'failed':
      return stay(
        state,
        run.kind === event.result && run.reportDigest === event.reportDigest
          ? REPEATED
          : refuse('outcome_conflict', `The run was reported ${run.kind} before.`),
      );
    case 'executing':
    case 'unknown': {
      const reported = {
        kind: event.result,
        attemptId: run.attemptId,
        reportedAtMs: nowMs,
        reportDigest: event.reportDigest,
      } as const;
      return { state: { ...state, run: reported }, records: [], answer: OK };
    }
  }
}

/**
 * The one transition of an execution: settles what time and kills have done, then judges the event. Pure;
 * a refusal is an answer, never an exception, and leaves only the settled changes behind.
 */
export function applyEvent(
  state: ExecutionState,
  event: ExecutionEvent,
  context: TransitionContext,
): Transition {
  const settled = settle(state, context);
  const moved = judge(settled.state, event, context);
  const changed = moved.state !== state;
  return {
    ...moved,
    state: changed ? { ...moved.state, version: state.version + 1 } : state,
    records: [...settled.records, ...moved.records],
  };
}

/** Once an opening: a repeated activity tells nobody twice. */
function tell(state: ExecutionState, number: number): Judged {
  const { approval } = state;
  const fresh = isOpen(state) && approval?.level.number === number && !approval.level.told;
  if (!fresh) return stay(state, REPEATED);
  const level = { ...approval.level, told: true };
  const told = { ...approval, level, announced: true };
  return { state: { ...state, approval: told }, records: [], answer: OK };
}

function judge(
  state: ExecutionState,
  event: ExecutionEvent,
  context: TransitionContext,
): Transition {
  switch (event.kind) {
    case 'due':
    case 'kill':
      return { state, records: [], answer: OK };
    case 'told':
      return tell(state, event.level);
    case 'vote':
      return applyVote(state, event, context);
    case 'cancel': {
      const closing = {
        reasonCode: 'cancelled',
        reason: event.reason,
        by: event.by,
        atMs: context.nowMs,
      };
      if (isOpen(state)) return { ...closeOpen(state, 'cancelled', closing), answer: OK };
      if (state.verdict === 'approved' && state.run.kind === 'none')
        return { ...voidRun(state, 'cancelled', closing), answer: OK };
      if (endOf(state)?.reasonCode === 'cancelled') return stay(state, REPEATED);
      const stands = state.run.kind === 'none' ? state.verdict : state.run.kind;
      return stay(state, refuse('already_decided', `It is ${stands} already.`));
    }
    case 'release':
      return applyRelease(state, event, context);
    case 'outcome':
      return applyOutcome(state, event, context.nowMs);
  }
}

/** Whether the holder of `attempt` may go on with the action at this moment (attempt, expiry, kill). */
export function mayRun(
  state: ExecutionState,
  attempt: AttemptId | undefined,
  context: Pick<SettleContext, 'kills' | 'nowMs' | 'subjects'>,
): boolean {
  if (state.run.kind !== 'executing' || attempt === undefined || state.run.attemptId !== attempt)
    return false;
  if (state.expiresAtMs !== undefined && context.nowMs >= state.expiresAtMs) return false;
  const { kills, nowMs, subjects } = context;
  if (killedSince(kills, state.run.releasedSeq, subjects) !== undefined) return false;
  return activeKill(kills, nowMs, subjects) === undefined;
}
