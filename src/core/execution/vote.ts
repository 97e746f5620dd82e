import { isAtLeast } from '../escalation/assurance';
import type { ApprovalState, CountedVote } from '../escalation/approval-state';
import { countVote, currentLevel, mayPassUp, standingGroups } from '../escalation/ladder';
import type { PrincipalId } from '../ids';
import { OK, refuse, REPEATED, stay, whyClosed, type Answer, type Judged } from './answers';
import { absorbLadder, cancelChanged } from './settle';
import { isOpen, type ExecutionState } from './state';
import type { TransitionContext } from './transition-context';
import type { VoteEvent } from './vote-event';

export type { VoteEvent } from './vote-event';

export interface JudgedVote extends Judged {
  readonly counted?: CountedVote;
  readonly displayDigest?: string;
}

/**
 * Who counts as the same human as the voter: whoever made the key they vote with, or the key that their account
 * was linked with, may hold a copy of it.
 */
export const issuerOf = ({ assurance, issuer }: VoteEvent): PrincipalId | undefined =>
  assurance === 'issued' || assurance === 'linked' ? issuer : undefined;

/** After the verdict: who decided what, or what else ended it. */
function refuseLate(state: ExecutionState): Answer {
  const closed = whyClosed(state);
  const expired =
    closed.kind === 'refused' && closed.code === 'expired' && state.verdict === 'expired';
  const killed = closed.kind === 'refused' && closed.code === 'kill_switch_active';
  if (expired || killed) return closed;
  const by = state.closing?.by === undefined ? '' : ` by ${state.closing.by}`;
  return refuse('already_decided', `It was ${state.verdict}${by}: ${state.closing?.reason ?? ''}.`);
}

/** Whether the vote was made for what is open now: the level and the text it was shown. */
function refuseStale(
  approval: ApprovalState,
  vote: VoteEvent,
  shown: string | undefined,
): Answer | undefined {
  const { number } = approval.level;
  if (vote.level !== undefined && vote.level !== number) {
    const passed = approval.passed.find((level) => level.number === vote.level);
    const past = passed === undefined ? 'is not open' : 'is behind it';
    return refuse(
      'level_mismatch',
      `The vote is for level ${String(vote.level)}, which ${past}; level ${currentLevel(approval).name} is open now.`,
    );
  }
  if (vote.displayDigest !== undefined && shown?.startsWith(vote.displayDigest) !== true)
    return refuse('card_changed', 'The vote was made on a text that is no longer the one shown.');
  return undefined;
}

