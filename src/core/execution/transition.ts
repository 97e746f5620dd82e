import { activeKill, killedSince } from '../controls/kill-switch';
import type { ErrorCode } from '../errors';
import {
  countVote,
  currentLevel,
  standingGroups,
  type ApprovalState,
  type Assurance,
  type CountedVote,
} from '../escalation/ladder';
import type { AttemptId, PrincipalId } from '../ids';
import {
  absorbLadder,
  closeOpen,
  settle,
  voidRun,
  type ExecutionRecord,
  type SettleContext,
} from './settle';
import { isOpen, type ExecutionState } from './state';

export interface VoteEvent {
  readonly kind: 'vote';
  readonly voteId: string;
  readonly verdict: 'approve' | 'reject';
  readonly voter: PrincipalId;
  readonly assurance: Assurance;
  readonly issuer?: PrincipalId;
  readonly argsDigest?: string;
  readonly rationale: string;
}

export type ExecutionEvent =
  | VoteEvent
  | { readonly kind: 'due' }
  | { readonly kind: 'kill' }
  /** The people of this level (0-based) are being told. */
  | { readonly kind: 'told'; readonly level: number }
  | { readonly kind: 'cancel'; readonly by: PrincipalId; readonly reason: string }
  | {
      readonly kind: 'release';
      readonly attemptId: AttemptId;
      readonly argsDigest: string;
      readonly seq: number;
      readonly outcomeTimeoutMs?: number;
    }
  | {
      readonly kind: 'outcome';
      readonly attemptId?: AttemptId;
      readonly result: 'committed' | 'failed';
      readonly reportDigest: string;
    };

/** Deciding the stored request again under the current snapshot (I-3). */
export type Recheck =
  { readonly kind: 'same' } | { readonly kind: 'changed'; readonly why: string };

export interface TransitionContext extends SettleContext {
  /** Why this person may not vote at all (role lost, requester, owner, suspended), or undefined when they may. */
  readonly voterExcluded: (vote: VoteEvent) => string | undefined;
  readonly stillEligible: (voter: PrincipalId) => boolean;
  readonly recheck: () => Recheck;
  readonly agentActive: boolean;
}

export type Answer =
  | { readonly kind: 'ok'; readonly repeated: boolean }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly why: string };

export interface Transition {
  readonly state: ExecutionState;
  readonly records: readonly ExecutionRecord[];
  readonly answer: Answer;
  readonly counted?: CountedVote;
}

const OK: Answer = { kind: 'ok', repeated: false };
const REPEATED: Answer = { kind: 'ok', repeated: true };
const refuse = (code: ErrorCode, why: string): Answer => ({ kind: 'refused', code, why });

/** The refusal that tells a late asker what became of the execution. */
function whyClosed(state: ExecutionState): Answer {
  const reason = state.closing?.reason ?? 'It has ended';
  const by = state.closing?.by === undefined ? '' : ` (${state.closing.by})`;
  const cause = state.run.kind === 'void' ? state.run.cause : state.verdict;
  const code: ErrorCode =
    state.closing?.reasonCode === 'basis_changed'
      ? 'basis_changed'
      : cause === 'killed'
        ? 'kill_switch_active'
        : cause === 'expired'
          ? 'expired'
          : cause === 'cancelled'
            ? 'cancelled'
            : cause === 'rejected'
              ? 'rejected'
              : 'policy_violation';
  return refuse(code, `${reason}${by}.`);
}

/** Who counts as the same human as the voter: only a key that an admin made says so little of its holder. */
const issuerOf = (vote: VoteEvent): PrincipalId | undefined =>
  vote.assurance === 'issued' ? vote.issuer : undefined;

function admitVote(
  state: ExecutionState,
  approval: ApprovalState,
  vote: VoteEvent,
  context: TransitionContext,
): Answer | undefined {
  if (!isOpen(state)) {
    const closed = whyClosed(state);
    const expired =
      closed.kind === 'refused' && closed.code === 'expired' && state.verdict === 'expired';
    const killed = closed.kind === 'refused' && closed.code === 'kill_switch_active';
    if (expired || killed) return closed;
    const by = state.closing?.by === undefined ? '' : ` by ${state.closing.by}`;
    return refuse(
      'already_decided',
      `It was ${state.verdict}${by}: ${state.closing?.reason ?? ''}.`,
    );
  }
  const excluded = context.voterExcluded(vote);
  if (excluded !== undefined) return refuse('not_eligible', excluded);
  const asked = standingGroups(approval, context.resolve);
  if (!asked.some((group) => group.eligible.includes(vote.voter))) {
    return refuse(
      'not_eligible',
      `Level ${currentLevel(approval).name} asks other people; who becomes an approver later is not added to an open level.`,
    );
  }
  const issuer = issuerOf(vote);
  const twin = approval.votes.find(
    (cast) =>
      cast.principal !== vote.voter && (cast.issuer === vote.voter || issuer === cast.principal),
  );
  if (twin !== undefined) {
    return refuse(
      'not_eligible',
      `This person and ${twin.principal} count as one human: one issued the other's credential.`,
    );
  }
  const need = approval.chain.rationale[vote.verdict];
  if (need === 'required' && vote.rationale.trim().length < approval.chain.rationale.minLength) {
    return refuse(
      'rationale_required',
      `Chain ${approval.chain.id} demands a written reason of at least ${String(approval.chain.rationale.minLength)} characters.`,
    );
  }
  return undefined;
}

