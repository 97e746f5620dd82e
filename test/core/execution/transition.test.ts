import {
  applyEvent,
  mayRun,
  type ExecutionEvent,
  type TransitionContext,
} from '../../../src/core/execution/transition';
import {
  statusOf,
  type ExecutionState,
  type ExecutionStatus,
} from '../../../src/core/execution/state';
import { attemptId, userPrincipal } from '../../../src/core/ids';
import {
  ANN,
  BEA,
  chainOf,
  contextOf,
  DECIDED_SEQ,
  killOf,
  levelOf,
  openedUnder,
  OPENED_MS,
  outcomeBy,
  releaseBy,
  TIMEOUT_MS,
  VALID_FOR_MS,
  voteBy,
  wordOf,
} from './state-builders';

const after = (
  state: ExecutionState,
  event: ExecutionEvent,
  context: Partial<TransitionContext> = {},
): ExecutionState => applyEvent(state, event, contextOf(context)).state;

const DUE: ExecutionEvent = { kind: 'due' };
const cancelBy = (by: string): ExecutionEvent => ({
  kind: 'cancel',
  by: userPrincipal(by),
  reason: 'No longer needed',
});
const LATE = { nowMs: OPENED_MS + TIMEOUT_MS };
const OUTLIVED = { nowMs: OPENED_MS + VALID_FOR_MS };

const pending = openedUnder(chainOf());
const approved = after(pending, voteBy(ANN));
const executing = after(approved, releaseBy('t1', { outcomeTimeoutMs: 100 }));
const allowed: ExecutionState = {
  ...executing,
  version: 1,
  verdict: 'allowed',
};
delete (allowed as { approval?: unknown }).approval;
const denied: ExecutionState = { ...pending, verdict: 'denied' };
delete (denied as { approval?: unknown }).approval;

const STATES = {
  pending,
  parked: after(
    openedUnder(chainOf({ levels: [levelOf('approver', { onTimeout: 'park' })] })),
    DUE,
    LATE,
  ),
  denied,
  allowed,
  approved,
  executing,
  committed: after(executing, outcomeBy('t1')),
  failed: after(executing, outcomeBy('t1', 'failed')),
  unknown: after(executing, DUE, { nowMs: OPENED_MS + 100 }),
  rejected: after(pending, voteBy(BEA, { verdict: 'reject' })),
  expired: after(pending, DUE, LATE),
  cancelled: after(pending, cancelBy('root')),
  killed: after(pending, { kind: 'kill' }, { kills: [killOf()] }),
  'approved, not released in time': after(approved, DUE, OUTLIVED),
  'approved, then killed': after(approved, { kind: 'kill' }, { kills: [killOf()] }),
  'approved, then cancelled': after(approved, cancelBy('root')),
  'approved, then other rules': after(approved, releaseBy('t1'), {
    recheck: () => ({ kind: 'changed', why: 'Other rules' }),
  }),
} satisfies Record<string, ExecutionState>;
type StateName = keyof typeof STATES;

const EVENTS = {
  approve: voteBy(BEA, { voteId: 'late' }),
  reject: voteBy(BEA, { voteId: 'late', verdict: 'reject' }),
  told: { kind: 'told', level: 1 },
  cancel: cancelBy('bob'),
  release: releaseBy('t1'),
  steal: releaseBy('t2'),
  report: outcomeBy('t1'),
  'report otherwise': outcomeBy('t1', 'failed', 'r2'),
  'report a stolen run': outcomeBy('t2'),
} satisfies Record<string, ExecutionEvent>;

const COLUMNS = Object.keys(EVENTS) as (keyof typeof EVENTS)[];

/** The answer to each event in each state, before anything falls due and with no kill switch engaged. */
const ANSWERS: Readonly<Record<StateName, string>> = {
  /*             approve  reject  told  cancel  release  steal  report  report otherwise  stolen */
  pending: 'ok ok ok ok approval_pending approval_pending not_released not_released not_released',
  parked: 'ok ok ok ok approval_pending approval_pending not_released not_released not_released',
  denied:
    'approval_not_found approval_not_found repeated already_decided policy_violation policy_violation policy_violation policy_violation policy_violation',
  allowed:
    'approval_not_found approval_not_found repeated already_decided repeated already_released ok ok already_released',
  approved:
    'already_decided already_decided repeated ok ok ok not_released not_released not_released',
  executing:
    'already_decided already_decided repeated already_decided repeated already_released ok ok already_released',
  committed:
    'already_decided already_decided repeated already_decided repeated already_released repeated outcome_conflict already_released',
  failed:
    'already_decided already_decided repeated already_decided repeated already_released outcome_conflict outcome_conflict already_released',
  unknown:
    'already_decided already_decided repeated already_decided repeated already_released ok ok already_released',
  rejected:
    'already_decided repeated repeated already_decided rejected rejected rejected rejected rejected',
  expired: 'expired expired repeated already_decided expired expired expired expired expired',
  cancelled:
    'already_decided already_decided repeated repeated cancelled cancelled cancelled cancelled cancelled',
  killed:
    'kill_switch_active kill_switch_active repeated already_decided kill_switch_active kill_switch_active kill_switch_active kill_switch_active kill_switch_active',
  'approved, not released in time':
    'already_decided already_decided repeated already_decided expired expired expired expired expired',
  'approved, then killed':
    'kill_switch_active kill_switch_active repeated already_decided kill_switch_active kill_switch_active kill_switch_active kill_switch_active kill_switch_active',
  'approved, then cancelled':
    'already_decided already_decided repeated repeated cancelled cancelled cancelled cancelled cancelled',
  'approved, then other rules':
    'already_decided already_decided repeated already_decided basis_changed basis_changed basis_changed basis_changed basis_changed',
};

