import type { ApprovalId, PrincipalId } from '../ids';
import type { ApproverSelector, ChainDefinition, ChainLevel } from './chain';
import { quorumReachable, quorumReached, type QuorumGroup } from './quorum';

/** How sure we are who voted: `issued` = an admin made the credential for the person. */
export type Assurance = 'issued' | 'linked' | 'oidc' | 'webauthn';

export interface CountedVote {
  readonly voteId: string;
  readonly principal: PrincipalId;
  /** Who issued the credential, when its assurance is only `issued`: both count as one human. */
  readonly issuer?: PrincipalId;
  readonly assurance: Assurance;
  readonly level: number;
  readonly verdict: 'approve' | 'reject';
  readonly atMs: number;
}

export interface OpenLevel {
  /** 0-based position in the chain. */
  readonly index: number;
  readonly openedAtMs: number;
  readonly deadlineMs: number;
  /** The people of each group when the level opened: a later addition is not retroactive. */
  readonly groups: readonly QuorumGroup[];
}

/** The approval of one execution. Pinned: chain definition, basis and the people of the open level. */
export interface ApprovalState {
  readonly approvalId: ApprovalId;
  readonly chain: ChainDefinition;
  /** Hash of matched rules, merged requirement and chain version; an approval counts only for it (I-3). */
  readonly basis: string;
  readonly level: OpenLevel;
  /** People kept out by separation of duties when it was opened. */
  readonly excluded: readonly PrincipalId[];
  readonly votes: readonly CountedVote[];
  /** Levels (0-based) whose people have been told. */
  readonly told: readonly number[];
  readonly parked: boolean;
}

/** Who may decide at a moment: `resolve` names the active people behind a selector, exclusions removed. */
export type ResolveApprovers = (selector: ApproverSelector) => readonly PrincipalId[];

/** What happened on the ladder, in order, for audit and answers. */
export type LadderEvent =
  | {
      readonly kind: 'level_opened';
      readonly level: number;
      readonly name: string;
      readonly deadlineMs: number;
    }
  | { readonly kind: 'level_empty'; readonly level: number; readonly name: string }
  | {
      readonly kind: 'level_timed_out';
      readonly level: number;
      readonly name: string;
      readonly action: ChainLevel['onTimeout'];
    }
  | { readonly kind: 'parked'; readonly level: number; readonly name: string };

export type LadderVerdict =
  | { readonly kind: 'open' }
  | { readonly kind: 'approved'; readonly by: 'quorum' | 'timeout' }
  | { readonly kind: 'rejected'; readonly by: 'vote' | 'timeout' | 'no_approvers' };

export interface LadderStep {
  readonly approval: ApprovalState;
  readonly verdict: LadderVerdict;
  readonly events: readonly LadderEvent[];
}

const OPEN: LadderVerdict = { kind: 'open' };

function groupsAt(level: ChainLevel, resolve: ResolveApprovers): QuorumGroup[] {
  return level.groups.map((group) => ({
    quorum: group.quorum,
    eligible: [...new Set(group.selectors.flatMap((selector) => resolve(selector)))].sort(),
  }));
}

/**
 * Opens the first level from `from` on whose approvers could reach the quorum. A level that could not is
 * passed over and recorded; when none is left the request is rejected: an empty set never parks silently.
 */
function openFrom(
  base: Omit<ApprovalState, 'level'> & { readonly level?: OpenLevel },
  from: number,
  nowMs: number,
  resolve: ResolveApprovers,
): LadderStep {
  const events: LadderEvent[] = [];
  for (let index = from; index < base.chain.levels.length; index += 1) {
    const definition = base.chain.levels[index];
    if (definition === undefined) break;
    const groups = groupsAt(definition, resolve);
    const level: OpenLevel = {
      index,
      openedAtMs: nowMs,
      deadlineMs: nowMs + definition.timeoutMs,
      groups,
    };
    if (quorumReachable(groups)) {
      events.push({
        kind: 'level_opened',
        level: index,
        name: definition.name,
        deadlineMs: level.deadlineMs,
      });
      // A parked level may be left by a vote; the next one has a timer of its own again.
      return { approval: { ...base, level, parked: false }, verdict: OPEN, events };
    }
    events.push({ kind: 'level_empty', level: index, name: definition.name });
    base = { ...base, level };
    if (definition.onEmpty === 'reject') break;
  }
  const last = base.level ?? { index: from, openedAtMs: nowMs, deadlineMs: nowMs, groups: [] };
  return {
    approval: { ...base, level: last },
    verdict: { kind: 'rejected', by: 'no_approvers' },
    events,
  };
}

