import { settle, type ExecutionRecord } from '../../../src/core/execution/settle';
import { dueAtMs, statusOf, type ExecutionState } from '../../../src/core/execution/state';
import { applyEvent } from '../../../src/core/execution/transition';
import {
  ANN,
  BEA,
  chainOf,
  CID,
  contextOf,
  killOf,
  levelOf,
  openedUnder,
  OPENED_MS,
  releaseBy,
  resolveIn,
  TIMEOUT_MS,
  VALID_FOR_MS,
  voteBy,
  wordOf,
} from './state-builders';

const DEADLINE_MS = OPENED_MS + TIMEOUT_MS;
const LADDER = chainOf({
  levels: [levelOf('approver', { onTimeout: 'escalate' }), levelOf('senior')],
});
const SILENT = chainOf({ levels: [levelOf('approver', { onTimeout: 'approve' })] });

const wordsOf = (records: readonly ExecutionRecord[]): string[] =>
  records.map((record) =>
    record.kind === 'ladder'
      ? `${record.event.kind} ${record.event.name}`
      : record.kind === 'closed'
        ? record.verdict
        : record.kind === 'voided'
          ? `void: ${record.cause}`
          : record.kind,
  );

const settledAt = (
  state: ExecutionState,
  nowMs: number,
  kills = [] as ReturnType<typeof killOf>[],
) => settle(state, contextOf({ nowMs, kills }));

describe('a deadline', () => {
  it.each([
    ['one millisecond before it', DEADLINE_MS - 1, 'ok'],
    ['at it', DEADLINE_MS, 'expired'],
    ['an hour after it, with no timer heard of', DEADLINE_MS + 3_600_000, 'expired'],
  ])('I-8: decides by the clock, not by the timer: a vote %s', (_, nowMs, word) => {
    expect(
      wordOf(applyEvent(openedUnder(chainOf()), voteBy(ANN), contextOf({ nowMs })).answer),
    ).toBe(word);
  });

  it('a vote that comes too late leaves the timeout it found on record, and nothing of itself', () => {
    const done = applyEvent(openedUnder(chainOf()), voteBy(ANN), contextOf({ nowMs: DEADLINE_MS }));
    expect(wordsOf(done.records)).toEqual(['level_timed_out approver', 'expired']);
    expect(done.state).toMatchObject({ verdict: 'expired', version: 2 });
    expect(done.state.approval?.votes).toEqual([]);
  });

  it('of a level with people above opens the next one, whose vote then counts', () => {
    const done = applyEvent(openedUnder(LADDER), voteBy(CID), contextOf({ nowMs: DEADLINE_MS }));
    expect(wordsOf(done.records)).toEqual([
      'level_timed_out approver',
      'level_opened senior',
      'approved',
    ]);
    const early = contextOf({ nowMs: DEADLINE_MS - 1 });
    expect(wordOf(applyEvent(openedUnder(LADDER), voteBy(CID), early).answer)).toBe('not_eligible');
  });

  it("of the request itself beats the level's", () => {
    const state = openedUnder(SILENT, resolveIn({ 'role:approver': [ANN] }), {
      expiresAtMs: OPENED_MS + 10,
    });
    expect(dueAtMs(state)).toBe(OPENED_MS + 10);
    expect(settledAt(state, OPENED_MS + 9).state).toBe(state);
    const { state: ended } = settledAt(state, OPENED_MS + 10);
    expect(ended).toMatchObject({ verdict: 'expired', run: { kind: 'void', cause: 'expired' } });
  });

  it('of the request itself ends a parked one and an approval that nobody released', () => {
    const chain = chainOf({ levels: [levelOf('approver', { onTimeout: 'park' })] });
    const own = { expiresAtMs: DEADLINE_MS + 10 };
    const parked = settledAt(openedUnder(chain, undefined, own), DEADLINE_MS).state;
    expect(statusOf(parked)).toBe('parked');
    expect(statusOf(settledAt(parked, DEADLINE_MS + 10).state)).toBe('expired');
    const approved = applyEvent(openedUnder(chain, undefined, own), voteBy(ANN), contextOf()).state;
    expect(dueAtMs(approved)).toBe(DEADLINE_MS + 10);
    expect(statusOf(settledAt(approved, DEADLINE_MS + 10).state)).toBe('expired');
  });

  it('of an outcome makes it unknown, and only where a report was asked', () => {
    const approved = applyEvent(openedUnder(chainOf()), voteBy(ANN), contextOf()).state;
    const asked = applyEvent(approved, releaseBy('t1', { outcomeTimeoutMs: 7 }), contextOf()).state;
    const unasked = applyEvent(approved, releaseBy('t1'), contextOf()).state;
    expect(dueAtMs(asked)).toBe(OPENED_MS + 7);
    expect(settledAt(asked, OPENED_MS + 6).state).toBe(asked);
    expect(statusOf(settledAt(asked, OPENED_MS + 7).state)).toBe('outcome_unknown');
    expect(settledAt(unasked, Number.MAX_SAFE_INTEGER).state).toBe(unasked);
  });
});

