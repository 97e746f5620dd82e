import { displayDigestOf, displayOf } from '../../src/app/approval-display';
import type { StoredExecution } from '../../src/app/ports';
import type { Ladder } from '../../src/core/escalation/chain';
import type { ApprovalState } from '../../src/core/escalation/approval-state';
import { whatHappensNext } from '../../src/core/escalation/wording';
import type { ExecutionState } from '../../src/core/execution/state';
import { applyEvent, type ExecutionEvent } from '../../src/core/execution/transition';
import { userPrincipal } from '../../src/core/ids';
import {
  ANN,
  BEA,
  chainOf,
  CID,
  contextOf,
  DAN,
  groupOf,
  ladderOf,
  levelOf,
  openedUnder,
  OPENED_MS,
  resolveIn,
  TIMEOUT_MS,
  voteBy,
} from '../core/execution/state-builders';
import { rowOf, SHA256 } from './app-builders';

const PEOPLE = { 'role:a': [ANN, BEA], 'role:b': [CID, DAN] };
const LADDER = chainOf({
  levels: [
    levelOf('a', { groups: [groupOf('a', 2)], onTimeout: 'escalate', remindersMs: [500] }),
    levelOf('b', { groups: [groupOf('b', 2)] }),
  ],
  advance: 'each_level',
});
const REQUEST = { args: { amount: 5, to: 'acme' }, context: { user: 'zoe' } };
const start = openedUnder(LADDER, resolveIn(PEOPLE));

const approvalOf = ({ approval }: ExecutionState): ApprovalState => {
  if (approval === undefined) throw new Error('an approval was asked');
  return approval;
};
const digest = (
  state: ExecutionState,
  row: Partial<StoredExecution> = {},
  request = REQUEST,
): string => displayDigestOf(SHA256, displayOf(rowOf(state, row), approvalOf(state), request));
const then = (state: ExecutionState, event: ExecutionEvent, afterMs = 0): ExecutionState =>
  applyEvent(state, event, contextOf({ resolve: resolveIn(PEOPLE), nowMs: OPENED_MS + afterMs }))
    .state;
const DUE: ExecutionEvent = { kind: 'due' };

describe('the digest of what an approver is shown', () => {
  const told = then(start, { kind: 'told', level: 1 });
  const voted = then(told, voteBy(ANN));
  const reminded = then(voted, DUE, 600);

  it.each([
    ['its people are told', told],
    ['somebody votes', voted],
    ['a reminder is given', reminded],
  ])('does not move while a level is open: %s', (_, state) => {
    expect(state).not.toBe(start);
    expect(digest(state)).toBe(digest(start));
  });

  it('does not move with its verdict, with parking, nor with the time of the row', () => {
    const single = openedUnder(chainOf({ levels: [levelOf('a', { onTimeout: 'park' })] }), () => [
      ANN,
    ]);
    const parked = then(single, DUE, TIMEOUT_MS);
    const decided = then(single, voteBy(ANN), 3);
    expect([parked.verdict, decided.verdict]).toEqual(['parked', 'approved']);
    for (const state of [parked, decided]) expect(digest(state)).toBe(digest(single));
    expect(digest(single, { updatedAtMs: OPENED_MS + 99 })).toBe(digest(single));
  });

  it('is another for each level, and for each opening of one', () => {
    const second = then(reminded, voteBy(BEA), 600);
    expect(approvalOf(second).level.number).toBe(2);
    const [eve, fay] = [userPrincipal('eve'), userPrincipal('fay')];
    const resolve = resolveIn({ ...PEOPLE, 'role:a': [eve, fay] });
    const reopened = [CID, DAN].reduce(
      (state, voter) =>
        applyEvent(state, voteBy(voter), contextOf({ resolve, nowMs: OPENED_MS + 700 })).state,
      second,
    );
    expect(approvalOf(reopened).level).toMatchObject({ number: 1, opening: 3 });
    expect(new Set([digest(start), digest(second), digest(reopened)]).size).toBe(3);
  });

  it.each([
    ['an argument', digest(start, {}, { ...REQUEST, args: { amount: 6, to: 'acme' } })],
    ['a claim', digest(start, {}, { ...REQUEST, context: { user: 'yan' } })],
    ['the action', digest(start, { action: 'refund' })],
    ['the environment', digest(start, { environment: 'dev' })],
    [
      'the owner of the agent',
      digest(start, { agentProfile: { ...rowOf(start).agentProfile, owner: 'eve' } }),
    ],
    ['the digest of the arguments', digest({ ...start, argsDigest: 'd2' })],
    ['the end of its life', digest({ ...start, expiresAtMs: OPENED_MS + 1 })],
  ])('moves with what is shown: %s', (_, other) => {
    expect(other).toMatch(/^[0-9a-f]{64}$/);
    expect(other).not.toBe(digest(start));
  });

  it('does not hang on the order of keys', () => {
    const turned = { context: { user: 'zoe' }, args: { to: 'acme', amount: 5 } };
    expect(digest(start, {}, turned)).toBe(digest(start));
  });
});

describe('what the clock does next, in words', () => {
  const at = (ladder: Partial<Ladder>, index = 0) =>
    whatHappensNext({ ...ladderOf(chainOf({ levels: LADDER.levels })), ...ladder }, { index });
  const levels = (onTimeout: 'approve' | 'park' | 'reject') =>
    [levelOf('a', { onTimeout }), levelOf('b')] as const;

  it.each([
    ['escalates', at({}), 'it goes up to b'],
    ['rejects', at({ levels: levels('reject') }), 'it ends as expired'],
    ['parks', at({ levels: levels('park') }), 'it is parked until somebody decides'],
    [
      'approves all',
      at({ levels: levels('approve') }),
      'it is approved by silence, because the chain says so',
    ],
    [
      'approves one level of each',
      at({ levels: levels('approve'), advance: 'each_level' }),
      'this level passes by silence, because the chain says so, and it goes up to b',
    ],
    ['ends', at({}, 1), 'it ends as expired'],
  ])('says what a level that %s does', (_, words, expected) => {
    expect(words).toBe(expected);
  });
});
