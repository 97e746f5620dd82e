import type { ChainDefinition } from '../../../src/core/escalation/chain';
import type { ApprovalState } from '../../../src/core/escalation/approval-state';
import { countVote, openLadder, timeOutLevel } from '../../../src/core/escalation/ladder';
import type { LadderStep } from '../../../src/core/escalation/ladder-events';
import { approvalId, type PrincipalId } from '../../../src/core/ids';
import {
  ANN,
  BEA,
  chainOf,
  CID,
  DAN,
  DIRECTORY,
  groupOf,
  ladderContext,
  ladderOf,
  levelOf,
  OPENED_MS,
  resolveIn,
  TIMEOUT_MS,
  type Directory,
} from '../execution/state-builders';

const open = (chain: ChainDefinition, directory: Directory = DIRECTORY): LadderStep =>
  openLadder(
    { approvalId: approvalId('a1'), chain: ladderOf(chain), basis: 'b', excluded: [] },
    ladderContext({ resolve: resolveIn(directory) }),
  );

interface Now {
  readonly nowMs?: number;
  readonly directory?: Directory;
  readonly removed?: readonly PrincipalId[];
}

const vote = (
  approval: ApprovalState,
  voter: PrincipalId,
  verdict: 'approve' | 'reject' = 'approve',
  { nowMs = OPENED_MS + 1, directory = DIRECTORY, removed = [] }: Now = {},
): LadderStep =>
  countVote(
    approval,
    {
      voteId: `v${String(approval.votes.length)}`,
      principal: voter,
      assurance: 'linked',
      surface: 'api',
      level: approval.level.number,
      verdict,
      atMs: nowMs,
    },
    ladderContext({
      nowMs,
      resolve: (selector) =>
        resolveIn(directory)(selector).filter((person) => !removed.includes(person)),
    }),
  );

const timeOut = (approval: ApprovalState, nowMs = OPENED_MS + TIMEOUT_MS, directory = DIRECTORY) =>
  timeOutLevel(approval, ladderContext({ nowMs, resolve: resolveIn(directory) }));

const wordOf = ({ verdict }: LadderStep): string =>
  verdict.kind === 'open' ? 'open' : `${verdict.kind} by ${verdict.by}`;
const eventsOf = ({ events }: LadderStep): string[] =>
  events.map((event) => `${event.kind} ${event.name}`);

const LEVELS = [
  levelOf('approver', { onTimeout: 'escalate' }),
  levelOf('senior', { timeoutMs: 2 * TIMEOUT_MS }),
];

describe('opening a ladder', () => {
  it('asks the people of the first level, each once, until its deadline', () => {
    const { approval } = open(
      chainOf({
        levels: [
          levelOf('approver', {
            groups: [
              {
                selectors: [
                  { kind: 'role', role: 'both' },
                  { kind: 'role', role: 'approver' },
                ],
                quorum: 2,
              },
            ],
          }),
        ],
      }),
    );
    expect(approval.level).toEqual({
      index: 0,
      number: 1,
      opening: 1,
      openedAtMs: OPENED_MS,
      deadlineMs: OPENED_MS + TIMEOUT_MS,
      remindAtMs: [],
      reminded: 0,
      groups: [{ quorum: 2, eligible: [ANN, BEA, CID] }],
      told: false,
      why: 'first',
    });
  });

  it.each<[string, Directory, string, string[]]>([
    [
      'nobody on the first level',
      { 'role:senior': [CID] },
      'open',
      ['level_empty approver', 'level_opened senior'],
    ],
    ['nobody on the last level', { 'role:approver': [ANN] }, 'open', ['level_opened approver']],
    [
      'nobody at all',
      {},
      'rejected by no_approvers',
      ['level_empty approver', 'level_empty senior'],
    ],
  ])('never waits for an empty level: %s', (_, directory, word, events) => {
    const step = open(chainOf({ levels: LEVELS }), directory);
    expect(wordOf(step)).toBe(word);
    expect(eventsOf(step)).toEqual(events);
  });

  it('takes too few people for none: two groups that only one human could fill', () => {
    const groups = [groupOf('approver'), groupOf('both')];
    const step = open(chainOf({ levels: [levelOf('L1', { groups })] }), {
      'role:approver': [ANN],
      'role:both': [ANN],
    });
    expect(wordOf(step)).toBe('rejected by no_approvers');
  });
});

