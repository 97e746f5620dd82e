import { describeApprovers, type Ladder } from '../../../src/core/escalation/chain';
import { ladderFor } from '../../../src/core/escalation/compose';
import { mergeLadders } from '../../../src/core/escalation/merge-ladders';
import type { ExecutionState } from '../../../src/core/execution/state';
import { applyEvent } from '../../../src/core/execution/transition';
import type { VoteEvent } from '../../../src/core/execution/vote';
import { userPrincipal, type PrincipalId } from '../../../src/core/ids';
import {
  CALM,
  chainOf,
  contextOf,
  ladderOf,
  levelOf,
  openedUnder,
  resolveIn,
  voteBy,
  wordOf,
  type Directory,
} from '../execution/state-builders';

const [OPS1, OPS2, FIN, TOP] = [
  userPrincipal('ops1'),
  userPrincipal('ops2'),
  userPrincipal('fin'),
  userPrincipal('top'),
] as const;

const vote = (
  state: ExecutionState,
  voter: PrincipalId,
  verdict: VoteEvent['verdict'],
  people: Directory,
  recheck = () => ({ kind: 'same' }) as const,
) =>
  applyEvent(
    state,
    voteBy(voter, { verdict, voteId: `${verdict} of ${voter} ${String(state.version)}` }),
    contextOf({ resolve: resolveIn(people), recheck }),
  );

describe('where one of two joined chains ends, nobody passes its level upward (attack)', () => {
  const people: Directory = { 'role:ops': [OPS1, OPS2], 'role:fin': [FIN] };
  const rules = { rejection: { kind: 'quorum', count: 3 }, rejectionsAtLeast: 2 } as const;
  const short = ladderOf(chainOf({ id: 'ops', levels: [levelOf('ops')], ...rules }));
  const long = ladderOf(chainOf({ id: 'fin', levels: [levelOf('ops'), levelOf('fin')], ...rules }));

  it.each<[string, Ladder]>([
    ['the short one first', mergeLadders(short, long)],
    ['the long one first', mergeLadders(long, short)],
  ])(
    'neither by rejections: what its own people turned down twice stays with them; %s',
    (_, both) => {
      const opened = openedUnder(both, resolveIn(people));
      const once = vote(opened, OPS1, 'reject', people).state;
      const twice = vote(once, OPS2, 'reject', people).state;
      expect(twice.approval?.level.number).toBe(1);
      const above = vote(twice, FIN, 'approve', people);
      // Nobody is left below who could say yes, so it ended there.
      expect([wordOf(above.answer), above.state.verdict]).toEqual(['already_decided', 'rejected']);
    },
  );
});

describe('a level that is asked again below one that is behind it (attack)', () => {
  const chain = chainOf({
    levels: [levelOf('ops', { onTimeout: 'escalate' }), levelOf('top')],
    advance: 'each_level',
    rejection: { kind: 'escalate' },
  });
  const all: Directory = { 'role:ops': [OPS1, OPS2], 'role:top': [TOP] };
  const left: Directory = { ...all, 'role:ops': [OPS2] };
  const first = vote(openedUnder(chain, resolveIn(all)), OPS1, 'approve', all).state;
  const again = vote(first, TOP, 'approve', left).state;

  it('is open again, its approver is gone', () => {
    expect(again).toMatchObject({
      verdict: 'pending_approval',
      approval: { level: { number: 1 } },
    });
  });

  it('a no there never comes to an approval', () => {
    const no = vote(again, OPS2, 'reject', left);
    expect(no.state.verdict).toBe('rejected');
  });

  it('passing it up has nobody left to ask, so it is refused and nothing is approved', () => {
    const up = vote(again, OPS2, 'escalate', left);
    expect([wordOf(up.answer), up.state.verdict]).toEqual(['no_higher_level', 'pending_approval']);
  });
});

describe('the people whom a policy names for a chain (attack)', () => {
  const always = { kind: 'field', field: 'args.amount', optional: false } as const;
  const when = { ...always, test: { operator: 'greater_than', value: 1 } } as const;
  const levels = [levelOf('ops'), levelOf('lead')];
  const start = chainOf({ id: 'own', levels, startLevels: [{ riskAtLeast: 61, level: 2 }] });
  const conditional = chainOf({ id: 'own', levels: [levelOf('ops', { when }), levelOf('lead')] });

  it.each([
    ['the first level is climbed', start, { riskScore: 10 }, ['role:finance', 'role:lead']],
    ['the risk begins above it', start, { riskScore: 70 }, ['role:finance and role:lead']],
    ['its condition is false', conditional, { holds: () => false }, ['role:finance and role:lead']],
  ])('are asked wherever the ladder begins: %s', (_, chain, situation, expected) => {
    const requirement = { chain: 'own', approverRole: 'finance' };
    const ladder = ladderFor([requirement], new Map([['own', chain]]), { ...CALM, ...situation });
    expect(ladder?.levels.map(describeApprovers)).toEqual(expected);
  });
});
