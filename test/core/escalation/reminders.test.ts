import type { ChainDefinition } from '../../../src/core/escalation/chain';
import { dueAtMs, type ExecutionState } from '../../../src/core/execution/state';
import { settle, type ExecutionRecord } from '../../../src/core/execution/settle';
import { applyEvent } from '../../../src/core/execution/transition';
import {
  ANN,
  BEA,
  chainOf,
  CID,
  contextOf,
  groupOf,
  levelOf,
  openedUnder,
  OPENED_MS,
  resolveIn,
  voteBy,
  type Directory,
} from '../execution/state-builders';

const PEOPLE: Directory = { 'role:a': [ANN, BEA], 'role:b': [CID] };
const chainWith = (level: Partial<ChainDefinition['levels'][number]> = {}): ChainDefinition =>
  chainOf({
    levels: [
      levelOf('a', { remindersMs: [500, 800], onTimeout: 'escalate', ...level }),
      levelOf('b', { remindersMs: [500] }),
    ],
  });
const opened = (chain = chainWith(), people = PEOPLE) => openedUnder(chain, resolveIn(people));
const at = (state: ExecutionState, afterMs: number, people = PEOPLE, rest = {}) =>
  settle(state, contextOf({ nowMs: OPENED_MS + afterMs, resolve: resolveIn(people), ...rest }));
const words = (records: readonly ExecutionRecord[]): string[] =>
  records.map((record) => {
    if (record.kind !== 'ladder') return record.kind === 'closed' ? record.verdict : record.kind;
    const { event } = record;
    const mark = event.kind === 'reminded' ? ` ${String(event.opening)}:${String(event.mark)}` : '';
    return `${event.kind} ${event.name}${mark}`;
  });

describe('reminders', () => {
  it('are due at their moments, and move no deadline', () => {
    const state = opened();
    expect(dueAtMs(state)).toBe(OPENED_MS + 500);
    const once = at(state, 500);
    expect(words(once.records)).toEqual(['reminded a 1:1']);
    expect(dueAtMs(once.state)).toBe(OPENED_MS + 800);
    const twice = at(once.state, 800);
    expect(words(twice.records)).toEqual(['reminded a 1:2']);
    expect(dueAtMs(twice.state)).toBe(OPENED_MS + 1_000);
    expect(twice.state.approval?.level.deadlineMs).toBe(state.approval?.level.deadlineMs);
  });

  it.each([
    ['before the first', 499, []],
    ['at the first', 500, ['reminded a 1:1']],
    ['between', 799, ['reminded a 1:1']],
    ['late, both at once as one', 999, ['reminded a 1:2']],
    ['after the end: none', 1_000, ['level_timed_out a', 'level_opened b']],
    [
      'of the next level, counted from the deadline',
      1_500,
      ['level_timed_out a', 'level_opened b', 'reminded b 2:1'],
    ],
    [
      'none of a ladder that ended',
      2_000,
      ['level_timed_out a', 'level_opened b', 'level_timed_out b', 'expired'],
    ],
  ])('%s', (_, afterMs, expected) => {
    const done = at(opened(), afterMs);
    expect(words(done.records)).toEqual(expected);
    expect(at(done.state, afterMs).records).toEqual([]);
  });

  it.each([
    ['a verdict', voteBy(ANN)],
    ['a cancellation', { kind: 'cancel', by: ANN, reason: 'never mind' } as const],
  ])('end with %s', (_, event) => {
    const context = contextOf({ resolve: resolveIn(PEOPLE) });
    const ended = applyEvent(opened(), event, context).state;
    expect(words(at(ended, 999).records)).toEqual([]);
  });

  it('end with parking', () => {
    const parked = at(opened(chainWith({ onTimeout: 'park' })), 1_000).state;
    expect(parked.verdict).toBe('parked');
    expect(dueAtMs(parked)).toBeUndefined();
    expect(at(parked, 9_999).state).toBe(parked);
  });

  it('end with the life of the request itself', () => {
    const state = openedUnder(chainWith(), resolveIn(PEOPLE), { expiresAtMs: OPENED_MS + 600 });
    expect(words(at(state, 700).records)).toEqual(['expired']);
  });
});

describe('the people of a level at each reminder', () => {
  const gone: Directory = { 'role:b': [CID] };

  it('are looked up again: a level that lost too many counts as empty, and the next is asked now', () => {
    const done = at(opened(), 500, gone);
    expect(words(done.records)).toEqual(['level_empty a', 'level_opened b']);
    expect(done.state.approval?.level).toMatchObject({
      number: 2,
      opening: 2,
      openedAtMs: OPENED_MS + 500,
      deadlineMs: OPENED_MS + 1_500,
    });
    expect(done.state.approval?.passed).toMatchObject([{ number: 1, by: 'empty' }]);
  });

  it('end it where the chain says so, or where nobody is left above', () => {
    const strict = at(opened(chainWith({ onEmpty: 'reject' })), 500, gone);
    expect(words(strict.records)).toEqual(['level_empty a', 'rejected']);
    expect(strict.state.closing?.reasonCode).toBe('no_approvers');
    const nobody = at(opened(), 500, {});
    expect(words(nobody.records)).toEqual(['level_empty a', 'level_empty b', 'rejected']);
  });

  it('are still enough while the quorum can be reached', () => {
    const state = opened(chainWith({ groups: [groupOf('a', 2)] }));
    expect(words(at(state, 500).records)).toEqual(['reminded a 1:1']);
    const one: Directory = { ...PEOPLE, 'role:a': [ANN] };
    expect(words(at(state, 500, one).records)).toEqual(['level_empty a', 'level_opened b']);
  });

  it('are not joined by whoever got the role meanwhile', () => {
    const swapped: Directory = { 'role:a': [CID], 'role:b': [CID] };
    expect(words(at(opened(), 500, swapped).records)).toEqual(['level_empty a', 'level_opened b']);
  });

  it('I-3: a reminder that empties a reopened level approves nothing whose basis changed', () => {
    const chain = chainOf({
      levels: [levelOf('a', { remindersMs: [100] }), levelOf('b')],
      advance: 'each_level',
    });
    const resolve = resolveIn({ 'role:a': [ANN, BEA], 'role:b': [CID] });
    const first = applyEvent(opened(chain), voteBy(ANN), contextOf({ resolve })).state;
    const annGone = resolveIn({ 'role:a': [BEA], 'role:b': [CID] });
    const reopened = applyEvent(first, voteBy(CID), contextOf({ resolve: annGone })).state;
    expect(reopened.approval?.level.number).toBe(1);
    const changed = { kind: 'changed', why: 'other rules' } as const;
    const done = at(reopened, 100, gone, { recheck: () => changed });
    expect(done.state.closing?.reasonCode).toBe('basis_changed');
    expect(at(reopened, 100, gone).state.verdict).toBe('approved');
  });
});
