import { activeKill } from '../controls/kill-switch';
import type { AttemptId } from '../ids';
import { OK, refuse, REPEATED, stay, whyClosed, type Judged } from './answers';
import { cancelChanged } from './settle';
import { isOpen, type ExecutionState } from './state';
import type { TransitionContext } from './transition-context';

export interface ReleaseEvent {
  readonly kind: 'release';
  readonly attemptId: AttemptId;
  readonly argsDigest: string;
  readonly seq: number;
  readonly outcomeTimeoutMs?: number;
}

/** Gives the one run to one attempt, after everything that could forbid it was judged anew (I-4). */
export function applyRelease(
  state: ExecutionState,
  event: ReleaseEvent,
  context: TransitionContext,
): Judged {
  if (event.argsDigest !== state.argsDigest) {
    const why = 'The release names other arguments than were decided.';
    return stay(state, refuse('digest_mismatch', why));
  }
  const { run } = state;
  if (run.kind !== 'none' && run.kind !== 'void') {
    if (run.attemptId === event.attemptId) return stay(state, REPEATED);
    const why = `Attempt ${run.attemptId} holds the one release; it is ${run.kind}.`;
    return stay(state, refuse('already_released', why));
  }
  if (isOpen(state)) return stay(state, refuse('approval_pending', 'No verdict yet.'));
  if (state.verdict !== 'approved' || run.kind === 'void') return stay(state, whyClosed(state));
  const kill = activeKill(context.kills, context.nowMs, context.subjects);
  if (kill !== undefined) {
    const why = `Kill switch ${kill.id} is engaged.`;
    return stay(state, refuse('kill_switch_active', why));
  }
  if (!context.agentActive)
    return stay(state, refuse('agent_suspended', 'The agent is not active.'));
  const recheck = context.recheck();
  if (recheck.kind === 'changed')
    return {
      ...cancelChanged(state, recheck.why, context.nowMs),
      answer: refuse('basis_changed', recheck.why),
    };
  const executing = {
    kind: 'executing',
    attemptId: event.attemptId,
    releasedAtMs: context.nowMs,
    releasedSeq: event.seq,
  } as const;
  const due =
    event.outcomeTimeoutMs === undefined
      ? {}
      : { outcomeDueMs: context.nowMs + event.outcomeTimeoutMs };
  return { state: { ...state, run: executing, ...due }, records: [], answer: OK };
}
