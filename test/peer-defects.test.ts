import { whoMayDecide } from '../src/app/separation';
import type { ChainDefinition } from '../src/core/escalation/chain';
import type { ExecutionRecord } from '../src/core/execution/settle';
import { statusOf, type ExecutionState } from '../src/core/execution/state';
import { applyEvent, type ExecutionEvent, type Transition } from '../src/core/execution/transition';
import { userPrincipal, type PrincipalId } from '../src/core/ids';
import { BOT, registrationOf, stageOf } from './app/app-builders';
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
  releaseBy,
  resolveIn,
  TIMEOUT_MS,
  VALID_FOR_MS,
  voteBy,
  wordOf,
  type Directory,
} from './core/execution/state-builders';

/**
 * Defects found in other approval systems, one test each, by the system or thread they were seen in. Races on
 * a real database stand in test/invariants.
 */
const PEOPLE: Directory = { 'role:a': [ANN, BEA, CID], 'role:b': [CID, DAN] };
const TWO_OF_THREE = { groups: [groupOf('a', 2)] };
const DUE: ExecutionEvent = { kind: 'due' };
const LATE = TIMEOUT_MS;

const open = (chain: ChainDefinition, people = PEOPLE): ExecutionState =>
  openedUnder(chain, resolveIn(people));
const step = (
  state: ExecutionState,
  event: ExecutionEvent,
  afterMs = 1,
  rest: Parameters<typeof contextOf>[0] = {},
): Transition =>
  applyEvent(
    state,
    event,
    contextOf({ nowMs: OPENED_MS + afterMs, resolve: resolveIn(PEOPLE), ...rest }),
  );
const approve = (state: ExecutionState, voter: PrincipalId, afterMs = 1): ExecutionState =>
  step(state, voteBy(voter), afterMs).state;
const eventsOf = (records: readonly ExecutionRecord[]): string[] =>
  records.map((record) => (record.kind === 'ladder' ? record.event.kind : record.kind));

describe('AGT escalation handler', () => {
  it.each(['reject', 'escalate', 'park'] as const)(
    'quorum: one vote of two never passes, also at the timeout: %s',
    (onTimeout) => {
      const one = approve(
        open(chainOf({ levels: [levelOf('a', { ...TWO_OF_THREE, onTimeout })] })),
        ANN,
      );
      expect(one.verdict).toBe('pending_approval');
      expect(['expired', 'parked']).toContain(statusOf(step(one, DUE, LATE).state));
    },
  );

  it('default action: what the timer approves is on record as the timer’s, not as the one vote’s', () => {
    const levels = [levelOf('a', { ...TWO_OF_THREE, onTimeout: 'approve' })];
    const late = step(approve(open(chainOf({ levels })), ANN), DUE, LATE);
    expect(late.state.closing).toMatchObject({
      reason: expect.stringContaining('timer') as unknown,
    });
    expect(late.state.closing).not.toHaveProperty('by');
    expect(late.records.at(-1)).not.toHaveProperty('by');
  });
});

describe('AGT coordinator', () => {
  const EACH = chainOf({ levels: [levelOf('a'), levelOf('b')], advance: 'each_level' });

  it('stages: nobody satisfies a later one first', () => {
    expect(wordOf(step(open(EACH), voteBy(DAN)).answer)).toBe('not_eligible');
    expect(wordOf(step(open(EACH), voteBy(DAN, { level: 2 })).answer)).toBe('level_mismatch');
  });

  it('stages: one identity with two roles satisfies one of them', () => {
    const second = approve(open(EACH), CID);
    expect(second.approval?.level.number).toBe(2);
    expect(wordOf(step(second, voteBy(CID, { voteId: 'v2' })).answer)).toBe('already_voted');
  });

  it('append: a judged vote and its count are one step, so a second reader sees both', () => {
    const done = step(open(EACH), voteBy(ANN));
    expect(done.counted?.principal).toBe(ANN);
    expect(done.state.approval?.votes).toEqual([done.counted]);
  });
});

describe('hoop doReview', () => {
  const groups = [groupOf('a'), groupOf('b')];
  const BOTH = chainOf({ levels: [levelOf('L1', { groups })] });

  it('one person in two groups fills one slot', () => {
    const one = approve(open(BOTH), CID);
    expect(one.verdict).toBe('pending_approval');
    expect(approve(one, CID).verdict).toBe('pending_approval');
    expect(approve(one, ANN).verdict).toBe('approved');
  });

  it('at least, not exactly: a reviewer of two groups does not leave a quorum of one pending', () => {
    const either = [
      { selectors: [...groupOf('a').selectors, ...groupOf('b').selectors], quorum: 1 },
    ];
    const chain = chainOf({ levels: [levelOf('L1', { groups: either })] });
    expect(approve(open(chain), CID).verdict).toBe('approved');
  });

  it('an admin does not approve the admin’s own request', async () => {
    const people = { 'role:a': ['root', 'ann'] };
    const { tx } = stageOf(people, { registration: registrationOf('owner', userPrincipal('x')) });
    const root = userPrincipal('root');
    const { resolve } = await whoMayDecide(
      tx,
      ladderOf(chainOf({ levels: [levelOf('a')] })),
      { agent: BOT, requester: root },
      undefined,
    );
    expect(resolve({ kind: 'role', role: 'a' })).toEqual([ANN]);
  });
});

