import type { Ladder } from '../../../src/core/escalation/chain';
import { mayPassUp } from '../../../src/core/escalation/ladder';
import { mergeLadders } from '../../../src/core/escalation/merge-ladders';
import type { ExecutionState } from '../../../src/core/execution/state';
import { applyEvent, type TransitionContext } from '../../../src/core/execution/transition';
import type { VoteEvent } from '../../../src/core/execution/vote-event';
import {
  ANN,
  BEA,
  chainOf,
  CID,
  contextOf,
  DAN,
  groupOf,
  killOf,
  ladderOf,
  levelOf,
  openedUnder,
  OPENED_MS,
  resolveIn,
  TIMEOUT_MS,
  voteBy,
  wordOf,
} from './state-builders';

const TWO = chainOf({
  levels: [
    levelOf('a', { onTimeout: 'escalate', groups: [groupOf('a', 2)] }),
    levelOf('b', { groups: [groupOf('b', 2)] }),
  ],
});
const PEOPLE = { 'role:a': [ANN, BEA], 'role:b': [CID, DAN] };
const LATE = OPENED_MS + TIMEOUT_MS;
const digestOf = (number: number) => String(number).repeat(64);
/** Each level is shown another text. */
const context = (rest: Partial<TransitionContext> = {}) =>
  contextOf({
    resolve: resolveIn(PEOPLE),
    displayDigest: ({ level }) => digestOf(level.number),
    ...rest,
  });
const cast = (
  voter: typeof ANN,
  vote: Partial<VoteEvent> = {},
  rest: Partial<TransitionContext> = {},
  state: ExecutionState = openedUnder(TWO, resolveIn(PEOPLE)),
) => applyEvent(state, voteBy(voter, vote), context(rest));
const words = (...args: Parameters<typeof cast>) => wordOf(cast(...args).answer);

describe('what a vote was made for', () => {
  it.each<[string, Partial<VoteEvent>, string]>([
    ['no level named', {}, 'ok'],
    ['the open level', { level: 1 }, 'ok'],
    ['a level above', { level: 2 }, 'level_mismatch'],
    ['no level at all', { level: 9 }, 'level_mismatch'],
    ['the text that is shown', { displayDigest: digestOf(1) }, 'ok'],
    ['its first 16 digits', { displayDigest: digestOf(1).slice(0, 16) }, 'ok'],
    ['another text', { displayDigest: digestOf(2) }, 'card_changed'],
    ['another text with the right level', { level: 1, displayDigest: digestOf(2) }, 'card_changed'],
  ])('%s', (_, vote, word) => {
    expect(words(ANN, vote)).toBe(word);
    expect(words(ANN, { ...vote, verdict: 'reject' })).toBe(word);
    expect(words(ANN, { ...vote, verdict: 'escalate' })).toBe(word);
  });

  it.each<[string, Partial<VoteEvent>, string]>([
    ['the level that timed out', { level: 1 }, 'level_mismatch'],
    ['the text of the level that timed out', { displayDigest: digestOf(1) }, 'card_changed'],
    ['the level that is open by now', { level: 2, displayDigest: digestOf(2) }, 'ok'],
    ['neither', {}, 'ok'],
  ])('I-8: is judged after a timer that nobody heard of: %s', (_, vote, word) => {
    expect(words(CID, vote, { nowMs: LATE })).toBe(word);
  });

  it('is never for a text that cannot be shown any more', () => {
    const erased = { displayDigest: () => undefined };
    expect(words(ANN, { displayDigest: digestOf(1) }, erased)).toBe('card_changed');
    expect(words(ANN, {}, erased)).toBe('ok');
  });

  it('answers with the digest of what was open when it was judged, counted or refused', () => {
    expect(cast(ANN).displayDigest).toBe(digestOf(1));
    expect(cast(CID, {}, { nowMs: LATE }).displayDigest).toBe(digestOf(2));
    expect(cast(ANN, { level: 2 }).displayDigest).toBe(digestOf(1));
  });

  it('asks who may vote about the level that is open by now', () => {
    const seen: number[] = [];
    const voterExcluded: TransitionContext['voterExcluded'] = (_vote, { level }) => {
      seen.push(level.number);
      return undefined;
    };
    cast(CID, {}, { nowMs: LATE, voterExcluded });
    expect(seen).toEqual([2]);
  });

  it('a second click on the card of a level below is about the vote cast there', () => {
    const first = cast(ANN).state;
    const open = { nowMs: LATE };
    expect(words(ANN, { level: 1, voteId: 'again' }, open, first)).toBe('repeated');
    expect(words(ANN, { level: 1, voteId: 'again', verdict: 'reject' }, open, first)).toBe(
      'already_voted',
    );
    expect(words(BEA, { level: 1 }, open, first)).toBe('level_mismatch');
  });
});

