import type { Cryptography, PayloadKind, SealedPayload, TenantSnapshot } from '../../src/app/ports';
import { decideRequest } from '../../src/app/decide-request';
import type { Json } from '../../src/core/json';
import type { PolicySet } from '../../src/core/policy/policy-set';
import { transitionContext } from '../../src/app/transition-context';
import type { KillSwitch } from '../../src/core/controls/kill-switch';
import { applyEvent, type ExecutionEvent } from '../../src/core/execution/transition';
import { statusOf } from '../../src/core/execution/state';
import {
  agentPrincipal,
  eventId,
  executionId,
  userPrincipal,
  type PrincipalId,
} from '../../src/core/ids';
import {
  chainOf,
  killOf,
  levelOf,
  openedUnder,
  OPENED_MS,
  TIMEOUT_MS,
  voteBy,
} from '../core/execution/state-builders';
import { inputOf, policyOf, setOf } from '../core/policy/policy-builders';
import { registrationOf, rowOf, SHA256, snapshotOf, stageOf } from './app-builders';

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
      { assurance: 'oidc', issuer: userPrincipal('bea') },
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

const SALT = Buffer.alloc(32);

/** Payloads that open to what they hold, with no secrecy at all. */
const openly: Partial<Cryptography> = {
  ...SHA256,
  commit: () => 'ab',
  openPayload: (_kind, { ciphertext }) => ({ ok: true, plaintext: ciphertext }),
};

const sealedOpenly = (kind: PayloadKind, value: Json): SealedPayload => ({
  id: eventId(kind),
  execution: executionId('e1'),
  kind,
  commitment: Buffer.from('ab', 'hex'),
  wrappedKey: undefined,
  ciphertext: Buffer.concat([SALT, Buffer.from(JSON.stringify(value))]),
});

const policyThat = (then: string, id = 'r'): PolicySet =>
  setOf(
    policyOf(
      `  - { id: ${id}, match: { action: [pay] }, when: { field: args.amount, greater_than: 5 }, then: ${then}, reason: because }`,
      'defaults: { outcome: allow }',
    ),
  );

describe('deciding the stored request again', () => {
  const ASKS = policyThat('require_approval');
  const crypto = openly as Cryptography;
  const request = inputOf({ args: { amount: 6 } }).request;
  const { basis } = decideRequest(crypto, snapshotOf(ASKS), request, {}, OPENED_MS);

  const recheckUnder = async (
    set: PolicySet,
    rest: Partial<TenantSnapshot> = {},
    requests = request.args,
  ) => {
    const state = openedUnder(chainOf());
    if (state.approval === undefined) throw new Error('an approval was asked');
    const row = rowOf({ ...state, approval: { ...state.approval, basis } });
    const stage = stageOf(PEOPLE, { payloads: [sealedOpenly('arguments', requests)] });
    const event = voteBy(userPrincipal('ann'));
    const snapshot = snapshotOf(set, rest);
    return (await transitionContext({ crypto }, stage.tx, row, snapshot, event, 'c1')).recheck();
  };
  const suspended = { ...request.agent, status: 'suspended' } as const;

  it('I-3: finds the same under the same rules, whatever kill switch is engaged by now', async () => {
    expect(await recheckUnder(ASKS)).toEqual({ kind: 'same' });
    expect(await recheckUnder(ASKS, { kills: [killOf()] })).toEqual({ kind: 'same' });
  });

  it.each([
    ['other rules', recheckUnder(policyThat('require_approval', 's')), /no longer the ones/],
    ['rules that ask nobody', recheckUnder(policyThat('allow')), /no longer the ones/],
    ['rules that deny', recheckUnder(policyThat('deny')), /^It would be denied now: /],
    ['no rules', recheckUnder(setOf()), /^It would be denied now: /],
    ['arguments of another size', recheckUnder(ASKS, {}, { amount: 5 }), /no longer the ones/],
    [
      'an agent that is gone',
      recheckUnder(ASKS, { agent: () => Promise.resolve(undefined) }),
      /no longer registered/,
    ],
    [
      'an agent that is suspended',
      recheckUnder(ASKS, { agent: () => Promise.resolve(suspended) }),
      /^It would be denied now: /,
    ],
  ])('I-3: finds it changed, and says how: %s', async (_, found, why) => {
    expect(await found).toEqual({ kind: 'changed', why: expect.stringMatching(why) as string });
  });
});

describe('a vote that finds a timer late', () => {
  it('is judged by the level open by then, whoever was asked below', async () => {
    const late = { nowMs: DEADLINE_MS, requester: userPrincipal('zoe') };
    expect(await why(userPrincipal('cid'), late)).toBe('counted');
    expect(await why(userPrincipal('ann'), late)).toMatch(/^This person does not hold a role/);
    expect(await why(userPrincipal('cid'))).toMatch(/^This person does not hold a role/);
  });

  it('is refused when it was made on the text of the level below', async () => {
    const payloads = [sealedOpenly('arguments', { amount: 6 })];
    const row = rowOf(openedUnder(LADDER), { requester: userPrincipal('zoe') });
    const shownAt = async (nowMs: number, vote = {}) => {
      const stage = stageOf(PEOPLE, { nowMs, registration, payloads });
      const event = voteBy(userPrincipal('cid'), { verdict: 'reject', ...vote });
      const crypto = openly as Cryptography;
      const context = await transitionContext(
        { crypto },
        stage.tx,
        row,
        snapshotOf(setOf()),
        event,
        'c1',
      );
      return applyEvent(row.state, event, context);
    };
    const below = (await shownAt(OPENED_MS)).displayDigest ?? '';
    const above = (await shownAt(DEADLINE_MS)).displayDigest ?? '';
    expect(below).toMatch(/^[0-9a-f]{64}$/);
    expect(above).not.toBe(below);
    const answer = async (displayDigest: string) =>
      (await shownAt(DEADLINE_MS, { displayDigest })).answer;
    expect(await answer(below)).toMatchObject({ code: 'card_changed' });
    expect(await answer(above)).toEqual({ kind: 'ok', repeated: false });
  });
});

describe('the people of the ladder', () => {
  it('are those behind its selectors at this moment whom nothing keeps out', async () => {
    const { context } = await judged(voteBy(userPrincipal('ann')), {
      requester: userPrincipal('bea'),
    });
    const named = (role: string) => context.resolve({ kind: 'role', role });
    expect(named('approver')).toEqual([userPrincipal('ann')]);
    expect(named('senior')).toEqual([userPrincipal('cid')]);
    expect(named('nobody asked')).toEqual([]);
  });
});