describe('Temporal expense sample', () => {
  it.each([
    ['approve', 'reject', 'rejected'],
    ['reject', 'approve', 'approved'],
  ] as const)('a late %s never overwrites %s', (late, first, verdict) => {
    const decided = step(
      open(chainOf({ levels: [levelOf('a')] })),
      voteBy(ANN, { verdict: first }),
    );
    const after = step(decided.state, voteBy(BEA, { verdict: late }));
    expect(wordOf(after.answer)).toBe('already_decided');
    expect(after.state).toBe(decided.state);
    expect(after.state.verdict).toBe(verdict);
  });
});

describe('Permit', () => {
  it('an approval waits for nobody’s connection: it stands at its vote and is released later', () => {
    const approved = approve(open(chainOf({ levels: [levelOf('a')] })), ANN);
    expect(statusOf(step(approved, releaseBy('t1'), 4_000).state)).toBe('executing');
  });
});

describe('ObjectStack', () => {
  const UP = chainOf({ levels: [levelOf('a', { onTimeout: 'escalate' }), levelOf('b')] });

  it.each([['reject'], ['park'], ['approve'], ['escalate']] as const)(
    'nobody behind the selector never parks: on_timeout %s',
    (onTimeout) => {
      const chain = chainOf({ levels: [levelOf('a', { onTimeout })], onFinalTimeout: 'park' });
      const empty = openedUnder(chain, resolveIn({}));
      expect([empty.verdict, empty.closing?.reasonCode]).toEqual(['rejected', 'no_approvers']);
    },
  );

  it('escalated and opened are one step: there is no marker without the act', () => {
    const done = step(open(UP), DUE, LATE);
    expect(eventsOf(done.records)).toEqual(['level_timed_out', 'level_opened']);
    expect(done.state.approval?.level.number).toBe(2);
  });

  it('no job service: a timer that never fires still ends the level', () => {
    const done = step(open(chainOf({ levels: [levelOf('a')] })), voteBy(ANN), 100 * LATE);
    expect([wordOf(done.answer), done.state.verdict]).toEqual(['expired', 'expired']);
  });
});

describe('what their users ask for', () => {
  const SINGLE = chainOf({ levels: [levelOf('a')] });

  it('digest swap: a vote for other arguments counts for none', () => {
    const done = step(open(SINGLE), voteBy(ANN, { argsDigest: 'swapped' }));
    expect(wordOf(done.answer)).toBe('digest_mismatch');
    expect(done.state.approval?.votes).toEqual([]);
  });

  it('double click: the second is told what the first did', () => {
    const two = chainOf({ levels: [levelOf('a', TWO_OF_THREE)] });
    const once = approve(open(two), ANN);
    const again = step(once, voteBy(ANN));
    expect([wordOf(again.answer), again.state]).toEqual(['repeated', once]);
  });

  it('stale button after a restart: it is for the level and text it showed, or for nothing', () => {
    const chain = chainOf({ levels: [levelOf('a', { onTimeout: 'escalate' }), levelOf('b')] });
    const shown = (digest: string) => ({ displayDigest: () => digest });
    const click = voteBy(CID, { displayDigest: 'a'.repeat(16) });
    const now = shown('b'.repeat(64));
    expect(wordOf(step(open(chain), click, LATE, now).answer)).toBe('card_changed');
    const level = voteBy(CID, { level: 1 });
    expect(wordOf(step(open(chain), level, LATE).answer)).toBe('level_mismatch');
  });

  it('timer and click in the same tick: at the deadline it is over', () => {
    expect(wordOf(step(open(SINGLE), voteBy(ANN), LATE - 1).answer)).toBe('ok');
    expect(wordOf(step(open(SINGLE), voteBy(ANN), LATE).answer)).toBe('expired');
  });

  it('kill switch while pending: nothing counts after it, lifted or not', () => {
    const kills = [killOf({ liftedAtMs: OPENED_MS + 1 })];
    const done = step(open(SINGLE), voteBy(ANN), 2, { kills });
    expect([wordOf(done.answer), done.state.verdict]).toEqual(['kill_switch_active', 'killed']);
  });

  it('policy rollback while pending: the approval would be for other rules, and is void', () => {
    const recheck = () => ({ kind: 'changed', why: 'Rolled back' }) as const;
    const done = step(open(SINGLE), voteBy(ANN), 1, { recheck });
    expect([wordOf(done.answer), done.state.verdict]).toEqual(['basis_changed', 'cancelled']);
  });

  it('Infisical: a removal counts at once, an addition not within the open level', () => {
    const eve = userPrincipal('eve');
    const now = { resolve: resolveIn({ 'role:a': [BEA, eve] }) };
    expect(wordOf(step(open(SINGLE), voteBy(ANN), 1, now).answer)).toBe('not_eligible');
    expect(wordOf(step(open(SINGLE), voteBy(eve), 1, now).answer)).toBe('not_eligible');
    expect(wordOf(step(open(SINGLE), voteBy(BEA), 1, now).answer)).toBe('ok');
  });

  it('the clock of an approval starts with it: waiting never eats the time to use it', () => {
    const approved = approve(open(SINGLE), ANN, LATE - 1);
    expect(approved.validUntilMs).toBe(OPENED_MS + LATE - 1 + VALID_FOR_MS);
  });

  it('votes of L1 do not carry to L2', () => {
    const { separation } = chainOf();
    const chain = chainOf({
      levels: [
        levelOf('a', { ...TWO_OF_THREE, onTimeout: 'escalate' }),
        levelOf('a', TWO_OF_THREE),
      ],
      separation: { ...separation, distinctAcrossLevels: false },
    });
    const above = step(approve(open(chain), ANN), voteBy(BEA), LATE).state;
    expect([above.verdict, above.approval?.level.number]).toEqual(['pending_approval', 2]);
  });
});
