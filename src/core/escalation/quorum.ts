import type { PrincipalId } from '../ids';

/** Slots to fill: `quorum` per group, each by another human among the group's eligible people. */
export interface QuorumGroup {
  readonly quorum: number;
  readonly eligible: readonly PrincipalId[];
}

/**
 * Seats voters in groups, each human in at most one, so that as many as possible sit: a maximum matching by
 * augmenting paths, with a group as one vertex of the capacity of its quorum. One person in two groups therefore
 * never counts twice (I-5), and one more vote never lowers the result. It runs under the head lock, so no group is
 * searched again once a search from it found no free slot: none can come free there later.
 */
function filledSlots(
  groups: readonly QuorumGroup[],
  voters: ReadonlySet<PrincipalId>,
  most: number,
): number {
  const tables = groups.map(({ quorum, eligible }) => {
    return { quorum, eligible: new Set(eligible), seated: [] as PrincipalId[] };
  });
  const spent = new Set<number>();
  const seat = (voter: PrincipalId, visited: Set<number>): boolean => {
    for (const { quorum, eligible, seated } of tables) {
      if (seated.length >= quorum || !eligible.has(voter)) continue;
      seated.push(voter);
      return true;
    }
    for (const [index, { eligible, seated }] of tables.entries()) {
      if (spent.has(index) || visited.has(index) || !eligible.has(voter)) continue;
      visited.add(index);
      const freed = seated.findIndex((sitting) => seat(sitting, visited));
      if (freed === -1) continue;
      seated[freed] = voter;
      return true;
    }
    return false;
  };
  let filled = 0;
  for (const voter of voters) {
    if (filled === most) break;
    const visited = new Set<number>();
    if (seat(voter, visited)) filled += 1;
    else for (const index of visited) spent.add(index);
  }
  return filled;
}

export function quorumReached(
  groups: readonly QuorumGroup[],
  voters: readonly PrincipalId[],
): boolean {
  const needed = groups.reduce((sum, group) => sum + group.quorum, 0);
  const people = new Set(voters);
  return people.size >= needed && filledSlots(groups, people, needed) >= needed;
}

/** Whether the people named could ever reach the quorum; if not the level counts as having no approvers. */
export function quorumReachable(groups: readonly QuorumGroup[]): boolean {
  return quorumReached(
    groups,
    groups.flatMap((group) => group.eligible),
  );
}