function refuseVoter(
  approval: ApprovalState,
  vote: VoteEvent,
  context: TransitionContext,
): Answer | undefined {
  const excluded = context.voterExcluded(vote, approval);
  if (excluded !== undefined) return refuse('not_eligible', excluded);
  const asked = standingGroups(approval, context.resolve);
  if (!asked.some((group) => group.eligible.includes(vote.voter))) {
    // Whoever spoke at another level was not counted on here; what keeps them out is that vote.
    const spent = refuseSpent(approval, vote);
    if (spent !== undefined && !approval.votes.some((cast) => isHere(approval, cast, vote)))
      return spent;
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
  return undefined;
}

/** How the vote was given: surely enough, in the right place, with a reason where one is due. */
function refuseManner(approval: ApprovalState, vote: VoteEvent): Answer | undefined {
  const { id, requiredAssurance, requiredSurface, rationale } = approval.chain;
  if (requiredSurface !== undefined && vote.surface !== requiredSurface)
    return refuse('assurance_too_low', `Chain ${id} takes votes only on the ${requiredSurface}.`);
  if (!isAtLeast(vote.assurance, requiredAssurance)) {
    return refuse(
      'assurance_too_low',
      `Chain ${id} wants assurance ${requiredAssurance} or better; this vote has ${vote.assurance}.`,
    );
  }
  if (vote.verdict === 'escalate') {
    if (mayPassUp(approval)) return undefined;
    return refuse(
      'no_higher_level',
      `Level ${currentLevel(approval).name} is the last of chain ${id}, or of a chain joined in it.`,
    );
  }
  const isShort = vote.rationale.trim().length < rationale.minLength;
  if (rationale[vote.verdict] === 'required' && isShort) {
    return refuse(
      'rationale_required',
      `Chain ${id} demands a written reason of at least ${String(rationale.minLength)} characters.`,
    );
  }
  return undefined;
}

/** The vote of this person that this one repeats: the same command, or the same word on the same level. */
function repeatedVote(
  state: ExecutionState,
  approval: ApprovalState,
  vote: VoteEvent,
): CountedVote | undefined {
  const level = vote.level ?? approval.level.number;
  return approval.votes.find(
    (cast) =>
      cast.principal === vote.voter &&
      cast.verdict === vote.verdict &&
      (cast.voteId === vote.voteId || (isOpen(state) && cast.level === level)),
  );
}

const isHere = (approval: ApprovalState, cast: CountedVote, vote: VoteEvent): boolean =>
  cast.principal === vote.voter && cast.level === approval.level.number;

function refuseSpent(approval: ApprovalState, vote: VoteEvent): Answer | undefined {
  const own = approval.votes.filter((cast) => cast.principal === vote.voter);
  const here = own.find((cast) => isHere(approval, cast, vote));
  const spent = here ?? (approval.chain.separation.distinctAcrossLevels ? own[0] : undefined);
  if (spent === undefined) return undefined;
  return refuse(
    'already_voted',
    `This person voted ${spent.verdict} already; each human counts once.`,
  );
}

/**
 * Judges one vote, the same for every surface: first whether it is a repeat, then whether anything is left to
 * decide, then whether it means what is open, who cast it, how, and last whether the request would still be
 * decided as it was shown (I-3).
 */
export function applyVote(
  state: ExecutionState,
  vote: VoteEvent,
  context: TransitionContext,
): JudgedVote {
  const { approval } = state;
  if (approval === undefined)
    return stay(state, refuse('approval_not_found', 'This execution asks for no approval.'));
  const shown = context.displayDigest?.(approval);
  const judged = judgeVote(state, approval, vote, { ...context, shown });
  return shown === undefined ? judged : { ...judged, displayDigest: shown };
}

function judgeVote(
  state: ExecutionState,
  approval: ApprovalState,
  vote: VoteEvent,
  context: TransitionContext & { readonly shown: string | undefined },
): JudgedVote {
  if (vote.argsDigest !== undefined && vote.argsDigest !== state.argsDigest) {
    const why = 'The vote names other arguments than this execution holds.';
    return stay(state, refuse('digest_mismatch', why));
  }
  if (repeatedVote(state, approval, vote) !== undefined) return stay(state, REPEATED);
  if (!isOpen(state)) return stay(state, refuseLate(state));
  const refusal =
    refuseSpentHere(approval, vote) ??
    refuseStale(approval, vote, context.shown) ??
    refuseVoter(approval, vote, context) ??
    refuseManner(approval, vote) ??
    refuseSpent(approval, vote);
  if (refusal !== undefined) return stay(state, refusal);
  if (vote.verdict === 'approve') {
    if (!context.agentActive) {
      const why = 'The agent is not active, so nothing it asked for can be approved.';
      return stay(state, refuse('agent_suspended', why));
    }
    const recheck = context.recheck();
    if (recheck.kind === 'changed')
      return {
        ...cancelChanged(state, recheck.why, context.nowMs),
        answer: refuse('basis_changed', recheck.why),
      };
  }
  const issuer = issuerOf(vote);
  const counted: CountedVote = {
    voteId: vote.voteId,
    principal: vote.voter,
    assurance: vote.assurance,
    surface: vote.surface,
    level: approval.level.number,
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
  return { ...moved, answer: OK, counted };
}

/** A second click on a card of a level that was voted on is about that vote, whatever is open now. */
function refuseSpentHere(approval: ApprovalState, vote: VoteEvent): Answer | undefined {
  if (vote.level === undefined) return undefined;
  const cast = approval.votes.find(
    (each) => each.principal === vote.voter && each.level === vote.level,
  );
  if (cast === undefined) return undefined;
  return refuse(
    'already_voted',
    `This person voted ${cast.verdict} already; each human counts once.`,
  );
}
