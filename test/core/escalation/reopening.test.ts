import { settle, type ExecutionRecord } from '../../../src/core/execution/settle';
import type { ExecutionState } from '../../../src/core/execution/state';
import { applyEvent, type ExecutionEvent } from '../../../src/core/execution/transition';
import type { PrincipalId } from '../../../src/core/ids';
import {
  ANN,
  BEA,
  chainOf,
  CID,
  contextOf,
  DAN,
  groupOf,
  levelOf,
  openedUnder,
  OPENED_MS,
  resolveIn,
  TIMEOUT_MS,
  voteBy,
  wordOf,
  type Directory,
} from '../execution/state-builders';

const EACH = chainOf({
  levels: [levelOf('a', { onTimeout: 'escalate' }), levelOf('b')],
  advance: 'each_level',
});
const ALL: Directory = { 'role:a': [ANN, BEA], 'role:b': [CID, DAN] };

interface Step {
  readonly people?: Directory;
  readonly afterMs?: number;
}
const doing = (
  state: ExecutionState,
  event: ExecutionEvent,
  { people = ALL, afterMs = 0 }: Step = {},
) =>
  applyEvent(state, event, contextOf({ resolve: resolveIn(people), nowMs: OPENED_MS + afterMs }));
const approvedBy = (state: ExecutionState, voter: PrincipalId, step: Step = {}) =>
  doing(state, voteBy(voter), step);
const events = (records: readonly ExecutionRecord[]): string[] =>
  records.map((record) =>
    record.kind === 'ladder'
      ? `${record.event.kind} ${record.event.name}${'why' in record.event ? ` (${record.event.why})` : ''}`
      : record.kind === 'closed'
        ? record.verdict
        : record.kind,
  );

describe('at the verdict the votes of every level are checked again', () => {
  const start = openedUnder(EACH, resolveIn(ALL));
  const above = approvedBy(start, ANN).state;
  const without = (...gone: PrincipalId[]): Directory =>
    Object.fromEntries(
      Object.entries(ALL).map(([role, people]) => [
        role,
        people.filter((each) => !gone.includes(each)),
      ]),
    );

  it('an approver of the first level who is gone by the second approval: the first is asked again', () => {
    const done = approvedBy(above, CID, { people: without(ANN), afterMs: 7 });
    expect(events(done.records)).toEqual(['level_approved b', 'level_opened a (reopened)']);
    expect(done.state).toMatchObject({
      verdict: 'pending_approval',
      approval: { level: { number: 1, opening: 3, openedAtMs: OPENED_MS + 7, told: false } },
    });
    expect(done.state.approval?.votes.map(({ principal }) => principal)).toEqual([ANN, CID]);
    const end = approvedBy(done.state, BEA, { people: without(ANN), afterMs: 8 });
    expect(events(end.records)).toEqual(['level_approved a', 'approved']);
  });

  it('and the second is asked again when its approver is gone meanwhile', () => {
    const first = approvedBy(above, CID, { people: without(ANN) }).state;
    const second = approvedBy(first, BEA, { people: without(ANN, CID) });
    expect(events(second.records)).toEqual(['level_approved a', 'level_opened b (reopened)']);
    const end = approvedBy(second.state, DAN, { people: without(ANN, CID) });
    expect(end.state.verdict).toBe('approved');
  });

  it('nobody left to ask at the reopened level: it is passed over and recorded', () => {
    const done = approvedBy(above, CID, { people: without(ANN, BEA) });
    expect(events(done.records)).toEqual(['level_approved b', 'level_empty a', 'approved']);
  });

  it('nobody left, where the chain ends on an empty level', () => {
    const chain = chainOf({ ...EACH, levels: [levelOf('a', { onEmpty: 'reject' }), levelOf('b')] });
    const state = approvedBy(openedUnder(chain, resolveIn(ALL)), ANN).state;
    const done = approvedBy(state, CID, { people: without(ANN, BEA) });
    expect(events(done.records)).toEqual(['level_approved b', 'level_empty a', 'rejected']);
  });

  it('who approved the second level is not counted on to open the first again', () => {
    const both: Directory = { 'role:a': [ANN, CID], 'role:b': [CID] };
    const state = approvedBy(openedUnder(EACH, resolveIn(both)), ANN, { people: both }).state;
    const done = approvedBy(state, CID, { people: { 'role:a': [CID], 'role:b': [CID] } });
    expect(events(done.records)).toEqual(['level_approved b', 'level_empty a', 'approved']);
  });

  it('a reopened level that times out upward ends with the approval given above it', () => {
    const reopened = approvedBy(above, CID, { people: without(ANN) }).state;
    const context = contextOf({ resolve: resolveIn(without(ANN)), nowMs: OPENED_MS + TIMEOUT_MS });
    const { state, records } = settle(reopened, context);
    expect(events(records)).toEqual(['level_timed_out a', 'approved']);
    expect(state.closing).toMatchObject({ reason: 'Approved by the required people' });
    const gone = settle(reopened, { ...context, resolve: resolveIn(without(ANN, CID)) });
    expect(events(gone.records)).toEqual(['level_timed_out a', 'level_opened b (reopened)']);
  });

  it('votes that fill the level again as its people stand now pass it: they could not vote twice', () => {
    const groups = [groupOf('x'), groupOf('y')];
    const chain = chainOf({ ...EACH, levels: [levelOf('a', { groups }), levelOf('b')] });
    const before: Directory = { 'role:x': [ANN, BEA], 'role:y': [CID], 'role:b': [DAN] };
    let state = openedUnder(chain, resolveIn(before));
    for (const voter of [ANN, BEA, CID]) ({ state } = approvedBy(state, voter, { people: before }));
    expect(state.approval?.level.number).toBe(2);
    const moved: Directory = { 'role:x': [ANN], 'role:y': [BEA], 'role:b': [DAN] };
    const done = approvedBy(state, DAN, { people: moved });
    expect(events(done.records)).toEqual(['level_approved b', 'level_approved a', 'approved']);
  });
});

