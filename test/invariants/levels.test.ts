import { randomUUID } from 'node:crypto';
import type { Caller } from '../../src/app/caller';
import type { ChainDefinition } from '../../src/core/escalation/chain';
import { chainOf, groupOf, levelOf } from '../core/execution/state-builders';
import { castVote, letTimePass, readExecution, refusal, submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';
import { auditOf, openUnder } from '../support/ladders';

const HOUR_MS = 3_600_000;
const level = (role: string, rest: Parameters<typeof levelOf>[1] = {}) =>
  levelOf(role, { timeoutMs: HOUR_MS, ...rest });
const EACH = chainOf({
  levels: [level('support-manager', { onTimeout: 'escalate' }), level('senior')],
  advance: 'each_level',
});
const TWO_GROUPS = chainOf({
  levels: [level('L1', { groups: [groupOf('support-manager'), groupOf('security')] })],
});

describe('I-5: each vote is a distinct human, over groups and levels', () => {
  let installation: TestInstallation;
  let bot: Caller;
  const people = new Map<string, Caller>();
  const person = (id: string): Caller => {
    const found = people.get(id);
    if (found === undefined) throw new Error(`nobody is called ${id}`);
    return found;
  };
  const join = async (id: string, approverRoles: string[], rest = {}): Promise<Caller> => {
    const caller = await installation.person(id, { approverRoles, ...rest });
    people.set(id, caller);
    return caller;
  };
  const ask = async (chain: ChainDefinition, by = bot, changes = {}): Promise<string> => {
    const { executionId } = await submitRefund(installation.core, by, 450, changes);
    await openUnder(installation, executionId, chain);
    return executionId;
  };
  const vote = (id: string, executionId: string, verdict: 'approve' | 'reject' = 'approve') =>
    refusal(castVote(installation.core, person(id), executionId, verdict));
  const stand = async (executionId: string): Promise<string> => {
    const { status, approval } = await readExecution(installation.core, bot, executionId);
    return status === 'pending_approval' ? `level ${String(approval?.level)}` : status;
  };

  beforeAll(async () => {
    installation = await createTestInstallation();
    bot = await installation.agent('support-bot', { owner: 'olga' });
    await join('ann', ['support-manager']);
    await join('ben', ['support-manager']);
    await join('both', ['support-manager', 'security']);
    await join('sec', ['security']);
    await join('cid', ['senior']);
    await join('dan', ['senior']);
    await join('olga', ['support-manager', 'senior', 'security']);
    await join('sue', ['support-manager', 'senior'], { roles: ['Admin'] });
    await join('wide', ['support-manager', 'senior']);
    await join('ivo', ['senior'], { roles: ['Admin'] });
    await join('ivos-one', ['support-manager'], { by: person('ivo') });
  });
  afterAll(async () => {
    expect((await installation.verify()).state).toBe('VALID');
    await installation.stop();
  });

  it('one person in two groups fills one slot, whoever comes second', async () => {
    for (const [first, second] of [
      ['both', 'ann'],
      ['both', 'sec'],
      ['ann', 'both'],
      ['sec', 'both'],
    ] as const) {
      const executionId = await ask(TWO_GROUPS);
      expect(await vote(first, executionId)).toBe('none');
      expect(await stand(executionId)).toBe('level 1');
      expect(await vote(first, executionId)).toBe('none');
      expect(await stand(executionId)).toBe('level 1');
      expect(await vote(second, executionId)).toBe('none');
      expect(await stand(executionId)).toBe('approved');
    }
  });

  it('two people of the same group do not fill the other group', async () => {
    const executionId = await ask(TWO_GROUPS);
    for (const id of ['ann', 'ben']) expect(await vote(id, executionId)).toBe('none');
    expect(await stand(executionId)).toBe('level 1');
  });

  it('whoever voted below has no second vote above, though the role would allow it', async () => {
    const executionId = await ask(EACH);
    expect(await vote('wide', executionId)).toBe('none');
    expect(await stand(executionId)).toBe('level 2');
    expect(await vote('wide', executionId, 'reject')).toBe('already_voted');
    expect(await vote('cid', executionId)).toBe('none');
    expect(await stand(executionId)).toBe('approved');
  });

  it('requester, owner and machines are kept out of every level', async () => {
    const executionId = await ask(EACH, person('sue'), { agent: 'support-bot' });
    for (const id of ['sue', 'olga']) expect(await vote(id, executionId)).toBe('not_eligible');
    expect(await vote('ann', executionId)).toBe('none');
    for (const id of ['sue', 'olga']) expect(await vote(id, executionId)).toBe('not_eligible');
    const forged: Caller = { ...bot, permissions: person('ann').permissions };
    expect(await refusal(castVote(installation.core, forged, executionId))).toBe('not_eligible');
    expect(await stand(executionId)).toBe('level 2');
  });

  it('an issuer does not follow at level 2 the holder of a key it made, who voted at level 1', async () => {
    const executionId = await ask(EACH);
    expect(await vote('ivos-one', executionId)).toBe('none');
    expect(await vote('ivo', executionId)).toBe('not_eligible');
    expect(await vote('dan', executionId)).toBe('none');
    expect(await stand(executionId)).toBe('approved');
  });

  it('at the verdict the level below is checked again: a removed approver is replaced, not counted', async () => {
    await join('gone', ['support-manager']);
    const executionId = await ask(EACH);
    expect(await vote('gone', executionId)).toBe('none');
    await installation.sql(`DELETE FROM role_bindings WHERE principal = 'user:gone'`);
    expect(await vote('cid', executionId)).toBe('none');
    expect(await stand(executionId)).toBe('level 1');
    expect(await vote('ben', executionId)).toBe('none');
    expect(await stand(executionId)).toBe('approved');
    const { approval } = await readExecution(installation.core, bot, executionId);
    expect(approval?.votes.map(({ by, level: at }) => `${by} at ${String(at)}`)).toEqual([
      'user:gone at 1',
      'user:cid at 2',
      'user:ben at 1',
    ]);
    const opened = (await auditOf(installation, executionId)).filter(
      ({ outcome }) => outcome === 'level_opened',
    );
    expect(opened.map(({ context }) => [context['level'], context['why']])).toEqual([
      [2, 'approved_below'],
      [1, 'reopened'],
    ]);
  });

  it('a click meant for the level below does not count above, when a timer came between', async () => {
    const executionId = await ask(EACH);
    await letTimePass(installation, executionId, HOUR_MS);
    const stale = { approvalId: executionId, verdict: 'approve', rationale: 'Looks fine' } as const;
    const cast = (id: string, rest: { level?: number; displayDigest?: string }) =>
      refusal(
        installation.core.useCases.castVote(person(id), {
          ...stale,
          ...rest,
          commandId: randomUUID(),
        }),
      );
    expect(await cast('cid', { level: 1 })).toBe('level_mismatch');
    expect(await cast('cid', { displayDigest: '0'.repeat(64) })).toBe('card_changed');
    const { useCases } = installation.core;
    const shown = await useCases.readApproval(person('cid'), executionId);
    expect(shown.level).toBe(2);
    expect(shown.displayDigest).toMatch(/^[0-9a-f]{64}$/);
    const digest = shown.displayDigest ?? '';
    expect(await cast('cid', { level: 2, displayDigest: digest })).toBe('none');
    expect(await stand(executionId)).toBe('approved');
    const votes = await installation.sql<{ display_digest: string; level: number }>(
      'SELECT display_digest, level FROM votes WHERE execution = $1 AND counted',
      [executionId],
    );
    expect(votes).toEqual([{ display_digest: digest, level: 2 }]);
  });

  it('a person passes the request up by name, and the card says who', async () => {
    const executionId = await ask(EACH);
    const escalate = (id: string) =>
      refusal(
        installation.core.useCases.castVote(person(id), {
          ...{ approvalId: executionId, verdict: 'escalate', rationale: '' },
          commandId: randomUUID(),
        }),
      );
    expect(await escalate('cid')).toBe('not_eligible');
    expect(await escalate('ann')).toBe('none');
    expect(await stand(executionId)).toBe('level 2');
    expect(await escalate('cid')).toBe('no_higher_level');
    expect(await vote('cid', executionId)).toBe('none');
    expect(await stand(executionId)).toBe('approved');
    const rows = await auditOf(installation, executionId);
    expect(rows.map(({ type, outcome, actor }) => `${type} ${String(outcome)} ${actor}`)).toEqual(
      expect.arrayContaining([
        'vote.counted escalate user:ann',
        'approval.escalated level_passed_up system:countersign',
        'approval.decided approved user:cid',
      ]),
    );
  });
});