describe('how a vote was given', () => {
  const under = (ladder: Partial<Ladder>) =>
    openedUnder({ ...ladderOf(TWO), ...ladder }, resolveIn(PEOPLE));

  it.each([
    ['issued', 'issued', 'ok'],
    ['linked', 'issued', 'assurance_too_low'],
    ['linked', 'linked', 'ok'],
    ['linked', 'oidc', 'ok'],
    ['oidc', 'linked', 'assurance_too_low'],
    ['webauthn', 'oidc', 'assurance_too_low'],
    ['webauthn', 'webauthn', 'ok'],
  ] as const)('a ladder that wants %s and a vote with %s: %s', (requiredAssurance, given, word) => {
    const state = under({ requiredAssurance });
    for (const verdict of ['approve', 'reject', 'escalate'] as const)
      expect(words(ANN, { assurance: given, verdict }, {}, state)).toBe(word);
  });

  it.each([
    ['dashboard', 'ok'],
    ['slack', 'assurance_too_low'],
    ['api', 'assurance_too_low'],
    ['workflow', 'assurance_too_low'],
  ] as const)('on a ladder for the dashboard alone, a vote from %s: %s', (surface, word) => {
    expect(words(ANN, { surface }, {}, under({ requiredSurface: 'dashboard' }))).toBe(word);
  });
});

describe('passing the request up', () => {
  it('opens the next level now, for a person of this one, without a written reason', () => {
    const done = cast(ANN, { verdict: 'escalate', rationale: '' }, { nowMs: OPENED_MS + 5 });
    expect(wordOf(done.answer)).toBe('ok');
    expect(done.state.approval).toMatchObject({
      level: { number: 2, openedAtMs: OPENED_MS + 5 },
      passed: [{ number: 1, by: 'person' }],
    });
    expect(done.records.map((record) => record.kind === 'ladder' && record.event.kind)).toEqual([
      'level_passed_up',
      'level_opened',
    ]);
  });

  it('is not for people of another level, nor after a kill switch, nor from the last level', () => {
    expect(words(CID, { verdict: 'escalate' })).toBe('not_eligible');
    const kills = [killOf({ engagedAtMs: OPENED_MS })];
    expect(words(ANN, { verdict: 'escalate' }, { kills })).toBe('kill_switch_active');
    const top = cast(ANN, { verdict: 'escalate' }).state;
    expect(words(CID, { verdict: 'escalate' }, {}, top)).toBe('no_higher_level');
  });

  it('leaves a parked level', () => {
    const parking = chainOf({ levels: [levelOf('a', { onTimeout: 'park' }), levelOf('b')] });
    const state = openedUnder(parking, resolveIn(PEOPLE));
    const done = cast(ANN, { verdict: 'escalate' }, { nowMs: LATE + 9 }, state);
    expect(done.state).toMatchObject({
      verdict: 'pending_approval',
      approval: { parked: false, level: { number: 2, openedAtMs: LATE + 9 } },
    });
  });

  it('cannot leave behind a chain that ends there: its people have to decide', () => {
    const one = ladderOf(chainOf({ id: 'one', levels: [levelOf('a')] }));
    const two = ladderOf(chainOf({ id: 'two', levels: [levelOf('c'), levelOf('b')] }));
    const people = { ...PEOPLE, 'role:c': [CID] };
    for (const ladder of [mergeLadders(one, two), mergeLadders(two, one)]) {
      const state = openedUnder(ladder, resolveIn(people));
      expect(state.approval && mayPassUp(state.approval)).toBe(false);
      const rest = { resolve: resolveIn(people) };
      expect(words(CID, { verdict: 'escalate' }, rest, state)).toBe('no_higher_level');
    }
    const both = openedUnder(mergeLadders(two, two), resolveIn(people));
    expect(both.approval && mayPassUp(both.approval)).toBe(true);
  });
});

