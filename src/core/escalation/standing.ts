import type { ChainLevel } from './chain';
import type { ApprovalState, CountedVote, PassedLevel, ResolveApprovers } from './approval-state';
import { quorumReached, type QuorumGroup } from './quorum';

/** The people a level would ask now, by group. */
export function peopleOf(
  approval: Pick<ApprovalState, 'chain' | 'votes'>,
  level: ChainLevel,
  resolve: ResolveApprovers,
): QuorumGroup[] {
  // Who spoke at another level cannot speak here: counting on them would open a level that nobody may pass.
  const spent = new Set(
    approval.chain.separation.distinctAcrossLevels
      ? approval.votes.filter((vote) => vote.level !== level.number).map((vote) => vote.principal)
      : [],
  );
  return level.groups.map((group) => ({
    quorum: group.quorum,
    eligible: [...new Set(group.selectors.flatMap((selector) => resolve(selector)))]
      .filter((person) => !spent.has(person))
      .sort(),
  }));
}

/** The people of a level as they stand now: asked when it opened and still behind their group's selectors. */
export function standing(
  level: ChainLevel,
  asked: readonly QuorumGroup[],
  resolve: ResolveApprovers,
): QuorumGroup[] {
  return level.groups.map((group, index) => {
    const present = new Set(group.selectors.flatMap((selector) => resolve(selector)));
    const { eligible = [] } = asked[index] ?? {};
    return { quorum: group.quorum, eligible: eligible.filter((person) => present.has(person)) };
  });
}

/** Who cast this verdict at a level, in the order of the votes. */
export const votersAt = (
  approval: Pick<ApprovalState, 'votes'>,
  number: number,
  verdict: CountedVote['verdict'],
) =>
  approval.votes
    .filter((vote) => vote.level === number && vote.verdict === verdict)
    .map((vote) => vote.principal);

/** Whether the approvals cast at a level fill these groups. */
export const passes = (
  groups: readonly QuorumGroup[],
  approval: Pick<ApprovalState, 'votes'>,
  number: number,
): boolean => quorumReached(groups, votersAt(approval, number, 'approve'));

/** Whether the approvals cast at a level still fill its quorum: a removed approver's vote does not count. */
export function isApproved(
  approval: ApprovalState,
  { index, number, groups }: Pick<PassedLevel, 'index' | 'number' | 'groups'>,
  resolve: ResolveApprovers,
): boolean {
  const level = approval.chain.levels[index];
  if (level === undefined) return false;
  return passes(standing(level, groups, resolve), approval, number);
}