describe('silence', () => {
  it.each([
    ['reject', 'reject', 'expired'],
    ['escalate', 'reject', 'expired'],
    ['escalate', 'park', 'parked'],
    ['escalate', 'approve', 'approved'],
    ['park', 'approve', 'parked'],
    ['approve', 'reject', 'approved'],
  ] as const)(
    'I-11: approves only where the chain says so: on_timeout %s, on_final_timeout %s',
    (onTimeout, onFinalTimeout, status) => {
      const chain = chainOf({ levels: [levelOf('approver', { onTimeout })], onFinalTimeout });
      expect(statusOf(settledAt(openedUnder(chain), DEADLINE_MS).state)).toBe(status);
    },
  );

  it("I-11: is on record as the chain's word and nobody's, whoever's late vote found it", () => {
    const found = applyEvent(openedUnder(SILENT), voteBy(ANN), contextOf({ nowMs: DEADLINE_MS }));
    expect(found.records).toEqual([
      {
        kind: 'ladder',
        event: { kind: 'level_timed_out', level: 1, name: 'approver', action: 'approve' },
      },
      {
        kind: 'closed',
        verdict: 'approved',
        reasonCode: 'approved',
        reason: 'Approved by the chain when the timer ran out',
      },
    ]);
    expect(found.state.closing?.by).toBeUndefined();
    const voted = applyEvent(openedUnder(SILENT), voteBy(ANN), contextOf());
    expect(voted.records).toMatchObject([{ verdict: 'approved', by: ANN }]);
  });

  it('is no "no": what nobody answered has expired, and was not rejected', () => {
    const { closing } = settledAt(openedUnder(chainOf()), DEADLINE_MS).state;
    expect(closing).toMatchObject({
      reasonCode: 'expired',
      reason: 'Nobody decided before the timer ran out',
    });
  });
});

describe('a kill switch', () => {
  const engagedAt = (engagedAtMs: number, rest = {}) => killOf({ engagedAtMs, ...rest });

  it.each([
    ['before the deadline', DEADLINE_MS - 1, 'killed'],
    ['in the same millisecond', DEADLINE_MS, 'killed'],
    ['after it', DEADLINE_MS + 1, 'expired'],
  ])('and a deadline come in the order in which they happened: engaged %s', (_, at, status) => {
    const late = settledAt(openedUnder(chainOf()), DEADLINE_MS + 60_000, [engagedAt(at)]);
    expect(statusOf(late.state)).toBe(status);
  });

  it('I-7: the first of several since the decision is the one that voided it', () => {
    const first = engagedAt(DEADLINE_MS - 1, { id: 'first', engagedSeq: 11, liftedAtMs: 1 });
    const newest = engagedAt(DEADLINE_MS + 1, { id: 'newest', engagedSeq: 99 });
    for (const kills of [
      [first, newest],
      [newest, first],
    ]) {
      const { state } = settledAt(openedUnder(chainOf()), DEADLINE_MS + 60_000, kills);
      expect(state.closing).toMatchObject({
        reasonCode: 'kill_switch_active',
        reason: 'Voided by kill switch first',
        atMs: DEADLINE_MS - 1,
      });
    }
  });

  it('I-7: voids an approval by silence that came before it and was not released', () => {
    const kills = [engagedAt(DEADLINE_MS + 1)];
    const { state, records } = settledAt(openedUnder(SILENT), DEADLINE_MS + 2, kills);
    expect(wordsOf(records)).toEqual(['level_timed_out approver', 'approved', 'void: killed']);
    expect(state).toMatchObject({ verdict: 'approved', run: { kind: 'void', cause: 'killed' } });
  });

  it('I-7: touches neither a run, nor a verdict against it, nor an end that came before', () => {
    const kills = [engagedAt(OPENED_MS + 1)];
    const pending = openedUnder(chainOf());
    const rejected = applyEvent(pending, voteBy(BEA, { verdict: 'reject' }), contextOf()).state;
    const approved = applyEvent(pending, voteBy(ANN), contextOf()).state;
    const running = applyEvent(approved, releaseBy('t1'), contextOf()).state;
    const over = settledAt(approved, OPENED_MS + VALID_FOR_MS).state;
    for (const state of [rejected, running, over])
      expect(settledAt(state, OPENED_MS + VALID_FOR_MS, kills).state).toBe(state);
  });

  it('I-7: a vote, a release and a cancellation after it find the request void', () => {
    const kills = [engagedAt(OPENED_MS + 1, { liftedAtMs: OPENED_MS + 2 })];
    const context = contextOf({ nowMs: OPENED_MS + 3, kills });
    const pending = openedUnder(chainOf());
    const approved = applyEvent(pending, voteBy(ANN), contextOf()).state;
    expect(wordOf(applyEvent(pending, voteBy(ANN), context).answer)).toBe('kill_switch_active');
    expect(wordOf(applyEvent(approved, releaseBy('t1'), context).answer)).toBe(
      'kill_switch_active',
    );
    const cancelled = applyEvent(
      pending,
      { kind: 'cancel', by: ANN, reason: 'never mind' },
      context,
    );
    expect(wordOf(cancelled.answer)).toBe('already_decided');
    expect(statusOf(cancelled.state)).toBe('killed');
  });
});
