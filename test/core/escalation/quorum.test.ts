import fc from 'fast-check';
import {
  quorumReachable,
  quorumReached,
  type QuorumGroup,
} from '../../../src/core/escalation/quorum';
import { userPrincipal, type PrincipalId } from '../../../src/core/ids';

const PEOPLE = ['ann', 'bea', 'cid', 'dan', 'eve'].map(userPrincipal);
const person = (name: string) => userPrincipal(name);
const group = (quorum: number, ...names: string[]): QuorumGroup => ({
  quorum,
  eligible: names.map(person),
});

const somePeople = fc.array(fc.constantFrom(...PEOPLE), { maxLength: 6 });
const groups: fc.Arbitrary<QuorumGroup[]> = fc.array(
  fc.record({ quorum: fc.integer({ min: 1, max: 3 }), eligible: fc.subarray(PEOPLE) }),
  { maxLength: 3 },
);

/** Tries every way to give each human at most one seat: the definition itself, without cleverness. */
function reachedByTrying(asked: readonly QuorumGroup[], voters: ReadonlySet<PrincipalId>): boolean {
  const seats = asked.flatMap((each) => Array.from({ length: each.quorum }, () => each.eligible));
  const fill = (seat: number, free: ReadonlySet<PrincipalId>): boolean => {
    const eligible = seats[seat];
    if (eligible === undefined) return true;
    return [...free].some(
      (voter) =>
        eligible.includes(voter) && fill(seat + 1, new Set([...free].filter((p) => p !== voter))),
    );
  };
  return fill(0, voters);
}

describe('quorumReached', () => {
  it.each<[string, QuorumGroup[], string[], boolean]>([
    ['one of one', [group(1, 'ann')], ['ann'], true],
    ['two of three with one vote', [group(2, 'ann', 'bea', 'cid')], ['ann'], false],
    ['two of three with one vote, twice', [group(2, 'ann', 'bea', 'cid')], ['ann', 'ann'], false],
    ['two of three with all three', [group(2, 'ann', 'bea', 'cid')], ['ann', 'bea', 'cid'], true],
    ['one human in two groups', [group(1, 'ann'), group(1, 'ann', 'bea')], ['ann'], false],
    [
      'a second human for the second group',
      [group(1, 'ann'), group(1, 'ann', 'bea')],
      ['ann', 'bea'],
      true,
    ],
    [
      'the flexible one moves over',
      [group(1, 'ann', 'bea'), group(1, 'ann')],
      ['ann', 'bea'],
      true,
    ],
    [
      'two humans, both only in one of two groups',
      [group(1, 'ann', 'bea'), group(1, 'cid')],
      ['ann', 'bea'],
      false,
    ],
    ['somebody whom nobody asked', [group(1, 'ann')], ['eve'], false],
  ])('I-5: counts humans, not seats: %s', (_, asked, voters, reached) => {
    expect(quorumReached(asked, voters.map(person))).toBe(reached);
  });

  it('I-5: agrees with trying every seating of distinct humans', () => {
    fc.assert(
      fc.property(groups, somePeople, (asked, voters) => {
        expect(quorumReached(asked, voters)).toBe(reachedByTrying(asked, new Set(voters)));
      }),
      { numRuns: 500 },
    );
  });

  it('is never undone by one more vote, nor by the order of votes', () => {
    fc.assert(
      fc.property(groups, somePeople, fc.constantFrom(...PEOPLE), (asked, voters, more) => {
        const reached = quorumReached(asked, voters);
        expect(quorumReached(asked, [...voters].reverse())).toBe(reached);
        expect(!reached || quorumReached(asked, [more, ...voters])).toBe(true);
      }),
    );
  });
});

describe('quorumReachable', () => {
  it('says whether all who are asked, voting together, would do', () => {
    expect(quorumReachable([group(1, 'ann'), group(1, 'ann')])).toBe(false);
    expect(quorumReachable([group(1)])).toBe(false);
    expect(quorumReachable([group(2, 'ann', 'ann')])).toBe(false);
    expect(quorumReachable([group(1, 'ann'), group(1, 'ann', 'bea')])).toBe(true);
  });
});

describe('the largest levels, judged under the head lock (attack)', () => {
  const crowd = Array.from({ length: 2_000 }, (_, index) => person(`u${String(index)}`));
  const some = (from: number, to: number): QuorumGroup => ({
    quorum: 100,
    eligible: crowd.slice(from, to),
  });

  it.each<[string, QuorumGroup[], boolean]>([
    ['more slots than people', Array.from({ length: 20 }, () => some(0, 1_999)), false],
    ['as many slots as people', Array.from({ length: 20 }, () => some(0, 2_000)), true],
    [
      'enough people in all, too few of them in some',
      [...Array.from({ length: 15 }, () => some(0, 1_499)), some(1_500, 2_000)],
      false,
    ],
    [
      'a chain of groups that overlap by half',
      Array.from({ length: 19 }, (_, index) => some(index * 50, index * 50 + 150)),
      false,
    ],
  ])('are told apart: %s', (_, asked, expected) => {
    // Seat by seat, the larger of these took half a minute.
    expect(quorumReachable(asked)).toBe(expected);
  });
});