describe('a level that times out', () => {
  it.each([
    ['reject', 'rejected by timeout', ['level_timed_out approver']],
    ['approve', 'approved by timeout', ['level_timed_out approver']],
    ['park', 'open', ['level_timed_out approver', 'parked approver']],
    ['escalate', 'open', ['level_timed_out approver', 'level_opened senior']],
  ] as const)('does what it says: %s', (onTimeout, word, events) => {
    const levels = [levelOf('approver', { onTimeout }), levelOf('senior')];
    const step = timeOut(open(chainOf({ levels, onFinalTimeout: 'approve' })).approval);
    expect(wordOf(step)).toBe(word);
    expect(eventsOf(step)).toEqual(events);
    expect(step.approval.parked).toBe(onTimeout === 'park');
  });

  it.each(['reject', 'approve', 'park'] as const)(
    'with nobody above does what the chain says of the end: %s',
    (onFinalTimeout) => {
      const levels = [levelOf('approver', { onTimeout: 'escalate' })];
      const step = timeOut(open(chainOf({ levels, onFinalTimeout })).approval);
      expect(step.events[0]).toMatchObject({ kind: 'level_timed_out', action: onFinalTimeout });
    },
  );

  it('whose next one is empty ends in a rejection for want of approvers', () => {
    const directory = { 'role:approver': [ANN] };
    const step = timeOut(
      open(chainOf({ levels: LEVELS }), directory).approval,
      undefined,
      directory,
    );
    expect(wordOf(step)).toBe('rejected by no_approvers');
    expect(eventsOf(step)).toEqual(['level_timed_out approver', 'level_empty senior']);
  });

  it('starts the clock of the next level at its own deadline, however late the timer', () => {
    const late = OPENED_MS + 10 * TIMEOUT_MS;
    const { level } = timeOut(open(chainOf({ levels: LEVELS })).approval, late).approval;
    const deadline = OPENED_MS + TIMEOUT_MS;
    expect(level).toMatchObject({
      number: 2,
      openedAtMs: deadline,
      deadlineMs: deadline + 2 * TIMEOUT_MS,
    });
  });
});

describe('an approval', () => {
  it('of any level decides where levels open only by escalation', () => {
    expect(wordOf(vote(open(chainOf({ levels: LEVELS })).approval, ANN))).toBe(
      'approved by quorum',
    );
  });

  it('of each level in order is needed where the chain says so', () => {
    const chain = chainOf({ levels: LEVELS, advance: 'each_level' });
    const first = vote(open(chain).approval, ANN);
    expect(wordOf(first)).toBe('open');
    expect(first.approval.level.index).toBe(1);
    expect(wordOf(vote(first.approval, CID))).toBe('approved by quorum');
  });

  it('of the level above stands for both when the one below timed out', () => {
    const chain = chainOf({ levels: LEVELS, advance: 'each_level' });
    const above = timeOut(open(chain).approval).approval;
    expect(wordOf(vote(above, DAN))).toBe('approved by quorum');
  });

  it('of two groups needs a human for each', () => {
    const groups = [groupOf('approver'), groupOf('both')];
    const opened = open(chainOf({ levels: [levelOf('L1', { groups })] })).approval;
    const first = vote(opened, ANN);
    expect(wordOf(first)).toBe('open');
    expect(wordOf(vote(first.approval, BEA))).toBe('approved by quorum');
  });

  it('of a level below is no vote of this one', () => {
    const both = levelOf('both', { groups: [groupOf('both', 2)], onTimeout: 'escalate' });
    const { separation } = chainOf();
    const chain = chainOf({
      levels: [both, both],
      separation: { ...separation, distinctAcrossLevels: false },
    });
    const above = timeOut(vote(open(chain).approval, ANN).approval).approval;
    expect(wordOf(vote(above, CID))).toBe('open');
  });

  it('after a parking opens the next level with a timer of its own', () => {
    const levels = [levelOf('approver', { onTimeout: 'park' }), levelOf('senior')];
    const parked = timeOut(open(chainOf({ levels, advance: 'each_level' })).approval).approval;
    const next = vote(parked, ANN).approval;
    expect(next).toMatchObject({ parked: false, level: { index: 1 } });
  });
});

