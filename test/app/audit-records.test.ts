import { auditRecords, SYSTEM_ACTOR } from '../../src/app/audit-records';
import { applyEvent } from '../../src/core/execution/transition';
import {
  ANN,
  BEA,
  chainOf,
  contextOf,
  killOf,
  levelOf,
  openedUnder,
  OPENED_MS,
  TIMEOUT_MS,
  VALID_FOR_MS,
  voteBy,
} from '../core/execution/state-builders';
import { rowOf, stageOf } from './app-builders';

const ACTOR = { kind: 'user', id: ANN, assurance: 'linked' } as const;
const LATE = contextOf({ nowMs: OPENED_MS + TIMEOUT_MS });
const LADDER = chainOf({
  levels: [levelOf('approver', { onTimeout: 'escalate' }), levelOf('senior')],
});

/** Each audit row as `type outcome by whom`. */
function rowsOf({ state, records }: ReturnType<typeof applyEvent>): string[] {
  const stage = stageOf({});
  auditRecords(stage.tx, rowOf(state), records, ACTOR);
  return stage.audited.map(({ type, outcome, actor }) =>
    [type, outcome, actor.id === SYSTEM_ACTOR.id ? 'system' : actor.id].join(' '),
  );
}

describe('auditRecords', () => {
  const pending = openedUnder(chainOf());
  const approved = applyEvent(pending, voteBy(ANN), contextOf()).state;
  const silent = openedUnder(chainOf({ levels: [levelOf('approver', { onTimeout: 'approve' })] }));
  const gone = contextOf({ nowMs: OPENED_MS + TIMEOUT_MS, resolve: () => [] });

  it.each([
    [
      'a verdict of a person',
      applyEvent(pending, voteBy(ANN), contextOf()),
      ['approval.decided approved user:ann'],
    ],
    [
      'a rejection',
      applyEvent(pending, voteBy(ANN, { verdict: 'reject' }), contextOf()),
      ['approval.decided rejected user:ann'],
    ],
    [
      'an approval by silence, found by a late vote',
      applyEvent(silent, voteBy(ANN), LATE),
      ['approval.escalated level_timed_out system', 'approval.decided approved system'],
    ],
    [
      'a rejection for want of approvers, found by a late vote',
      applyEvent(openedUnder(LADDER), voteBy(ANN), gone),
      [
        'approval.escalated level_timed_out system',
        'approval.escalated level_empty system',
        'approval.decided rejected system',
      ],
    ],
    [
      'an expiry, found by a late vote',
      applyEvent(pending, voteBy(ANN), LATE),
      ['approval.escalated level_timed_out system', 'execution.expired expired system'],
    ],
    [
      'an approval nobody used',
      applyEvent(approved, { kind: 'due' }, contextOf({ nowMs: OPENED_MS + VALID_FOR_MS })),
      ['execution.expired void system'],
    ],
    [
      'a kill switch',
      applyEvent(pending, { kind: 'kill' }, contextOf({ kills: [killOf()] })),
      ['execution.killed killed system'],
    ],
    ['nothing', applyEvent(approved, voteBy(BEA), contextOf()), []],
  ])('I-14: names who did it, and nobody for what time or a control did: %s', (_, moved, rows) => {
    expect(rowsOf(moved)).toEqual(rows);
  });

  it('keeps the deadline of a level that was opened, and the level counted from one', () => {
    const { state, records } = applyEvent(openedUnder(LADDER), { kind: 'due' }, LATE);
    const stage = stageOf({});
    auditRecords(stage.tx, rowOf(state), records, ACTOR);
    expect(stage.audited.map(({ context }) => context)).toEqual([
      { level: 1, name: 'approver', action: 'escalate' },
      {
        level: 2,
        name: 'senior',
        opening: 2,
        deadlineMs: OPENED_MS + 2 * TIMEOUT_MS,
        why: 'timeout',
      },
    ]);
  });

  it('answers the sequence of the last row, and none when there is nothing to write', () => {
    const { state, records } = applyEvent(silent, voteBy(ANN), LATE);
    expect(auditRecords(stageOf({}).tx, rowOf(state), records, ACTOR)).toBe(2);
    expect(auditRecords(stageOf({}).tx, rowOf(state), [], ACTOR)).toBeUndefined();
  });
});
