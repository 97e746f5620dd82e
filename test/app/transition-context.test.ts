import type { Cryptography } from '../../src/app/ports';
import { transitionContext } from '../../src/app/transition-context';
import type { KillSwitch } from '../../src/core/controls/kill-switch';
import { applyEvent, type ExecutionEvent } from '../../src/core/execution/transition';
import { statusOf } from '../../src/core/execution/state';
import { agentPrincipal, userPrincipal, type PrincipalId } from '../../src/core/ids';
import {
  chainOf,
  killOf,
  levelOf,
  openedUnder,
  OPENED_MS,
  TIMEOUT_MS,
  voteBy,
} from '../core/execution/state-builders';
import { setOf } from '../core/policy/policy-builders';
import { registrationOf, rowOf, snapshotOf, stageOf } from './app-builders';

const DEADLINE_MS = OPENED_MS + TIMEOUT_MS;
const PEOPLE = { 'role:approver': ['ann', 'bea'], 'role:senior': ['cid'] };
const LADDER = chainOf({
  levels: [levelOf('approver', { onTimeout: 'escalate' }), levelOf('senior')],
});
const registration = registrationOf('owner', userPrincipal('root'));

interface Circumstances {
  readonly people?: Readonly<Record<string, readonly string[]>>;
  readonly nowMs?: number;
  readonly requester?: PrincipalId;
  readonly kills?: readonly KillSwitch[];
}

async function judged(
  event: ExecutionEvent,
  {
    people = PEOPLE,
    nowMs = OPENED_MS,
    requester = agentPrincipal('bot'),
    kills = [],
  }: Circumstances = {},
) {
  const row = rowOf(openedUnder(LADDER), { requester });
  const stage = stageOf(people, { nowMs, registration });
  const snapshot = snapshotOf(setOf(), { kills });
  const context = await transitionContext(
    { crypto: {} as Cryptography },
    stage.tx,
    row,
    snapshot,
    event,
    'c1',
  );
  return { stage, context, done: applyEvent(row.state, event, context) };
}

const why = async (voter: PrincipalId, rest: Circumstances = {}, vote = {}) => {
  const event = voteBy(voter, { verdict: 'reject', ...vote });
  const { done } = await judged(event, rest);
  return done.answer.kind === 'refused' ? done.answer.why : 'counted';
};

describe('transitionContext', () => {
  it('I-7: a sweep of a kill switch knows the people of the level that a timeout before it opens', async () => {
    const kills = [killOf({ engagedAtMs: DEADLINE_MS + 1 })];
    const { done } = await judged({ kind: 'kill' }, { nowMs: DEADLINE_MS + 2, kills });
    expect(statusOf(done.state)).toBe('killed');
    expect(done.state.approval?.level.index).toBe(1);
  });

  it('looks up nobody for an event that asks for no people', async () => {
    const kills = [killOf()];
    const { stage, done } = await judged({ kind: 'kill' }, { kills });
    expect(stage.lookedUp).toEqual([]);
    expect(statusOf(done.state)).toBe('killed');
  });

  it.each([
    ['who is asked', userPrincipal('ann'), {}, {}, /^counted$/],
    ['a machine', agentPrincipal('bot'), {}, {}, /^Only people decide/],
    [
      'the requester',
      userPrincipal('bea'),
      { requester: userPrincipal('bea') },
      {},
      /^Separation of duties/,
    ],
    [
      'a key that the requester made',
      userPrincipal('ann'),
      { requester: userPrincipal('bea') },
      { assurance: 'issued', issuer: userPrincipal('bea') },
      /^The requester issued/,
    ],
    [
      'one who proved who they are, whoever made the key',
      userPrincipal('ann'),
      { requester: userPrincipal('bea') },
      { assurance: 'linked', issuer: userPrincipal('bea') },
      /^counted$/,
    ],
    [
      'one whose role was taken away',
      userPrincipal('ann'),
      { people: { 'role:approver': ['bea'], 'role:senior': ['ann'] } },
      {},
      /^This person does not hold a role/,
    ],
    [
      'one who joined after it was opened',
      userPrincipal('eve'),
      { people: { 'role:approver': ['ann', 'bea', 'eve'] } },
      {},
      /^Level approver asks other people/,
    ],
  ])(
    'I-5: judges a vote by who may decide at that moment: %s',
    async (_, voter, rest, vote, answer) => {
      expect(await why(voter, rest, vote)).toMatch(answer);
    },
  );

  it('I-3: an approval of arguments that were erased is refused, and closes the request', async () => {
    const { done } = await judged(voteBy(userPrincipal('ann')));
    expect(done.answer).toMatchObject({
      code: 'basis_changed',
      why: 'The arguments were erased, so nobody can approve them.',
    });
    expect(statusOf(done.state)).toBe('cancelled');
  });
});
