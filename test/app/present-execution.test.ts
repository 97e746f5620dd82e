import { presentExecution, summarizeExecution } from '../../src/app/present-execution';
import type { Cryptography } from '../../src/app/ports';
import type { Caller } from '../../src/app/caller';
import type { KillSwitch } from '../../src/core/controls/kill-switch';
import type { ExecutionState } from '../../src/core/execution/state';
import { applyEvent } from '../../src/core/execution/transition';
import { agentId, userPrincipal } from '../../src/core/ids';
import {
  ANN,
  chainOf,
  contextOf,
  DIGEST,
  killOf,
  levelOf,
  openedUnder,
  OPENED_MS,
  releaseBy,
  TIMEOUT_MS,
  VALID_FOR_MS,
  voteBy,
} from '../core/execution/state-builders';
import { callerOf, rowOf } from './app-builders';

const SALT = new Uint8Array([251, 255]);
const MINUTE_MS = 60_000;
const iso = (ms: number) => new Date(ms).toISOString();

/** Tokens that show what was claimed and until when. */
const TOKENS: Partial<Cryptography> = {
  releaseToken: (claim, expiresAtMs) =>
    `${claim.attempt} ${claim.digest} ${String(expiresAtMs - OPENED_MS)}`,
};
const crypto = TOKENS as Cryptography;

const pending = openedUnder(chainOf());
const approved = applyEvent(pending, voteBy(ANN), contextOf()).state;
const executing = applyEvent(approved, releaseBy('t1'), contextOf()).state;

const OWN = callerOf();
const OTHER = callerOf({ agent: agentId('other') });
function callerWithout(agent: 'agent'): Caller {
  const person = { ...callerOf({ kind: 'user', principal: userPrincipal('ann') }) };
  delete person[agent];
  return person;
}
const PERSON = callerWithout('agent');

interface Asking {
  readonly caller?: Caller;
  /** The attempt named, null for none. */
  readonly attempt?: string | null;
  readonly kills?: readonly KillSwitch[];
}

const shown = (state: ExecutionState, { caller = OWN, attempt = 't1', kills = [] }: Asking = {}) =>
  presentExecution(
    { crypto },
    caller,
    rowOf(state),
    { snapshot: { kills, agent: () => Promise.resolve(undefined) }, nowMs: OPENED_MS },
    {
      salt: SALT,
      ...(attempt === null ? {} : { attempt }),
    },
  );

describe('presentExecution', () => {
  it('tells the agent that holds the release to run, and hands it the token', async () => {
    expect(await shown(executing)).toMatchObject({
      verdict: 'REQUIRE_APPROVAL',
      status: 'executing',
      mayRun: true,
      releaseToken: `t1 ${DIGEST} ${String(15 * MINUTE_MS)}`,
      argsSalt: '-_8',
    });
  });

  it.each([
    ['another attempt', shown(executing, { attempt: 't2' })],
    ['no attempt', shown(executing, { attempt: null })],
    ['under a kill switch', shown(executing, { kills: [killOf({ engagedSeq: 99 })] })],
    ['not released', shown(approved)],
    ['not decided', shown(pending)],
    ['past its own end', shown({ ...executing, expiresAtMs: OPENED_MS }, {})],
  ])('I-4: hands out no token and no leave to run: %s', async (__, shows) => {
    const view = await shows;
    expect(view.mayRun).toBe(false);
    expect(view).not.toHaveProperty('releaseToken');
    expect(view.howToFix).toBeDefined();
  });

  it.each([
    ['another agent', OTHER],
    ['a person', PERSON],
  ])('I-4: shows neither token nor salt to %s', async (__, caller) => {
    const view = await shown(executing, { caller });
    expect(view).not.toHaveProperty('releaseToken');
    expect(view).not.toHaveProperty('argsSalt');
  });

  it('says what to do next while there is something to do, and nothing once it is over', async () => {
    const over = applyEvent(pending, voteBy(ANN, { verdict: 'reject' }), contextOf()).state;
    const steps = await Promise.all(
      [pending, approved, executing, over].map(async (state) => (await shown(state)).howToFix),
    );
    expect(steps).toEqual([
      expect.stringMatching(/^Wait for the verdict/),
      expect.stringMatching(/^Approved: POST .*release/),
      undefined,
      undefined,
    ]);
    expect((await shown(executing, { attempt: 't2' })).howToFix).toMatch(
      /^Do not run: another attempt/,
    );
  });

  it('gives a token no longer life than the request has', async () => {
    const view = await shown({ ...executing, expiresAtMs: OPENED_MS + MINUTE_MS });
    expect(view.releaseToken).toBe(`t1 ${DIGEST} ${String(MINUTE_MS)}`);
  });

  it('says until when an approval may be released: its validity or its own end, whichever comes first', async () => {
    expect((await shown(approved)).validUntil).toBe(iso(OPENED_MS + VALID_FOR_MS));
    const short = { ...approved, expiresAtMs: OPENED_MS + 7 };
    expect((await shown(short)).validUntil).toBe(iso(OPENED_MS + 7));
    for (const state of [pending, executing])
      expect(await shown(state)).not.toHaveProperty('validUntil');
    const over = applyEvent(
      approved,
      { kind: 'due' },
      contextOf({ nowMs: OPENED_MS + VALID_FOR_MS }),
    );
    expect(await shown(over.state)).not.toHaveProperty('validUntil');
  });

  it('gives the reason of policy until there is a verdict, and of the verdict from then on', async () => {
    expect(await shown(pending)).toMatchObject({
      reasonCode: 'approval_required',
      reason: 'Over the limit',
    });
    expect(await shown(approved)).toMatchObject({
      reasonCode: 'approved',
      reason: 'Approved by the required people',
    });
    expect(summarizeExecution(rowOf(approved)).reason).toBe('Approved by the required people');
    expect(await shown(approved)).not.toHaveProperty('by');
  });

  it('shows the open level counted from one, and the votes with it', async () => {
    const levels = [levelOf('approver', { onTimeout: 'escalate' }), levelOf('senior')];
    const above = applyEvent(
      openedUnder(chainOf({ levels })),
      { kind: 'due' },
      contextOf({ nowMs: OPENED_MS + TIMEOUT_MS }),
    ).state;
    expect((await shown(above)).approval).toMatchObject({
      level: 2,
      of: 2,
      levelName: 'senior',
      deadline: iso(OPENED_MS + 2 * TIMEOUT_MS),
      approvers: 'role:senior',
    });
    expect((await shown(approved)).approval?.votes).toEqual([
      { by: 'user:ann', verdict: 'approve', level: 1, at: iso(OPENED_MS) },
    ]);
  });

  it('keeps tokens, salts and attempts out of lists', () => {
    expect(Object.keys(summarizeExecution(rowOf(executing))).sort()).toEqual([
      'action',
      'agent',
      'createdAt',
      'environment',
      'executionId',
      'reason',
      'status',
      'updatedAt',
      'verdict',
    ]);
  });
});