export function openLadder(
  opened: {
    readonly approvalId: ApprovalId;
    readonly chain: ChainDefinition;
    readonly basis: string;
    readonly excluded: readonly PrincipalId[];
  },
  nowMs: number,
  resolve: ResolveApprovers,
): LadderStep {
  return openFrom({ ...opened, votes: [], told: [], parked: false }, 0, nowMs, resolve);
}

export const currentLevel = (approval: ApprovalState): ChainLevel => {
  const level = approval.chain.levels[approval.level.index];
  if (level === undefined)
    throw new Error(`level ${String(approval.level.index)} is not in chain ${approval.chain.id}`);
  return level;
};

/**
 * The open level's groups as they stand now: people asked when it opened who are still behind their group's
 * selectors. A removal counts at once, also one from a single group; an addition never does.
 */
export function standingGroups(approval: ApprovalState, resolve: ResolveApprovers): QuorumGroup[] {
  const now = groupsAt(currentLevel(approval), resolve);
  return approval.level.groups.map(({ quorum, eligible }, index) => {
    const present = new Set(now[index]?.eligible);
    return { quorum, eligible: eligible.filter((person) => present.has(person)) };
  });
}

function afterLevelApproved(
  approval: ApprovalState,
  nowMs: number,
  resolve: ResolveApprovers,
): LadderStep {
  const last = approval.level.index + 1 >= approval.chain.levels.length;
  if (approval.chain.advance === 'on_escalation' || last) {
    return { approval, verdict: { kind: 'approved', by: 'quorum' }, events: [] };
  }
  return openFrom(approval, approval.level.index + 1, nowMs, resolve);
}

function afterReject(approval: ApprovalState, context: CountContext): LadderStep {
  const { nowMs, resolve, stillEligible } = context;
  const rule = approval.chain.rejection;
  const rejections = new Set(
    approval.votes
      .filter((vote) => vote.verdict === 'reject' && stillEligible(vote.principal))
      .map((vote) => vote.principal),
  ).size;
  const last = approval.level.index + 1 >= approval.chain.levels.length;
  if (
    rule.kind === 'veto' ||
    (rule.kind === 'quorum' && rejections >= rule.count) ||
    (rule.kind === 'escalate' && last)
  ) {
    return { approval, verdict: { kind: 'rejected', by: 'vote' }, events: [] };
  }
  if (rule.kind === 'quorum') return { approval, verdict: OPEN, events: [] };
  return openFrom(approval, approval.level.index + 1, nowMs, resolve);
}

interface CountContext {
  readonly nowMs: number;
  readonly resolve: ResolveApprovers;
  readonly stillEligible: (voter: PrincipalId) => boolean;
}

/**
 * Counts one admitted vote (eligibility, digest and deadline were judged by the caller, once for every
 * surface). `stillEligible` re-checks earlier voters now: a removed approver's vote stays recorded but
 * does not count.
 */
export function countVote(
  approval: ApprovalState,
  vote: CountedVote,
  context: CountContext,
): LadderStep {
  const next: ApprovalState = { ...approval, votes: [...approval.votes, vote] };
  if (vote.verdict === 'reject') return afterReject(next, context);
  const approvers = next.votes
    .filter(
      (cast) =>
        cast.verdict === 'approve' &&
        cast.level === next.level.index &&
        context.stillEligible(cast.principal),
    )
    .map((cast) => cast.principal);
  if (!quorumReached(standingGroups(next, context.resolve), approvers))
    return { approval: next, verdict: OPEN, events: [] };
  return afterLevelApproved(next, context.nowMs, context.resolve);
}

/** Applies one timeout that is due. The next level's clock starts at the moment the timeout is applied. */
export function timeOutLevel(
  approval: ApprovalState,
  nowMs: number,
  resolve: ResolveApprovers,
): LadderStep {
  const definition = currentLevel(approval);
  const last = approval.level.index + 1 >= approval.chain.levels.length;
  const action =
    definition.onTimeout === 'escalate' && last
      ? approval.chain.onFinalTimeout
      : definition.onTimeout;
  const timedOut: LadderEvent = {
    kind: 'level_timed_out',
    level: approval.level.index,
    name: definition.name,
    action,
  };
  switch (action) {
    case 'reject':
      return { approval, verdict: { kind: 'rejected', by: 'timeout' }, events: [timedOut] };
    case 'approve':
      return { approval, verdict: { kind: 'approved', by: 'timeout' }, events: [timedOut] };
    case 'park': {
      const parked: LadderEvent = {
        kind: 'parked',
        level: approval.level.index,
        name: definition.name,
      };
      return { approval: { ...approval, parked: true }, verdict: OPEN, events: [timedOut, parked] };
    }
    case 'escalate': {
      const step = openFrom(approval, approval.level.index + 1, nowMs, resolve);
      return { ...step, events: [timedOut, ...step.events] };
    }
  }
}