describe('the people of an open level', () => {
  const chain = chainOf({ levels: [levelOf('approver', { groups: [groupOf('approver', 2)] })] });

  it('lose their counted vote with their role, and get it back with the role', () => {
    const first = vote(open(chain).approval, ANN).approval;
    expect(wordOf(vote(first, BEA, 'approve', { directory: { 'role:approver': [BEA] } }))).toBe(
      'open',
    );
    expect(wordOf(vote(first, BEA, 'approve', { removed: [ANN] }))).toBe('open');
    expect(wordOf(vote(first, BEA))).toBe('approved by quorum');
  });

  it('lose only the place whose role they lost', () => {
    const groups = [groupOf('approver'), groupOf('both')];
    const opened = open(chainOf({ levels: [levelOf('L1', { groups })] })).approval;
    const first = vote(opened, ANN).approval;
    const directory = { 'role:approver': [BEA], 'role:both': [ANN, CID] };
    expect(wordOf(vote(first, CID, 'approve', { directory }))).toBe('open');
    expect(wordOf(vote(first, CID))).toBe('approved by quorum');
  });

  it('are not joined by people who get the role later', () => {
    const directory = { 'role:approver': [ANN] };
    const single = chainOf();
    const opened = open(single, directory).approval;
    expect(
      wordOf(vote(opened, DAN, 'approve', { directory: { 'role:approver': [ANN, DAN] } })),
    ).toBe('open');
  });
});

describe('a rejection', () => {
  const every = { 'role:approver': [ANN, BEA, CID], 'role:senior': [DAN] };
  const withRule = (rejection: ChainDefinition['rejection']) =>
    open(chainOf({ levels: LEVELS, rejection }), every).approval;

  it('ends it where one is enough', () => {
    expect(wordOf(vote(withRule({ kind: 'veto' }), ANN, 'reject'))).toBe('rejected by vote');
  });

  it('hands it up where the chain says so, and ends it at the top', () => {
    const step = vote(withRule({ kind: 'escalate' }), ANN, 'reject', { directory: every });
    expect(eventsOf(step)).toEqual(['level_passed_up approver', 'level_opened senior']);
    expect(wordOf(vote(step.approval, DAN, 'reject', { directory: every }))).toBe(
      'rejected by vote',
    );
  });

  it('counts by humans towards a quorum of rejections, not by votes', () => {
    const rule = { kind: 'quorum', count: 2 } as const;
    const first = vote(withRule(rule), ANN, 'reject').approval;
    expect(wordOf(vote(first, ANN, 'reject'))).toBe('open');
    expect(wordOf(vote(first, BEA, 'reject'))).toBe('rejected by vote');
  });

  it('counts on across levels, but not when its voter was removed', () => {
    const rule = { kind: 'quorum', count: 2 } as const;
    const people = { ...every, 'role:senior': [CID, DAN] };
    const above = timeOut(vote(withRule(rule), ANN, 'reject').approval, undefined, people).approval;
    expect(wordOf(vote(above, DAN, 'reject'))).toBe('rejected by vote');
    expect(wordOf(vote(above, DAN, 'reject', { removed: [ANN] }))).toBe('open');
  });

  it('that is not enough leaves approval possible', () => {
    const first = vote(withRule({ kind: 'quorum', count: 2 }), ANN, 'reject').approval;
    expect(wordOf(vote(first, BEA, 'approve', { directory: every }))).toBe('approved by quorum');
  });
});
