import fc from 'fast-check';
import {
  describeApprovers,
  type ChainDefinition,
  type Ladder,
} from '../../../src/core/escalation/chain';
import { ladderFor } from '../../../src/core/escalation/compose';
import type { ApprovalState } from '../../../src/core/escalation/approval-state';
import { openLadder, timeOutLevel } from '../../../src/core/escalation/ladder';
import type { LadderStep } from '../../../src/core/escalation/ladder-events';
import { mergeLadders } from '../../../src/core/escalation/merge-ladders';
import { STANDARD_CHAIN } from '../../../src/core/escalation/predefined-chains';
import { quorumReached } from '../../../src/core/escalation/quorum';
import { approvalId, userPrincipal } from '../../../src/core/ids';
import { anyChain, anyLadder } from '../execution/random-story';
import {
  ANN,
  BEA,
  CALM,
  chainOf,
  CID,
  DAN,
  groupOf,
  ladderContext,
  ladderOf,
  levelOf,
  resolveIn,
} from '../execution/state-builders';

const PEOPLE = [ANN, BEA, CID, DAN, userPrincipal('eve')];
const EVERYBODY = resolveIn({ 'role:a': PEOPLE, 'role:b': PEOPLE, 'role:c': PEOPLE });
const SOME = resolveIn({ 'role:a': [ANN, BEA], 'role:b': [BEA, CID], 'role:c': [CID, DAN] });

const ladderForCalm = (
  requirements: Parameters<typeof ladderFor>[0],
  chains: Parameters<typeof ladderFor>[1],
) => ladderFor(requirements, chains, CALM);

const mergedOf = (...chains: readonly ChainDefinition[]): Ladder => {
  const byName = new Map(chains.map((chain, at) => [`c${String(at)}`, chain]));
  const merged = ladderForCalm(
    [...byName.keys()].map((chain) => ({ chain })),
    byName,
  );
  if (merged === undefined) throw new Error('every chain is known');
  return merged;
};

const named = anyChain.chain((chain) =>
  fc.constantFrom('x', 'y', 'z').map((id) => ({ ...chain, id })),
);

/** How the chain ends when nobody ever answers. */
function silenceUnder(chain: Ladder): string {
  const id = approvalId('a1');
  const opening = { approvalId: id, chain, basis: 'b', excluded: [] };
  const end = (step: LadderStep, approval: ApprovalState = step.approval): string =>
    step.verdict.kind !== 'open'
      ? step.verdict.kind
      : approval.parked
        ? 'parked'
        : end(timeOutLevel(approval, ladderContext({ resolve: EVERYBODY })));
  return end(openLadder(opening, ladderContext({ resolve: EVERYBODY })));
}

describe('the chain that everybody gets', () => {
  it('asks one approver for an hour with a reason, keeps requester and owner out, and ends in a no', () => {
    expect(STANDARD_CHAIN).toMatchObject({
      levels: [{ groups: [groupOf('approver')], timeoutMs: 3_600_000, onTimeout: 'reject' }],
      onFinalTimeout: 'reject',
      rejection: { kind: 'veto' },
      rationale: { approve: 'required', reject: 'required' },
      separation: { requester: 'exclude', agentOwner: 'exclude', distinctAcrossLevels: true },
      validForMs: 3_600_000,
    });
  });
});