/** Bea rejected with the command `vote of user:bea`; the late one is another command. */
const REJECTED_BY_BEA: StateName = 'rejected';

describe('every event in every state', () => {
  it.each(Object.keys(STATES) as StateName[])('has the one answer that is true: %s', (name) => {
    const state = STATES[name];
    const answers = COLUMNS.map((column) => {
      const event = EVENTS[column];
      const same = name === REJECTED_BY_BEA && column === 'reject';
      return wordOf(
        applyEvent(state, same ? voteBy(BEA, { verdict: 'reject' }) : event, contextOf()).answer,
      );
    });
    expect(Object.fromEntries(COLUMNS.map((column, at) => [column, answers[at]]))).toEqual(
      Object.fromEntries(COLUMNS.map((column, at) => [column, ANSWERS[name].split(' ')[at]])),
    );
  });

  it.each(Object.keys(STATES) as StateName[])(
    'a refusal or a repeat leaves the very same state behind: %s',
    (name) => {
      for (const column of COLUMNS) {
        const done = applyEvent(STATES[name], EVENTS[column], contextOf());
        if (wordOf(done.answer) === 'ok') {
          expect(done.state.version).toBe(STATES[name].version + 1);
        } else {
          expect(done.state).toBe(STATES[name]);
          expect(done.records).toEqual([]);
        }
      }
    },
  );
});

describe('statusOf', () => {
  it.each<[StateName, ExecutionStatus]>([
    ['pending', 'pending_approval'],
    ['parked', 'parked'],
    ['denied', 'denied'],
    ['allowed', 'executing'],
    ['approved', 'approved'],
    ['executing', 'executing'],
    ['committed', 'committed'],
    ['failed', 'failed'],
    ['unknown', 'outcome_unknown'],
    ['rejected', 'rejected'],
    ['expired', 'expired'],
    ['cancelled', 'cancelled'],
    ['killed', 'killed'],
    ['approved, not released in time', 'expired'],
    ['approved, then killed', 'killed'],
    ['approved, then cancelled', 'cancelled'],
    ['approved, then other rules', 'cancelled'],
  ])('follows from verdict and run: %s is shown as %s', (name, status) => {
    expect(statusOf(STATES[name])).toBe(status);
  });

  it('a kill, an expiry or a cancellation after the verdict changes the run and never the verdict', () => {
    for (const name of Object.keys(STATES) as StateName[]) {
      if (name.startsWith('approved')) expect(STATES[name].verdict).toBe('approved');
    }
  });
});