function applyVote(
  state: ExecutionState,
  vote: VoteEvent,
  context: TransitionContext,
): Omit<Transition, 'records'> & { records: ExecutionRecord[] } {
  const stay = (answer: Answer) => ({ state, records: [], answer });
  const { approval } = state;
  if (approval === undefined)
    return stay(refuse('approval_not_found', 'This execution asks for no approval.'));
  if (vote.argsDigest !== undefined && vote.argsDigest !== state.argsDigest)
    return stay(
      refuse('digest_mismatch', 'The vote names other arguments than this execution holds.'),
    );
  const own = approval.votes.filter((cast) => cast.principal === vote.voter);
  const here = own.find((cast) => cast.level === approval.level.index);
  const same = own.find(
    (cast) =>
      cast.verdict === vote.verdict &&
      (cast.voteId === vote.voteId || (isOpen(state) && cast === here)),
  );
  if (same !== undefined) return stay(REPEATED);
  const refusal = admitVote(state, approval, vote, context);
  if (refusal !== undefined) return stay(refusal);
  const spent = here ?? (approval.chain.separation.distinctAcrossLevels ? own[0] : undefined);
  if (spent !== undefined) {
    return stay(
      refuse(
        'already_voted',
        `This person voted ${spent.verdict} already; each human counts once.`,
      ),
    );
  }
  const recheck: Recheck = vote.verdict === 'approve' ? context.recheck() : { kind: 'same' };
  if (recheck.kind === 'changed') {
    const closed = closeOpen(state, 'cancelled', {
      reasonCode: 'basis_changed',
      reason: recheck.why,
      atMs: context.nowMs,
    });
    return {
      state: closed.state,
      records: [...closed.records],
      answer: refuse('basis_changed', recheck.why),
    };
  }
  const issuer = issuerOf(vote);
  const counted: CountedVote = {
    voteId: vote.voteId,
    principal: vote.voter,
    assurance: vote.assurance,
    level: approval.level.index,
    verdict: vote.verdict,
    atMs: context.nowMs,
    ...(issuer === undefined ? {} : { issuer }),
  };
  const moved = absorbLadder(
    state,
    countVote(approval, counted, context),
    context.nowMs,
    vote.voter,
  );
  return { state: moved.state, records: [...moved.records], answer: OK, counted };
}

type Release = Extract<ExecutionEvent, { kind: 'release' }>;

function applyRelease(
  state: ExecutionState,
  event: Release,
  context: TransitionContext,
): Omit<Transition, 'records'> & { records: ExecutionRecord[] } {
  const stay = (answer: Answer) => ({ state, records: [], answer });
  if (event.argsDigest !== state.argsDigest)
    return stay(refuse('digest_mismatch', 'The release names other arguments than were decided.'));
  if (
    state.run.kind === 'executing' ||
    state.run.kind === 'committed' ||
    state.run.kind === 'failed' ||
    state.run.kind === 'unknown'
  ) {
    if (state.run.attemptId !== event.attemptId) {
      return stay(
        refuse(
          'already_released',
          `Attempt ${state.run.attemptId} holds the one release; it is ${state.run.kind}.`,
        ),
      );
    }
    return stay(REPEATED);
  }
  if (isOpen(state)) return stay(refuse('approval_pending', 'No verdict yet.'));
  if (state.verdict !== 'approved' || state.run.kind === 'void') return stay(whyClosed(state));
  const kill = activeKill(context.kills, context.nowMs, context.subjects);
  if (kill !== undefined)
    return stay(refuse('kill_switch_active', `Kill switch ${kill.id} is engaged.`));
  if (!context.agentActive) return stay(refuse('agent_suspended', 'The agent is not active.'));
  const recheck = context.recheck();
  if (recheck.kind === 'changed') {
    const voided = voidRun(state, 'cancelled', {
      reasonCode: 'basis_changed',
      reason: recheck.why,
      atMs: context.nowMs,
    });
    return {
      state: voided.state,
      records: [...voided.records],
      answer: refuse('basis_changed', recheck.why),
    };
  }
  const run = {
    kind: 'executing',
    attemptId: event.attemptId,
    releasedAtMs: context.nowMs,
    releasedSeq: event.seq,
  } as const;
  const due =
    event.outcomeTimeoutMs === undefined
      ? {}
      : { outcomeDueMs: context.nowMs + event.outcomeTimeoutMs };
  return { state: { ...state, run, ...due }, records: [], answer: OK };
}

type Outcome = Extract<ExecutionEvent, { kind: 'outcome' }>;

function applyOutcome(
  state: ExecutionState,
  event: Outcome,
  nowMs: number,
): Omit<Transition, 'records'> & { records: ExecutionRecord[] } {
  const { run } = state;
  const stay = (answer: Answer) => ({ state, records: [], answer });
  const holder = 'attemptId' in run ? run.attemptId : undefined;
  if (holder !== undefined && event.attemptId !== undefined && event.attemptId !== holder)
    return stay(refuse('already_released', `Attempt ${holder} holds the release.`));
  switch (run.kind) {
    case 'none':
      return stay(
        isOpen(state) || state.verdict === 'approved'
          ? refuse('not_released', 'Nothing was released yet.')
          : whyClosed(state),
      );
    case 'void':
      return stay(whyClosed(state));
    case 'committed':
    case 'failed':
      return stay(
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

/** Once a level: a repeated activity tells nobody twice. */
function tell(state: ExecutionState, level: number): Transition {
  const { approval } = state;
  const fresh = isOpen(state) && approval?.level.index === level && !approval.told.includes(level);
  if (!fresh) return { state, records: [], answer: REPEATED };
  return {
    state: { ...state, approval: { ...approval, told: [...approval.told, level] } },
    records: [],
    answer: OK,
  };
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
      if (state.closing?.reasonCode === 'cancelled')
        return { state, records: [], answer: REPEATED };
      return {
        state,
        records: [],
        answer: refuse(
          'already_decided',
          `It is ${state.run.kind === 'none' ? state.verdict : state.run.kind} already.`,
        ),
      };
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
