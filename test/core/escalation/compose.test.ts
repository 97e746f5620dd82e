import type { AutoRule, ChainDefinition, ChainLevel } from '../../../src/core/escalation/chain';
import { climb, ladderFor, type LadderSituation } from '../../../src/core/escalation/compose';
import { openLadder } from '../../../src/core/escalation/ladder';
import { chainFacts, createSituations } from '../../../src/core/escalation/situation';
import { approvalId } from '../../../src/core/ids';
import type { Condition } from '../../../src/core/policy/document';
import { parseTimeWindow } from '../../../src/core/policy/time-window';
import {
  CALM,
  chainOf,
  groupOf,
  ladderContext,
  ladderOf,
  levelOf,
} from '../execution/state-builders';
import { DEPENDENCIES, inputOf } from '../policy/policy-builders';

const THREE = [levelOf('a'), levelOf('b'), levelOf('c')];
const numbers = (chain: ChainDefinition, situation: Partial<LadderSituation> = {}): string => {
  const { levels, skipped } = ladderOf(chain, situation);
  const passed = skipped.map(({ number, why }) => `${String(number)} ${why}`);
  return [levels.map(({ number }) => number).join(), ...passed].join(' | ');
};
const window = (text: string) => {
  const parsed = parseTimeWindow(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.window;
};

/** `amount` above `limit`. */
const above = (limit: number): Condition => ({
  ...{ kind: 'field', field: 'args.amount', optional: false },
  test: { operator: 'greater_than', value: limit },
});
const when = (condition: Condition) => (level: ChainLevel) => ({ ...level, when: condition });

describe('levels with a condition', () => {
  const holdsFor =
    (...names: readonly Condition[]) =>
    (condition: Condition) =>
      names.includes(condition);
  const [x, y, z] = [above(1), above(2), above(3)];
  const chain = chainOf({
    levels: THREE.map((level, index) => when([x, y, z][index] ?? x)(level)),
  });

  it.each<[string, Condition[], string]>([
    ['all hold', [x, y, z], '1,2,3'],
    ['the first does not', [y, z], '2,3 | 1 condition'],
    ['one in the middle does not', [x, z], '1,3 | 2 condition'],
    ['the last does not', [x, y], '1,2 | 3 condition'],
    ['only one holds', [y], '2 | 1 condition | 3 condition'],
    ['none holds: somebody is always asked', [], '3 | 1 condition | 2 condition'],
  ])('apply where it holds and are recorded as skipped where not: %s', (_, held, expected) => {
    expect(numbers(chain, { holds: holdsFor(...held) })).toBe(expected);
  });

  it('are asked in the end where none of them applies, with the last one unconditional or not', () => {
    const mixed = chainOf({ levels: [levelOf('a'), when(x)(levelOf('b'))] });
    expect(numbers(mixed, { holds: () => false })).toBe('1 | 2 condition');
  });

  it('stand in the chain as skipped, before the level that is opened', () => {
    const ladder = ladderOf(chain, { holds: holdsFor(z) });
    const opened = { approvalId: approvalId('a1'), chain: ladder, basis: 'b', excluded: [] };
    const resolve = () => ['user:ann' as never];
    expect(openLadder(opened, ladderContext({ resolve })).events).toMatchObject([
      { kind: 'level_skipped', level: 1, name: 'a', why: 'condition' },
      { kind: 'level_skipped', level: 2, name: 'b', why: 'condition' },
      { kind: 'level_opened', level: 3, name: 'c' },
    ]);
  });

  it('keep no condition on the ladder: it was resolved when the request was decided', () => {
    expect(ladderOf(chain).levels.some((level) => 'when' in level)).toBe(false);
    expect(ladderOf(chain).of).toBe(3);
  });
});

describe('the situation of a request', () => {
  const conditionsOf = (limit: number) => chainOf({ levels: [when(above(limit))(levelOf('a'))] });
  const holds = (args: Record<string, unknown>, limit = 100): boolean =>
    createSituations(DEPENDENCIES, new Map())(inputOf({ args: args as never }), 0).holds(
      above(limit),
    );

  it.each([
    ['holds', { amount: 101 }, true],
    ['does not hold', { amount: 100 }, false],
    ['is about a field that was not sent', {}, true],
    ['is about a field of another type', { amount: 'a lot' }, true],
    ['is about a field that is null', { amount: null }, true],
  ])('a condition that %s', (_, args, expected) => {
    expect(holds(args)).toBe(expected);
  });

  it('names the facts that conditions look at', () => {
    expect(chainFacts(new Map([['c', conditionsOf(1)]]), DEPENDENCIES)).toEqual([]);
  });

  it('tells the hour by the zone of the window, and nothing where the zone is not known', () => {
    const noon = createSituations(DEPENDENCIES, new Map())(inputOf(), 0);
    expect(noon.isWithin(window('09:00-17:00 UTC'))).toBe(true);
    expect(noon.isWithin(window('09:00-17:00 Asia/Tokyo'))).toBe(false);
    expect(noon.isWithin(window('09:00-17:00 Mars/Olympus'))).toBeUndefined();
  });
});

describe('start_level', () => {
  const starts = [
    { riskAtLeast: 61, level: 2 },
    { riskAtLeast: 81, level: 3 },
  ];
  const chain = chainOf({ levels: THREE, startLevels: starts });

  it.each([
    [0, '1,2,3'],
    [60, '1,2,3'],
    [61, '2,3 | 1 start_level'],
    [80, '2,3 | 1 start_level'],
    [81, '3 | 1 start_level | 2 start_level'],
    [100, '3 | 1 start_level | 2 start_level'],
  ])('is the highest whose threshold risk %d reaches', (riskScore, expected) => {
    expect(numbers(chain, { riskScore })).toBe(expected);
    const reversed = { ...chain, startLevels: [...starts].reverse() };
    expect(numbers(reversed, { riskScore })).toBe(expected);
  });

  it('above every level that applies leaves the last of them', () => {
    const first = when(above(1));
    const partly = chainOf({ levels: [levelOf('a'), first(levelOf('b'))], startLevels: starts });
    expect(numbers(partly, { riskScore: 100, holds: () => false })).toBe('1 | 2 condition');
  });
});

describe('risk and advance', () => {
  const chain = chainOf({ levels: THREE, escalateAtRisk: 81 });

  it.each([
    [80, 'on_escalation', undefined],
    [81, 'each_level', true],
    [100, 'each_level', true],
  ] as const)(
    'at risk %d a level below the last decides alone or not',
    (riskScore, advance, by) => {
      const ladder = ladderOf(chain, { riskScore });
      expect([ladder.advance, ladder.escalatesByRisk]).toEqual([advance, by]);
    },
  );

  it('changes nothing where every level approves anyway', () => {
    const each = ladderOf({ ...chain, advance: 'each_level' }, { riskScore: 100 });
    expect([each.advance, each.escalatesByRisk]).toEqual(['each_level', undefined]);
  });
});

describe('assurance by risk', () => {
  const chain = chainOf({
    assurance: [
      { riskAtLeast: 81, require: 'webauthn' },
      { riskAtLeast: 61, require: 'linked' },
      { riskAtLeast: 90, surface: 'dashboard' },
    ],
  });

  it.each([
    [0, 'issued', undefined],
    [60, 'issued', undefined],
    [61, 'linked', undefined],
    [81, 'webauthn', undefined],
    [90, 'webauthn', 'dashboard'],
  ] as const)('at risk %d is %s', (riskScore, requiredAssurance, requiredSurface) => {
    const ladder = ladderOf(chain, { riskScore });
    expect([ladder.requiredAssurance, ladder.requiredSurface]).toEqual([
      requiredAssurance,
      requiredSurface,
    ]);
    const reversed = { ...chain, assurance: [...chain.assurance].reverse() };
    expect(ladderOf(reversed, { riskScore }).requiredAssurance).toBe(requiredAssurance);
  });
});

describe('auto', () => {
  const hours = window('09:00-17:00 UTC');
  const by = (outcome: AutoRule['outcome'], on: AutoRule['when']): AutoRule => ({
    when: on,
    outcome,
  });
  const low = by('approve', { riskAtMost: 30 });
  const night = by('reject', { outside: hours });

  it.each<[string, AutoRule[], number, boolean | undefined, string | undefined]>([
    ['below the risk', [low], 30, true, 'approve'],
    ['above it', [low], 31, true, undefined],
    ['at the least risk', [by('reject', { riskAtLeast: 90 })], 90, true, 'reject'],
    ['below the least risk', [by('reject', { riskAtLeast: 90 })], 89, true, undefined],
    ['outside the hours', [night], 50, false, 'reject'],
    ['within them', [night], 50, true, undefined],
    ['a no outranks a yes, in any order', [low, night], 10, false, 'reject'],
    ['a no outranks a yes, in any order', [night, low], 10, false, 'reject'],
    ['a yes where no no holds', [night, low], 10, true, 'approve'],
    [
      'every key must hold',
      [by('approve', { riskAtMost: 30, within: hours })],
      10,
      false,
      undefined,
    ],
    ['hours that nobody can tell stop', [night], 50, undefined, 'reject'],
    ['also as within', [by('reject', { within: hours })], 50, undefined, 'reject'],
    ['and let nothing pass', [by('approve', { within: hours })], 50, undefined, undefined],
    ['also as outside', [by('approve', { outside: hours })], 50, undefined, undefined],
  ])('decides by itself: %s', (_, auto, riskScore, isInside, outcome) => {
    const ladder = ladderOf(chainOf({ auto }), { riskScore, isWithin: () => isInside });
    expect(ladder.auto?.outcome).toBe(outcome);
  });

  it('is on record with its reason, and opens no level', () => {
    const opened = (chain: ChainDefinition, situation = {}) =>
      openLadder(
        {
          ...{ approvalId: approvalId('a1'), basis: 'b', excluded: [] },
          chain: ladderOf(chain, situation),
        },
        ladderContext(),
      );
    const yes = opened(chainOf({ auto: [low] }), { riskScore: 7 });
    expect(yes.verdict).toEqual({ kind: 'approved', by: 'auto' });
    expect(yes.events).toEqual([
      {
        ...{ kind: 'auto_decided', level: 1, name: 'approver', outcome: 'approve' },
        why: 'risk 7 is at most 30',
      },
    ]);
    const no = opened(chainOf({ auto: [night] }), { isWithin: () => false });
    expect(no.verdict).toEqual({ kind: 'rejected', by: 'auto' });
    expect(no.events).toMatchObject([{ outcome: 'reject', why: 'it is outside 09:00-17:00 UTC' }]);
    expect([yes, no].map(({ approval }) => approval.level.opening)).toEqual([0, 0]);
  });
});

describe('what the end of a ladder comes to', () => {
  it('is said by its last level, so that a longer ladder cannot carry on past it', () => {
    const ends = (['reject', 'approve', 'park'] as const).map((onFinalTimeout) => {
      const levels = [levelOf('a', { onTimeout: 'escalate' })];
      return ladderOf(chainOf({ levels, onFinalTimeout })).levels[0]?.onTimeout;
    });
    expect(ends).toEqual(['reject', 'approve', 'park']);
  });

  it.each([
    [undefined, { kind: 'veto' }],
    [1, { kind: 'veto' }],
    [2, { kind: 'quorum', count: 2 }],
  ] as const)(
    'a rejection that nobody above can take, after %s, ends it',
    (rejectionsAtLeast, rejection) => {
      const upward = rejectionsAtLeast === undefined ? {} : { rejectionsAtLeast };
      const chain = chainOf({ rejection: { kind: 'escalate' }, ...upward });
      expect(ladderOf(chain).rejection).toEqual(rejection);
      expect(ladderOf(chain)).not.toHaveProperty('rejectionsAtLeast');
    },
  );

  it('knows no verdict but a refusal for a chain without levels', () => {
    const ladder = climb(chainOf({ levels: [], auto: [{ when: {}, outcome: 'approve' }] }), CALM);
    const opened = { approvalId: approvalId('a1'), chain: ladder, basis: 'b', excluded: [] };
    expect(openLadder(opened, ladderContext()).verdict).toEqual({
      kind: 'rejected',
      by: 'no_approvers',
    });
  });
});

describe('the role that a rule names', () => {
  it('takes the place of the first people of the chain alone', () => {
    const chains = new Map([['c', chainOf({ levels: THREE })]]);
    const ladder = ladderFor([{ chain: 'c', approverRole: 'cfo' }], chains, CALM);
    expect(ladder?.levels.map(({ groups }) => groups)).toEqual([
      [groupOf('cfo')],
      [groupOf('b')],
      [groupOf('c')],
    ]);
  });
});