describe('ladderFor', () => {
  const chains = new Map([
    ['standard', STANDARD_CHAIN],
    [
      'critical',
      chainOf({ levels: [levelOf('executive', { groups: [groupOf('executive', 2)] })] }),
    ],
  ]);

  it('takes the chain as it stands, with the role that a rule names in the place of its first people', () => {
    expect(ladderForCalm([{ chain: 'standard' }], chains)).toEqual(ladderOf(STANDARD_CHAIN));
    const asked = ladderForCalm([{ chain: 'standard', approverRole: 'support-manager' }], chains);
    expect(asked?.levels[0]?.groups).toEqual([groupOf('support-manager')]);
  });

  it('asks as many people of the named role as the chain asked of its own', () => {
    const asked = ladderForCalm([{ chain: 'critical', approverRole: 'cfo' }], chains);
    expect(asked?.levels[0]?.groups).toEqual([groupOf('cfo', 2)]);
  });

  it('joins two requirements into one level that needs the people of both', () => {
    const both = ladderForCalm(
      [
        { chain: 'standard', approverRole: 'finance' },
        { chain: 'standard', approverRole: 'security' },
      ],
      chains,
    );
    expect(both?.id).toBe('standard');
    expect(both?.levels.map(describeApprovers)).toEqual(['role:finance and role:security']);
  });

  it('knows no ladder for nothing, nor for a chain it does not know: never a weaker one', () => {
    expect(ladderForCalm([], chains)).toBeUndefined();
    expect(ladderForCalm([{ chain: 'standard' }, { chain: 'gone' }], chains)).toBeUndefined();
    expect(ladderForCalm([{ chain: 'gone' }, { chain: 'standard' }], chains)).toBeUndefined();
  });
});