describe('release', () => {
  const kill = killOf();
  const changed = { recheck: () => ({ kind: 'changed', why: 'Other rules' }) as const };
  const before = killOf({ engagedSeq: DECIDED_SEQ - 1 });

  it.each<[string, ExecutionEvent, Partial<TransitionContext>, string]>([
    [
      'other arguments first',
      releaseBy('t1', { argsDigest: 'x' }),
      { kills: [kill], ...changed },
      'digest_mismatch',
    ],
    [
      'the end of its life',
      releaseBy('t1'),
      { ...OUTLIVED, agentActive: false, ...changed },
      'expired',
    ],
    [
      'a kill switch',
      releaseBy('t1'),
      { kills: [kill], agentActive: false, ...changed },
      'kill_switch_active',
    ],
    [
      'one that was lifted again',
      releaseBy('t1'),
      { kills: [killOf({ liftedAtMs: OPENED_MS })] },
      'kill_switch_active',
    ],
    [
      'one engaged before the decision',
      releaseBy('t1'),
      { kills: [before], agentActive: false },
      'kill_switch_active',
    ],
    ['the agent', releaseBy('t1'), { agentActive: false, ...changed }, 'agent_suspended'],
    ['the basis', releaseBy('t1'), changed, 'basis_changed'],
    ['nothing', releaseBy('t1'), {}, 'ok'],
  ])('I-4: is judged again at that moment: %s', (_, event, context, word) => {
    expect(wordOf(applyEvent(approved, event, contextOf(context)).answer)).toBe(word);
  });

  it('keeps an approval whose agent is suspended or whose tenant is stopped for a while', () => {
    for (const context of [{ agentActive: false }, { kills: [before] }])
      expect(applyEvent(approved, releaseBy('t1'), contextOf(context)).state).toBe(approved);
  });

  it('is open until one millisecond before the approval ends', () => {
    const at = (nowMs: number) =>
      wordOf(applyEvent(approved, releaseBy('t1'), contextOf({ nowMs })).answer);
    expect(at(OPENED_MS + VALID_FOR_MS - 1)).toBe('ok');
    expect(at(OPENED_MS + VALID_FOR_MS)).toBe('expired');
  });

  it('names who runs it to whoever comes second', () => {
    const { answer } = applyEvent(executing, releaseBy('t2'), contextOf());
    expect(answer).toMatchObject({ why: 'Attempt t1 holds the one release; it is executing.' });
  });
});

describe('outcome', () => {
  it('settles an unknown outcome once, and then never again', () => {
    const settled = after(STATES.unknown, outcomeBy('t1', 'failed', 'r9'));
    expect(statusOf(settled)).toBe('failed');
    expect(wordOf(applyEvent(settled, outcomeBy('t1', 'failed', 'r9'), contextOf()).answer)).toBe(
      'repeated',
    );
    expect(wordOf(applyEvent(settled, outcomeBy('t1'), contextOf()).answer)).toBe(
      'outcome_conflict',
    );
    expect(wordOf(applyEvent(settled, outcomeBy('t1', 'failed'), contextOf()).answer)).toBe(
      'outcome_conflict',
    );
  });

  it('needs no attempt from a reporter who knows none', () => {
    expect(statusOf(after(executing, outcomeBy(undefined)))).toBe('committed');
  });

  it('that comes at the outcome deadline settles what is unknown by then, both on record', () => {
    const done = applyEvent(executing, outcomeBy('t1'), contextOf({ nowMs: OPENED_MS + 100 }));
    expect(done.records).toEqual([{ kind: 'outcome_unknown' }]);
    expect(statusOf(done.state)).toBe('committed');
    expect(done.state.version).toBe(executing.version + 1);
  });
});

describe('told', () => {
  it('tells each level once, and only the open one', () => {
    expect(pending.approval).toMatchObject({ announced: false, level: { told: false } });
    const once = after(pending, { kind: 'told', level: 1 });
    expect(once.approval).toMatchObject({ announced: true, level: { told: true } });
    expect(after(once, { kind: 'told', level: 1 })).toBe(once);
    expect(after(once, { kind: 'told', level: 2 })).toBe(once);
    expect(after(pending, { kind: 'told', level: 2 })).toBe(pending);
    expect(after(approved, { kind: 'told', level: 1 })).toBe(approved);
  });
});

describe('mayRun', () => {
  const T1 = attemptId('t1');
  const at = (context: Partial<TransitionContext>, state = executing, attempt = T1) =>
    mayRun(state, attempt, contextOf(context));
  const releasedSeq = releaseBy('t1').seq;

  it.each<[string, boolean, boolean]>([
    ['the attempt that holds the release', at({}), true],
    ['another attempt', at({}, executing, attemptId('t2')), false],
    ['no attempt', mayRun(executing, undefined, contextOf()), false],
    ['before the release', at({}, approved), false],
    ['after the report', at({}, STATES.committed), false],
    ['an outcome nobody knows', at({}, STATES.unknown), false],
    ['a kill after the release', at({ kills: [killOf({ engagedSeq: releasedSeq + 1 })] }), false],
    [
      'one that was lifted',
      at({ kills: [killOf({ engagedSeq: releasedSeq + 1, liftedAtMs: 1 })] }),
      false,
    ],
    [
      'one lifted before the release',
      at({ kills: [killOf({ engagedSeq: releasedSeq, liftedAtMs: 1 })] }),
      true,
    ],
    ['one still engaged from before', at({ kills: [killOf({ engagedSeq: 1 })] }), false],
    ['before its own end of life', at({}, { ...executing, expiresAtMs: OPENED_MS + 1 }), true],
    ['at its own end of life', at({}, { ...executing, expiresAtMs: OPENED_MS }), false],
  ])('is judged now: %s', (_, runs, expected) => {
    expect(runs).toBe(expected);
  });
});
