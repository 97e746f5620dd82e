import type { Caller } from '../../src/app/caller';
import { DEFAULT_TENANT } from '../../src/core/ids';
import { readExecution, refusal, release, submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

const SQL_POLICY = `
apiVersion: countersign/v1
kind: Policy
metadata: { id: sql-guard, version: 1 }
rules:
  - id: no-salaries
    match: { action: run_query }
    when: { field: sql.tables, contains: salaries }
    then: deny
    reason: Salaries are not for agents
defaults: { outcome: allow }
`;

describe('I-1: whatever goes wrong, the answer is never ALLOW', () => {
  let installation: TestInstallation;
  let bot: Caller;
  const query = (args: Record<string, string>) =>
    submitRefund(installation.core, bot, 0, { action: 'run_query', args });
  const epochMoves = () =>
    installation.sql(`UPDATE tenant_heads SET epoch = epoch + 1 WHERE tenant = 'default'`);

  beforeAll(async () => {
    installation = await createTestInstallation();
    bot = await installation.agent('support-bot');
  });
  afterAll(async () => {
    expect((await installation.verify()).state).toBe('VALID');
    await installation.stop();
  });

  it('an unknown agent is told that it does not exist, and nothing is stored', async () => {
    const before = await installation.sql('SELECT id FROM executions');
    const { useCases } = installation.core;
    const asked = { action: 'issue_refund', args: {}, context: {}, mode: 'decide' } as const;
    expect(await refusal(useCases.submitExecution(bot, { ...asked, agent: 'ghost' }))).toBe(
      'agent_not_found',
    );
    expect(
      await refusal(useCases.submitExecution(installation.admin, { ...asked, agent: 'ghost' })),
    ).toBe('agent_not_found');
    expect(await installation.sql('SELECT id FROM executions')).toHaveLength(before.length);
  });

  it('an agent acts only for itself: the same answer as for one that does not exist', async () => {
    await installation.agent('other-bot');
    expect(await refusal(submitRefund(installation.core, bot, 45, { agent: 'other-bot' }))).toBe(
      'agent_not_found',
    );
  });

  it('an agent outside its registered environments is denied', async () => {
    const view = await submitRefund(installation.core, bot, 45, { environment: 'staging' });
    expect(view).toMatchObject({ verdict: 'DENY', reasonCode: 'environment_not_registered' });
    expect(view.mayRun).toBe(false);
  });

  it.each(['suspended', 'retired'])('an agent that is %s is denied', async (status) => {
    const id = `${status}-bot`;
    const agent = await installation.agent(id);
    expect((await submitRefund(installation.core, agent, 45)).verdict).toBe('ALLOW');
    await installation.sql('UPDATE agents SET status = $1 WHERE id = $2', [status, id]);
    await epochMoves();
    const view = await submitRefund(installation.core, agent, 45);
    expect(view).toMatchObject({ verdict: 'DENY', reasonCode: 'agent_suspended', mayRun: false });
  });

  it('a condition that cannot be evaluated counts against the request', async () => {
    const view = await submitRefund(installation.core, bot, 0, { args: { amount: 'much' } });
    expect(view.verdict).not.toBe('ALLOW');
    expect(view.matched[0]?.policyError).toBeDefined();
  });

  it('a fact that cannot be computed counts against the request', async () => {
    await installation.publish('sql-guard', SQL_POLICY);
    expect((await query({ query: 'SELECT id FROM customers' })).verdict).toBe('ALLOW');
    expect(await query({ query: 'SELECT id FROM salaries' })).toMatchObject({
      verdict: 'DENY',
      reasonCode: 'policy_violation',
    });
    expect(await query({ query: 'SELEC id FRO' })).toMatchObject({
      verdict: 'DENY',
      reasonCode: 'policy_error',
      mayRun: false,
    });
  });

  it('a policy that no longer loads stops decisions instead of being left out', async () => {
    const stored = await installation.sql<{ content: string }>(
      `SELECT content FROM policy_sets WHERE id = 'sql-guard'`,
    );
    const spoil = (content: string) =>
      installation.sql(
        `UPDATE policy_sets SET content = $1, digest = md5($1) WHERE id = 'sql-guard'`,
        [content],
      );
    await spoil('rules: [');
    await epochMoves();
    expect(await refusal(submitRefund(installation.core, bot, 45))).toBe('unavailable');
    await spoil(stored[0]?.content ?? '');
    await epochMoves();
    expect((await submitRefund(installation.core, bot, 45)).verdict).toBe('ALLOW');
  });

  it('without any active policy everything is denied', async () => {
    const heads = await installation.sql<{ id: string; version: number; bundle: boolean }>(
      'DELETE FROM policy_heads RETURNING id, version, bundle',
    );
    await epochMoves();
    expect(await submitRefund(installation.core, bot, 45)).toMatchObject({
      verdict: 'DENY',
      reasonCode: 'no_active_policy',
      mayRun: false,
    });
    for (const { id, version, bundle } of heads)
      await installation.sql(
        `INSERT INTO policy_heads (tenant, id, version, bundle, published_by) VALUES ('default', $1, $2, $3, 'test')`,
        [id, version, bundle],
      );
    await epochMoves();
    expect((await submitRefund(installation.core, bot, 45)).verdict).toBe('ALLOW');
  });

  it('a rule that asks for an unknown chain denies instead of asking a weaker one', async () => {
    const text = SQL_POLICY.replace(
      'then: deny',
      'then: { require_approval: { chain: nobody-knows } }',
    );
    const published = await refusal(installation.publish('weaker', text));
    expect(published).toBe('policy_invalid');
  });

  it.each([
    [
      'the tenant has no head row',
      `ALTER TABLE tenant_heads RENAME TO hidden`,
      `ALTER TABLE hidden RENAME TO tenant_heads`,
    ],
    [
      'executions cannot be written',
      'REVOKE INSERT ON executions FROM cs_app',
      'GRANT INSERT ON executions TO cs_app',
    ],
    [
      'payloads cannot be written',
      'REVOKE INSERT ON payloads FROM cs_app',
      'GRANT INSERT ON payloads TO cs_app',
    ],
    [
      'the head cannot be moved',
      'REVOKE UPDATE ON tenant_heads FROM cs_app',
      'GRANT UPDATE ON tenant_heads TO cs_app',
    ],
  ])('when %s a submit is unavailable and leaves nothing', async (_name, harm, heal) => {
    const before = await installation.sql('SELECT id FROM executions');
    await installation.sql(harm);
    const answer = await refusal(submitRefund(installation.core, bot, 45));
    await installation.sql(heal);
    expect(answer).toBe('unavailable');
    expect(await installation.sql('SELECT id FROM executions')).toHaveLength(before.length);
    expect((await submitRefund(installation.core, bot, 45)).verdict).toBe('ALLOW');
  });

  it('what was approved does not run when the arguments were erased', async () => {
    const ann = await installation.person('ann', { approverRoles: ['support-manager'] });
    const asked = await submitRefund(installation.core, bot, 450);
    await installation.core.useCases.castVote(ann, {
      ...{ approvalId: asked.executionId, verdict: 'approve', rationale: 'Fine' },
    });
    await installation.sql('UPDATE payloads SET wrapped_key = NULL WHERE execution = $1', [
      asked.executionId,
    ]);
    expect(await refusal(release(installation.core, bot, asked))).toBe('basis_changed');
    expect(await readExecution(installation.core, bot, asked.executionId)).toMatchObject({
      mayRun: false,
      status: 'cancelled',
    });
  });
});

describe('I-1: Temporal down', () => {
  it('decisions go on for maxStartLagMs, then submits are unavailable until starts catch up', async () => {
    const installation = await createTestInstallation({ maxStartLagMs: 400 });
    try {
      const { core } = installation;
      const bot = await installation.agent('support-bot');
      expect((await submitRefund(core, bot, 45)).verdict).toBe('ALLOW');
      await core.lag.refresh();
      expect((await submitRefund(core, bot, 45)).verdict).toBe('ALLOW');
      await new Promise((resolve) => setTimeout(resolve, 450));
      // No new measurement: the last one has aged past the limit by itself.
      expect(await refusal(submitRefund(core, bot, 45))).toBe('unavailable');
      await core.lag.refresh();
      expect(await refusal(submitRefund(core, bot, 45))).toBe('unavailable');
      const waiting = await core.outbox.pendingStarts(100);
      await core.outbox.markStarted(
        DEFAULT_TENANT,
        waiting.map((row) => row.state.id),
      );
      await core.lag.refresh();
      expect((await submitRefund(core, bot, 45)).verdict).toBe('ALLOW');
    } finally {
      await installation.stop();
    }
  });
});