describe('merging chains', () => {
  const veto = { kind: 'veto' } as const;
  const up = { kind: 'escalate' } as const;
  const noes = (count: number) => ({ kind: 'quorum', count }) as const;
  const two = [levelOf('a'), levelOf('b')];

  it.each([
    ['one no and any rule', chainOf({ rejection: veto }), chainOf({ rejection: noes(2) }), veto],
    [
      'two noes and three',
      chainOf({ rejection: noes(2) }),
      chainOf({ rejection: noes(3) }),
      noes(2),
    ],
    [
      'up and up',
      chainOf({ rejection: up, levels: two }),
      chainOf({ rejection: up, levels: two }),
      up,
    ],
    [
      'up, on ladders of different length',
      chainOf({ rejection: up, levels: two }),
      chainOf({ rejection: up, levels: [...two, levelOf('c')] }),
      veto,
    ],
    ['up, with nobody above', chainOf({ rejection: up }), chainOf({ rejection: up }), veto],
    [
      'up and two noes',
      chainOf({ rejection: up, levels: two }),
      chainOf({ rejection: noes(2), levels: two }),
      veto,
    ],
  ])('gives a rejection the weight it has in the stricter: %s', (_, a, b, rule) => {
    expect(mergedOf(a, b).rejection).toEqual(rule);
    expect(mergedOf(b, a).rejection).toEqual(rule);
  });

  it('takes the shorter time, the longer reason, the stricter separation and the shorter validity', () => {
    const strict = chainOf({
      validForMs: 5,
      rationale: { approve: 'required', reject: 'optional', minLength: 9 },
    });
    const lax = chainOf({
      validForMs: 9,
      rationale: { approve: 'optional', reject: 'required', minLength: 1 },
      separation: { requester: 'allow', agentOwner: 'allow', distinctAcrossLevels: false },
      levels: [levelOf('approver', { timeoutMs: 7 })],
      advance: 'each_level',
    });
    expect(mergedOf(lax, strict)).toMatchObject({
      validForMs: 5,
      rationale: { approve: 'required', reject: 'required', minLength: 9 },
      separation: strict.separation,
      levels: [{ timeoutMs: 7 }],
      advance: 'each_level',
    });
  });

  it('asks two groups of the same people for as many humans as both', () => {
    const twice = chainOf({ levels: [levelOf('a', { groups: [groupOf('a'), groupOf('a')] })] });
    expect(mergedOf(twice, twice).levels[0]?.groups).toEqual([groupOf('a', 2)]);
    expect(mergedOf(twice, chainOf({ levels: [levelOf('a')] })).levels[0]?.groups).toEqual([
      groupOf('a', 2),
    ]);
  });

  it('is commutative and associative: the order of the requirements has no influence', () => {
    fc.assert(
      fc.property(named, named, named, (a, b, c) => {
        const merged = mergedOf(a, b, c);
        for (const order of [
          [a, c, b],
          [b, a, c],
          [b, c, a],
          [c, a, b],
          [c, b, a],
        ])
          expect(mergedOf(...order)).toEqual(merged);
        expect(mergeLadders(ladderOf(a), mergedOf(b, c))).toEqual(merged);
        expect(mergeLadders(mergedOf(a, b), ladderOf(c))).toEqual(merged);
      }),
    );
  });

  it('is idempotent: asking for the same again asks for nothing more', () => {
    fc.assert(
      fc.property(named, named, (a, b) => {
        expect(mergedOf(a, a, a)).toEqual(mergedOf(a, a));
        expect(mergedOf(a, b, a, b)).toEqual(mergedOf(a, b));
      }),
    );
  });

  it('never lets a level pass with people who would not pass it in each of the chains', () => {
    fc.assert(
      fc.property(named, named, fc.subarray(PEOPLE), (a, b, voters) => {
        const merged = mergedOf(a, b);
        for (const chain of [a, b])
          for (const [index, level] of ladderOf(chain).levels.entries()) {
            const groupsOf = (each: Ladder['levels'][number] | undefined) =>
              (each?.groups ?? []).map(({ quorum, selectors }) => ({
                quorum,
                eligible: selectors.flatMap((selector) => [...SOME(selector)]),
              }));
            const passes = quorumReached(groupsOf(merged.levels[index]), voters);
            if (passes) expect(quorumReached(groupsOf(level), voters)).toBe(true);
          }
      }),
    );
  });

  it.each(['reject', 'approve', 'park'] as const)(
    'never passes over the last level of the shorter ladder, even when nobody is there to ask: %s',
    (onTimeout) => {
      const short = chainOf({ levels: [levelOf('a', { onTimeout })] });
      const long = chainOf({ levels: [levelOf('b', { onTimeout: 'escalate' }), levelOf('c')] });
      const opening = { approvalId: approvalId('a1'), basis: 'b', excluded: [] };
      const people = { 'role:a': [ANN], 'role:b': [BEA], 'role:c': [CID] };
      const verdictOf = (chain: Ladder, empty: string) =>
        openLadder(
          { ...opening, chain },
          ladderContext({ resolve: resolveIn({ ...people, [empty]: [] }) }),
        ).verdict;
      const rejected = { kind: 'rejected', by: 'no_approvers' };
      expect(verdictOf(mergedOf(short, long), 'role:a')).toEqual(rejected);
      expect(verdictOf(mergedOf(long, short), 'role:b')).toEqual(rejected);
      expect(verdictOf(mergedOf(long, short), 'role:c')).toEqual({ kind: 'open' });
      expect(verdictOf(ladderOf(long), 'role:b')).toEqual({ kind: 'open' });
    },
  );

  it('I-11: never approves by silence what one of the chains would not', () => {
    fc.assert(
      fc.property(named, named, named, (a, b, c) => {
        if (silenceUnder(mergedOf(a, b, c)) !== 'approved') return;
        expect([a, b, c].map((each) => silenceUnder(ladderOf(each)))).toEqual([
          'approved',
          'approved',
          'approved',
        ]);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('merging the rest of two ladders', () => {
  const merged = (a: Partial<Ladder>, b: Partial<Ladder>): Ladder => {
    const [x, y] = [a, b].map((each) => ({ ...ladderOf(chainOf()), ...each }));
    if (x === undefined || y === undefined) throw new Error('two ladders');
    expect(mergeLadders(y, x)).toEqual(mergeLadders(x, y));
    return mergeLadders(x, y);
  };
  const hours = (text: string) => ({
    ...{ zone: 'UTC', startMinute: 0, endMinute: 60, weekdays: [] },
    text,
  });
  const yes = (why: string) => ({ outcome: 'approve', why }) as const;
  const no = (why: string) => ({ outcome: 'reject', why }) as const;

  it('takes the stronger assurance and the narrower surface', () => {
    expect(merged({ requiredAssurance: 'oidc' }, { requiredSurface: 'dashboard' })).toMatchObject({
      requiredAssurance: 'oidc',
      requiredSurface: 'dashboard',
    });
  });

  it('counts business time only where both do, and alike: wall time ends sooner', () => {
    const a = { businessHours: hours('a') };
    expect(merged(a, a).businessHours).toEqual(hours('a'));
    expect(merged(a, {})).not.toHaveProperty('businessHours');
    expect(merged(a, { businessHours: hours('b') })).not.toHaveProperty('businessHours');
  });

  it('tells everybody whom either tells, once', () => {
    const told = (...channels: string[]) => ({
      notifyOn: {
        approved: channels.map((channel) => ({ kind: 'channel', channel }) as const),
        rejected: [],
        expired: [],
      },
    });
    expect(merged(told('ops', 'sec'), told('sec', 'fin')).notifyOn.approved).toEqual([
      { kind: 'channel', channel: 'fin' },
      { kind: 'channel', channel: 'ops' },
      { kind: 'channel', channel: 'sec' },
    ]);
  });

  it.each([
    ['a yes and silence of the other', yes('low risk'), undefined, undefined],
    ['a yes of both', yes('low risk'), yes('by day'), yes('by day; low risk')],
    ['a no and a yes', no('at night'), yes('low risk'), no('at night')],
    ['a no and nothing', no('at night'), undefined, no('at night')],
    [
      'a no of both, in zones with a plus sign',
      no('it is outside 09:00-17:00 Etc/GMT+5'),
      no('risk 90 is at least 81'),
      no('it is outside 09:00-17:00 Etc/GMT+5; risk 90 is at least 81'),
    ],
  ])('I-11: decides by itself for neither more than each does: %s', (_, a, b, auto) => {
    const of = (rule: typeof a | typeof b) => (rule === undefined ? {} : { auto: rule });
    expect(merged(of(a), of(b)).auto).toEqual(auto);
  });

  it.each([
    [undefined, 1, { kind: 'veto' }, undefined],
    [2, 3, { kind: 'veto' }, undefined],
    [2, 2, { kind: 'quorum', count: 2 }, 2],
  ] as const)(
    'leaves a level after the same number of rejections, or ends at the first: %s and %s',
    (a, b, rule, atLeast) => {
      const of = (count: number, rejectionsAtLeast: number | undefined): Partial<Ladder> => ({
        rejection: { kind: 'quorum', count },
        ...(rejectionsAtLeast === undefined ? {} : { rejectionsAtLeast }),
      });
      const both = merged(of(2, a), of(4, b));
      expect([both.rejection, both.rejectionsAtLeast]).toEqual([rule, atLeast]);
    },
  );

  it('keeps the reminders that come before the shorter deadline', () => {
    const level = (timeoutMs: number, remindersMs: number[]) =>
      ladderOf(chainOf({ levels: [levelOf('a', { timeoutMs, remindersMs })] }));
    const both = mergeLadders(level(100, [50, 80]), level(60, [30, 50]));
    expect(both.levels[0]).toMatchObject({ timeoutMs: 60, remindersMs: [30, 50] });
  });

  it('numbers its levels upward, whatever numbers the chains gave', () => {
    fc.assert(
      fc.property(anyLadder, anyLadder, (a, b) => {
        const numbers = mergeLadders(a, b).levels.map(({ number }) => number);
        expect([...new Set(numbers)].sort((x, y) => x - y)).toEqual(numbers);
      }),
    );
  });

  it('is lawful for ladders of any situation', () => {
    fc.assert(
      fc.property(anyLadder, anyLadder, anyLadder, (a, b, c) => {
        expect(mergeLadders(a, b)).toEqual(mergeLadders(b, a));
        expect(mergeLadders(mergeLadders(a, b), c)).toEqual(mergeLadders(a, mergeLadders(b, c)));
        const twice = mergeLadders(a, a);
        expect(mergeLadders(twice, a)).toEqual(twice);
        expect(mergeLadders(twice, twice)).toEqual(twice);
      }),
    );
  });
});