describe('every level in order', () => {
  it('a level that timed out is passed upward, and the next approval stands for both', () => {
    const done = approvedBy(openedUnder(EACH, resolveIn(ALL)), CID, { afterMs: TIMEOUT_MS });
    expect(events(done.records)).toEqual([
      'level_timed_out a',
      'level_opened b (timeout)',
      'level_approved b',
      'approved',
    ]);
    expect(done.state.approval?.passed).toMatchObject([
      { number: 1, by: 'timeout' },
      { number: 2, by: 'approved' },
    ]);
  });

  it.each(['approve', 'escalate'] as const)(
    'I-11: silence of the first level (on_timeout %s) leaves the second to its people',
    (onTimeout) => {
      const chain = chainOf({ ...EACH, levels: [levelOf('a', { onTimeout }), levelOf('b')] });
      const late = contextOf({ resolve: resolveIn(ALL), nowMs: OPENED_MS + TIMEOUT_MS });
      const { state, records } = settle(openedUnder(chain, resolveIn(ALL)), late);
      expect(events(records)).toEqual(['level_timed_out a', 'level_opened b (timeout)']);
      expect(state.verdict).toBe('pending_approval');
    },
  );

  it('I-11: silence of the last level approves only while the levels below still stand', () => {
    const levels = [levelOf('a'), levelOf('b', { onTimeout: 'approve' })];
    const chain = chainOf({ ...EACH, levels });
    const second = approvedBy(openedUnder(chain, resolveIn(ALL)), ANN).state;
    const at = (people: Directory) =>
      settle(second, contextOf({ resolve: resolveIn(people), nowMs: OPENED_MS + TIMEOUT_MS }));
    expect(events(at(ALL).records)).toEqual(['level_timed_out b', 'approved']);
    const reopened = at({ ...ALL, 'role:a': [BEA] });
    expect(events(reopened.records)).toEqual(['level_timed_out b', 'level_opened a (reopened)']);
    const done = approvedBy(reopened.state, BEA, { afterMs: TIMEOUT_MS });
    expect(done.state.closing).toEqual({
      reasonCode: 'approved',
      reason: 'Approved by the chain when the timer ran out',
      atMs: OPENED_MS + TIMEOUT_MS,
    });
  });

  it('an empty level in the middle is passed over, an empty last one ends it', () => {
    const three = chainOf({ ...EACH, levels: [levelOf('a'), levelOf('m'), levelOf('b')] });
    const middle = approvedBy(openedUnder(three, resolveIn(ALL)), ANN);
    expect(events(middle.records)).toEqual([
      'level_approved a',
      'level_empty m',
      'level_opened b (empty)',
    ]);
    const last: Directory = { 'role:a': [ANN], 'role:m': [BEA] };
    let state = openedUnder(three, resolveIn(last));
    ({ state } = approvedBy(state, ANN, { people: last }));
    const done = approvedBy(state, BEA, { people: last });
    expect(events(done.records)).toEqual(['level_approved m', 'level_empty b', 'rejected']);
    expect(done.state.closing).toMatchObject({ reasonCode: 'no_approvers' });
    expect(done.state.closing).not.toHaveProperty('by');
  });
});

describe('a person who voted below', () => {
  it('is not counted on to open the next level', () => {
    const people: Directory = { 'role:a': [ANN], 'role:b': [ANN] };
    const done = approvedBy(openedUnder(EACH, resolveIn(people)), ANN, { people });
    expect(events(done.records)).toEqual(['level_approved a', 'level_empty b', 'rejected']);
  });

  it('is, where the chain lets the same human speak at each level', () => {
    const people: Directory = { 'role:a': [ANN], 'role:b': [ANN] };
    const { separation } = chainOf();
    const lax = { ...EACH, separation: { ...separation, distinctAcrossLevels: false } };
    const second = approvedBy(openedUnder(lax, resolveIn(people)), ANN, { people });
    expect(second.state.approval?.level.number).toBe(2);
    const vote = voteBy(ANN, { voteId: 'second' });
    const done = doing(second.state, vote, { people });
    expect([wordOf(done.answer), done.state.verdict]).toEqual(['ok', 'approved']);
  });
});
