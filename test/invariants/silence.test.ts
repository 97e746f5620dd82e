import { createApplyDue } from '../../src/app/apply-due';
import type { Caller } from '../../src/app/caller';
import type { ChainDefinition } from '../../src/core/escalation/chain';
import { DEFAULT_TENANT, executionId as toExecutionId } from '../../src/core/ids';
import { chainOf, levelOf } from '../core/execution/state-builders';
import {
  castVote,
  letTimePass,
  readExecution,
  refusal,
  release,
  submitRefund,
} from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';
import { auditOf, openUnder } from '../support/ladders';

const HOUR_MS = 3_600_000;
const WIRES = `
apiVersion: countersign/v1
kind: Policy
metadata: { id: wires, version: 1 }
rules:
${['standard', 'high-risk', 'critical']
  .map(
    (chain) =>
      `  - { id: ${chain}, match: { action: ${chain.replace('-', '_')} }, then: require_approval, approval: { chain: ${chain} }, reason: Asked }`,
  )
  .join('\n')}
defaults: { outcome: allow }
`;
const manager = (level: Parameters<typeof levelOf>[1] = {}) =>
  levelOf('support-manager', { timeoutMs: HOUR_MS, ...level });
const senior = (level: Parameters<typeof levelOf>[1] = {}) =>
  levelOf('senior', { timeoutMs: HOUR_MS, ...level });

describe('I-11: silence never approves, unless a chain says so explicitly and is audited as such', () => {
  let installation: TestInstallation;
  let bot: Caller;
  let ann: Caller;
  const due = (executionId: string) =>
    createApplyDue({ ...installation.core, crypto: installation.crypto })(
      DEFAULT_TENANT,
      toExecutionId(executionId),
    );
  const statusOf = async (executionId: string) =>
    (await readExecution(installation.core, bot, executionId)).status;
  const under = async (chain: ChainDefinition): Promise<string> => {
    const { executionId } = await submitRefund(installation.core, bot, 450);
    await openUnder(installation, executionId, chain);
    return executionId;
  };

  beforeAll(async () => {
    installation = await createTestInstallation();
    bot = await installation.agent('support-bot');
    ann = await installation.person('ann', { approverRoles: ['support-manager'] });
    await installation.person('sam', { approverRoles: ['senior', 'approver', 'senior-approver'] });
    for (const id of ['eve', 'fay'])
      await installation.person(id, { approverRoles: ['executive'] });
    await installation.person('ava', { approverRoles: ['approver'] });
    await installation.publish('wires', WIRES);
  });
  afterAll(async () => {
    expect((await installation.verify()).state).toBe('VALID');
    await installation.stop();
  });

  it.each(['standard', 'high_risk', 'critical'])(
    'the chain %s, left alone for a day, is never approved',
    async (action) => {
      const { executionId } = await submitRefund(installation.core, bot, 1, { action });
      expect(await statusOf(executionId)).toBe('pending_approval');
      await letTimePass(installation, executionId, 24 * HOUR_MS);
      const end = await readExecution(installation.core, bot, executionId);
      expect(['expired', 'rejected']).toContain(end.status);
      expect(end.approval?.votes).toEqual([]);
      expect(await refusal(release(installation.core, bot, end))).not.toBe('none');
    },
  );

  it('an approval by silence is the word of the chain: its actor is the system, on record with the timeout', async () => {
    const executionId = await under(chainOf({ levels: [manager({ onTimeout: 'approve' })] }));
    await letTimePass(installation, executionId, HOUR_MS);
    // Whoever's late click finds it: it is not that person's approval.
    expect(await refusal(castVote(installation.core, ann, executionId))).toBe('already_decided');
    const rows = await auditOf(installation, executionId);
    const found = rows.filter(({ type }) => /^(approval|vote)\./.test(type));
    expect(found.map(({ type, outcome, kind }) => [type, outcome, kind])).toEqual(
      expect.arrayContaining([
        ['approval.escalated', 'level_timed_out', 'system'],
        ['approval.decided', 'approved', 'system'],
        ['vote.refused', 'already_decided', 'user'],
      ]),
    );
    expect(found).toHaveLength(3);
    expect(found.find(({ outcome }) => outcome === 'level_timed_out')?.context).toMatchObject({
      action: 'approve',
    });
    expect(found.find(({ type }) => type === 'approval.decided')?.context).toMatchObject({
      reason: 'Approved by the chain when the timer ran out',
    });
  });

  it('an approval by silence is decided again first: not under other rules, not for a suspended agent', async () => {
    const silent = chainOf({ levels: [manager({ onTimeout: 'approve' })] });
    const [first, second] = [await under(silent), await under(silent)];
    await letTimePass(installation, first, HOUR_MS);
    const suspend = (status: string) =>
      installation.sql(
        `WITH s AS (UPDATE agents SET status = $1 WHERE id = 'support-bot')
         UPDATE tenant_heads SET epoch = epoch + 1`,
        [status],
      );
    await suspend('suspended');
    await due(first);
    await suspend('active');
    expect(await statusOf(first)).toBe('cancelled');
    await letTimePass(installation, second, HOUR_MS);
    expect(await statusOf(second)).toBe('approved');
  });

  it('silence of a level that others have to follow leaves them to be asked', async () => {
    const levels = [manager({ onTimeout: 'approve' }), senior()];
    const executionId = await under(chainOf({ levels, advance: 'each_level' }));
    await letTimePass(installation, executionId, HOUR_MS);
    const view = await readExecution(installation.core, bot, executionId);
    expect([view.status, view.approval?.level]).toEqual(['pending_approval', 2]);
    await letTimePass(installation, executionId, HOUR_MS);
    expect(await statusOf(executionId)).toBe('expired');
  });

  it('a parked level stays parked until somebody speaks', async () => {
    const executionId = await under(chainOf({ levels: [manager({ onTimeout: 'park' })] }));
    await letTimePass(installation, executionId, 30 * 24 * HOUR_MS);
    expect(await statusOf(executionId)).toBe('parked');
    await castVote(installation.core, ann, executionId);
    expect(await statusOf(executionId)).toBe('approved');
  });
});