describe('rejections', () => {
  const three = { 'role:a': [ANN, BEA, CID], 'role:b': [DAN] };
  const climb = (rejection: Ladder['rejection'], rejectionsAtLeast?: number) =>
    openedUnder(
      chainOf({
        levels: [levelOf('a'), levelOf('b')],
        rejection,
        ...(rejectionsAtLeast === undefined ? {} : { rejectionsAtLeast }),
      }),
      resolveIn(three),
    );
  const rejectedBy = (start: ExecutionState, ...voters: (typeof ANN)[]): string[] => {
    let state = start;
    return voters.map((voter) => {
      const vote = voteBy(voter, { verdict: 'reject' });
      ({ state } = applyEvent(state, vote, contextOf({ resolve: resolveIn(three) })));
      return state.verdict === 'pending_approval'
        ? `level ${String(state.approval?.level.number)}`
        : state.verdict;
    });
  };

  it.each([
    ['veto: one ends it', climb({ kind: 'veto' }), [ANN], ['rejected']],
    [
      'two of them end it',
      climb({ kind: 'quorum', count: 2 }),
      [ANN, BEA],
      ['level 1', 'rejected'],
    ],
    [
      'escalate: one passes it up',
      climb({ kind: 'escalate' }),
      [ANN, DAN],
      ['level 2', 'rejected'],
    ],
    [
      'escalate after two, and at the top after everybody who could say yes',
      climb({ kind: 'escalate' }, 2),
      [ANN, BEA, DAN],
      ['level 1', 'level 2', 'rejected'],
    ],
    [
      'three end it, two of one level pass it up, and all levels count together',
      climb({ kind: 'quorum', count: 3 }, 2),
      [ANN, BEA, DAN],
      ['level 1', 'level 2', 'rejected'],
    ],
    [
      'an end outranks passing up',
      climb({ kind: 'quorum', count: 2 }, 2),
      [ANN, BEA],
      ['level 1', 'rejected'],
    ],
  ])('%s', (_, start, voters, expected) => {
    expect(rejectedBy(start, ...voters)).toEqual(expected);
  });

  it.each([
    ['approve', 'rejected'],
    ['reject', 'rejected'],
    ['park', 'rejected'],
    ['escalate', 'pending_approval'],
  ] as const)(
    'I-11: of everybody who could say yes are no silence: on_timeout %s',
    (onTimeout, verdict) => {
      const chain = chainOf({
        levels: [levelOf('a', { onTimeout, groups: [groupOf('a', 3)] }), levelOf('b')],
        rejection: { kind: 'quorum', count: 2 },
      });
      const rest = { resolve: resolveIn(three) };
      const state = openedUnder(chain, rest.resolve);
      expect(cast(ANN, { verdict: 'reject' }, rest, state).state.verdict).toBe(verdict);
    },
  );

  it('below their number leave the level to the others', () => {
    const state = climb({ kind: 'escalate' }, 2);
    const resolve = resolveIn(three);
    const no = applyEvent(state, voteBy(ANN, { verdict: 'reject' }), contextOf({ resolve })).state;
    expect(applyEvent(no, voteBy(BEA), contextOf({ resolve })).state.verdict).toBe('approved');
  });
});
