import type { KillReach } from '../../src/core/controls/kill-switch';
import { createDrainBacklog } from '../../src/app/housekeeping';
import type { Caller } from '../../src/app/caller';
import { DEFAULT_TENANT } from '../../src/core/ids';
import { castVote, readExecution, refusal, release, submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

describe('I-2: no committed audit record, no ALLOW and no release', () => {
  let installation: TestInstallation;
  let bot: Caller;
  let ann: Caller;

  const refuseRows = () => installation.sql('REVOKE INSERT ON audit_events FROM cs_app, cs_system');
  const takeRows = () => installation.sql('GRANT INSERT ON audit_events TO cs_app, cs_system');
  const count = async (table: string): Promise<number> => {
    const [row] = await installation.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM ${table}`,
    );
    return row?.count ?? -1;
  };
  const backlogTypes = async (): Promise<string[]> =>
    (
      await installation.sql<{ type: string }>(
        `SELECT event ->> 'type' AS type FROM audit_backlog WHERE tenant = 'default' ORDER BY id`,
      )
    ).map(({ type }) => type);
  const drain = () => {
    const { committer, outbox } = installation.core;
    return createDrainBacklog({ committer, outbox, crypto: installation.crypto })();
  };

  beforeEach(async () => {
    installation = await createTestInstallation();
    bot = await installation.agent('support-bot');
    ann = await installation.person('ann', { approverRoles: ['support-manager'] });
  });
  afterEach(async () => {
    await takeRows();
    await drain();
    expect(await installation.verify()).toMatchObject({ state: 'VALID' });
    expect(await count('audit_backlog')).toBe(0);
    await installation.stop();
  });

  it('every ALLOW and every release has its row in the chain, with the verdict it was answered with', async () => {
    const allowed = await submitRefund(installation.core, bot, 45);
    const asked = await submitRefund(installation.core, bot, 450);
    await castVote(installation.core, ann, asked.executionId);
    await release(installation.core, bot, asked);
    const rows = await installation.sql<{ type: string; execution: string; outcome: string }>(
      `SELECT type, execution, outcome FROM audit_events WHERE type IN ('decision.made', 'execution.released') ORDER BY seq`,
    );
    expect(rows).toEqual([
      { type: 'decision.made', execution: allowed.executionId, outcome: 'ALLOW' },
      { type: 'decision.made', execution: asked.executionId, outcome: 'REQUIRE_APPROVAL' },
      { type: 'execution.released', execution: asked.executionId, outcome: 'released' },
    ]);
  });

  it('a submit that would be allowed, or asked, is unavailable and leaves no row anywhere', async () => {
    await refuseRows();
    for (const amount of [45, 450])
      expect(await refusal(submitRefund(installation.core, bot, amount))).toBe('unavailable');
    for (const table of ['executions', 'payloads', 'outbox', 'audit_backlog'])
      expect([table, await count(table)]).toEqual([table, 0]);
  });

  it('a vote and a release are unavailable and change nothing; both stand once rows are taken again', async () => {
    const asked = await submitRefund(installation.core, bot, 450);
    await refuseRows();
    expect(
      await refusal(castVote(installation.core, ann, asked.executionId, 'approve', 'c1')),
    ).toBe('unavailable');
    await takeRows();
    expect(await readExecution(installation.core, bot, asked.executionId)).toMatchObject({
      status: 'pending_approval',
      version: 1,
    });
    await castVote(installation.core, ann, asked.executionId, 'approve', 'c1');
    await refuseRows();
    expect(await refusal(release(installation.core, bot, asked, 'a1'))).toBe('unavailable');
    expect(await readExecution(installation.core, bot, asked.executionId, 'a1')).toMatchObject({
      status: 'approved',
      mayRun: false,
    });
    await takeRows();
    expect((await release(installation.core, bot, asked, 'a1')).mayRun).toBe(true);
  });

  it('a denial commits, its fact waits in the backlog and is chained on recovery', async () => {
    await refuseRows();
    const view = await submitRefund(installation.core, bot, 1, { action: 'delete_customer' });
    expect(view).toMatchObject({ verdict: 'DENY', status: 'denied', mayRun: false });
    expect(await backlogTypes()).toEqual(['decision.made']);
    expect(
      installation.log.some(({ level, message }) => level === 'error' && /ALARM/.test(message)),
    ).toBe(true);
    await takeRows();
    expect(await drain()).toBe(1);
    const chained = await installation.sql<{ type: string }>(
      `SELECT type FROM audit_events WHERE execution = $1 OR type = 'backlog.chained' ORDER BY seq`,
      [view.executionId],
    );
    expect(chained.map(({ type }) => type)).toEqual(['decision.made', 'backlog.chained']);
  });

  it('a cancel commits, also of what was approved and not yet released', async () => {
    const pending = await submitRefund(installation.core, bot, 450);
    const approved = await submitRefund(installation.core, bot, 451);
    await castVote(installation.core, ann, approved.executionId);
    await refuseRows();
    for (const { executionId } of [pending, approved]) {
      const cancelled = await installation.core.useCases.cancelExecution(bot, {
        executionId,
        reason: 'no longer wanted',
      });
      expect(cancelled).toMatchObject({ status: 'cancelled', mayRun: false });
    }
    expect(await backlogTypes()).toEqual(['execution.cancelled', 'execution.cancelled']);
    expect(await refusal(release(installation.core, bot, approved))).toBe('cancelled');
  });

  it.each<KillReach>([
    { scope: 'global' },
    { scope: 'tenant' },
    { scope: 'agent', target: 'support-bot' },
  ])(
    'a kill of %j commits and stops what is pending and what runs; a lifted one lets new work pass',
    async (reach) => {
      const running = await submitRefund(installation.core, bot, 45, { attemptId: 'run-1' });
      const pending = await submitRefund(installation.core, bot, 450);
      await refuseRows();
      const { useCases } = installation.core;
      const kill = await useCases.engageKillSwitch(installation.admin, {
        ...reach,
        reason: 'incident',
        severity: 'critical',
      });
      expect(await submitRefund(installation.core, bot, 45)).toMatchObject({
        verdict: 'DENY',
        reasonCode: 'kill_switch_active',
      });
      expect(
        await readExecution(installation.core, bot, running.executionId, 'run-1'),
      ).toMatchObject({
        mayRun: false,
      });
      expect(await readExecution(installation.core, bot, pending.executionId)).toMatchObject({
        status: 'killed',
      });
      await takeRows();
      await drain();
      await useCases.liftKillSwitch(installation.admin, { id: kill.id, reason: 'over' });
      const later = await submitRefund(installation.core, bot, 45, { attemptId: 'run-2' });
      expect(later).toMatchObject({ verdict: 'ALLOW', mayRun: true });
      expect(await readExecution(installation.core, bot, later.executionId, 'run-2')).toMatchObject(
        {
          mayRun: true,
        },
      );
    },
  );

  it('a stop that would be a grant when decided again does not pass by the backlog', async () => {
    await refuseRows();
    let tries = 0;
    const commit = installation.core.committer.commit(DEFAULT_TENANT, {
      work: (tx) => {
        tries += 1;
        tx.audit({ type: 'decision.made', actor: { kind: 'system', id: 'system:test' } });
        return tries === 1 ? 'DENY' : 'ALLOW';
      },
      stopsOnly: (verdict) => verdict === 'DENY',
    });
    expect(await refusal(commit)).toBe('unavailable');
    expect(tries).toBe(2);
    expect(await count('audit_backlog')).toBe(0);
  });

  it('facts of the backlog are chained once, in order, however many processes drain at a time', async () => {
    await refuseRows();
    for (let index = 0; index < 7; index += 1)
      await submitRefund(installation.core, bot, index, { action: 'delete_customer' });
    await takeRows();
    const twin = await installation.twin();
    const drainTwin = createDrainBacklog({
      ...{ committer: twin.committer, outbox: twin.outbox, crypto: installation.crypto },
    });
    const drained = await Promise.all([drain(), drainTwin(), drain(), drainTwin()]);
    expect(drained.reduce((sum, each) => sum + each, 0)).toBe(7);
    const rows = await installation.sql<{ execution: string }>(
      `SELECT execution FROM audit_events WHERE type = 'decision.made' ORDER BY seq`,
    );
    const decided = await installation.sql<{ id: string }>('SELECT id FROM executions ORDER BY id');
    expect(rows.map(({ execution }) => execution)).toEqual(decided.map(({ id }) => id));
  });
});
