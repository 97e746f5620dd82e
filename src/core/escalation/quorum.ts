import type { PrincipalId } from '../ids';

/** Slots to fill: `quorum` per group, each by another human among the group's eligible people. */
export interface QuorumGroup {
  readonly quorum: number;
  readonly eligible: readonly PrincipalId[];
}

/**
 * How many slots the voters can fill when each human fills at most one: a maximum matching between voters
 * and slots (augmenting paths). One person in two groups therefore never counts twice (I-5), and one more
 * vote never lowers the result.
 */
function filledSlots(groups: readonly QuorumGroup[], voters: readonly PrincipalId[]): number {
  const slots = groups.flatMap((group) =>
    Array.from({ length: group.quorum }, () => new Set(group.eligible)),
  );
  const holder: (PrincipalId | undefined)[] = slots.map(() => undefined);
  const seat = (voter: PrincipalId, visited: Set<number>): boolean => {
    for (const [index, eligible] of slots.entries()) {
      if (visited.has(index) || !eligible.has(voter)) continue;
      visited.add(index);
      const sitting = holder[index];
      if (sitting === undefined || seat(sitting, visited)) {
        holder[index] = voter;
        return true;
      }
    }
    return false;
  };
  let filled = 0;
  for (const voter of new Set(voters)) if (seat(voter, new Set())) filled += 1;
  return filled;
}

export function quorumReached(
  groups: readonly QuorumGroup[],
  voters: readonly PrincipalId[],
): boolean {
  const needed = groups.reduce((sum, group) => sum + group.quorum, 0);
  return filledSlots(groups, voters) >= needed;
}

/** Whether the people named could ever reach the quorum; if not the level counts as having no approvers. */
export function quorumReachable(groups: readonly QuorumGroup[]): boolean {
  return quorumReached(
    groups,
    groups.flatMap((group) => group.eligible),
  );
}
