import { randomUUID } from 'node:crypto';
import type { Caller } from '../../src/app/caller';
import type { SubmitInput } from '../../src/app/submit-input';
import type { KillReach } from '../../src/core/controls/kill-switch';
import { isDomainError } from '../../src/core/errors';
import type { CoreParts } from '../../src/main/core-parts';
import { killOutOfBand } from '../../src/main/out-of-band';
import { castVote, readExecution, refusal, release, submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';
import { runStatement } from '../support/postgres';
import { createSecondTenant, SECOND_TENANT } from '../support/second-tenant';

const DRILL = { reason: 'drill', severity: 'critical' } as const;
/** In staging as in prod: large refunds are signed. */
const STAGING_POLICY = JSON.stringify({
  rules: [
    {
      id: 'APPROVE_LARGE_REFUND_IN_STAGING',
      match: { tool_name: 'issue_refund', environment: 'staging' },
      when: { amount_greater_than: 100 },
      outcome: 'REQUIRE_APPROVAL',
      approver_role: 'support-manager',
    },
  ],
  defaults: { outcome: 'ALLOW' },
});
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('I-7 by scope: what is in it is void, what is out of it is untouched', () => {
  let installation: TestInstallation;
  let twin: CoreParts;
  let ann: Caller;
  /** Of team care, tagged pii, in prod and staging. */
  let care: Caller;
  /** Of team treasury, tagged money, in the same environments. */
  let treasury: Caller;
  let second: Caller;

  const engage = (reach: KillReach, more: { id?: string; reason?: string } = {}) =>
    twin.useCases.engageKillSwitch(installation.admin, { ...DRILL, ...reach, ...more });
  const lift = (id: string) =>
    installation.core.useCases.liftKillSwitch(installation.admin, { id, reason: 'over' });
  const submit = (agent: Caller, amount: number, changes: Partial<SubmitInput> = {}) =>
    submitRefund(installation.core, agent, amount, changes);
  /** Pending, approved and running work of one kind. */
  const workOf = async (agent: Caller, changes: Partial<SubmitInput> = {}) => {
    const [pending, ready, running] = await Promise.all([
      submit(agent, 450, changes),
      submit(agent, 450, changes),
      submit(agent, 45, { ...changes, attemptId: 'at-work' }),
    ]);
    await castVote(installation.core, ann, ready.executionId);
    const mayRun = async () =>
      (await readExecution(twin, agent, running.executionId, 'at-work')).mayRun;
    return { pending, ready, mayRun, agent, changes };
  };
  const engagements = (id: string) =>
    installation.sql<{ tenant: string; seq: string; context: object }>(
      `SELECT tenant, seq, (convert_from(body, 'UTF8')::jsonb) -> 'context' AS context
         FROM audit_events WHERE type = 'kill.engaged' AND convert_from(body, 'UTF8') LIKE '%' || $1 || '%'`,
      [id],
    );

  beforeAll(async () => {
    installation = await createTestInstallation();
    twin = await installation.twin();
    await installation.publish('staging', STAGING_POLICY);
    ann = await installation.person('ann', { approverRoles: ['support-manager'] });
    const environments = ['prod', 'staging'];
    care = await installation.agent('care-bot', { team: 'care', tags: ['pii'], environments });
    treasury = await installation.agent('treasury-bot', {
      ...{ team: 'treasury', tags: ['money'], environments },
    });
    second = await createSecondTenant(installation);
  });
  afterAll(async () => {
    expect((await installation.verify()).state).toBe('VALID');
    await installation.stop();
  });

  it.each<[KillReach, Partial<SubmitInput>, 'another agent' | Partial<SubmitInput>]>([
    [{ scope: 'environment', target: 'staging' }, { environment: 'staging' }, {}],
    [{ scope: 'team', target: 'care' }, {}, 'another agent'],
    [{ scope: 'agent', target: 'care-bot' }, {}, 'another agent'],
    [{ scope: 'tag', target: 'pii' }, {}, 'another agent'],
  ])('%j', async (reach, within, outside) => {
    const hit = await workOf(care, within);
    const miss = outside === 'another agent' ? await workOf(treasury) : await workOf(care, outside);
    expect([await hit.mayRun(), await miss.mayRun()]).toEqual([true, true]);
    const kill = await engage(reach);
    expect(kill).toMatchObject({ ...reach, active: true, warnings: [] });

    expect(await submit(care, 45, within)).toMatchObject({
      ...{ verdict: 'DENY', reasonCode: 'kill_switch_active', mayRun: false },
    });
    expect((await submit(miss.agent, 45, miss.changes)).verdict).toBe('ALLOW');
    expect([await hit.mayRun(), await miss.mayRun()]).toEqual([false, true]);
    await lift(kill.id);

    expect(await refusal(castVote(installation.core, ann, hit.pending.executionId))).toBe(
      'kill_switch_active',
    );
    expect(await refusal(release(installation.core, care, hit.ready))).toBe('kill_switch_active');
    expect(await hit.mayRun()).toBe(false);
    expect((await submit(care, 45, within)).verdict).toBe('ALLOW');

    await castVote(twin, ann, miss.pending.executionId);
    for (const view of [miss.pending, miss.ready])
      expect((await release(twin, miss.agent, view, 'once')).mayRun).toBe(true);
  });

  it('an action, whoever asks for it: release refused while it is engaged, others go on', async () => {
    const hit = await workOf(care);
    const kill = await engage({ scope: 'action', target: 'issue_refund' });
    expect(kill.warnings).toEqual([]);
    for (const agent of [care, treasury])
      expect((await submit(agent, 45)).reasonCode).toBe('kill_switch_active');
    expect((await submit(care, 45, { action: 'read_ticket', args: {} })).reasonCode).not.toBe(
      'kill_switch_active',
    );
    expect(await refusal(release(twin, care, hit.ready))).toBe('kill_switch_active');
    await lift(kill.id);
  });

  it('a tenant is all of the own one and nothing of another', async () => {
    const hit = await workOf(care);
    const before = await installation.sql(`SELECT * FROM tenant_heads WHERE tenant = 'default'`);
    const theirs = await twin.useCases.engageKillSwitch(second, { ...DRILL, scope: 'tenant' });
    expect(await installation.sql(`SELECT * FROM tenant_heads WHERE tenant = 'default'`)).toEqual(
      before,
    );
    expect(await hit.mayRun()).toBe(true);
    const ours = await engage({ scope: 'tenant' });
    expect(await hit.mayRun()).toBe(false);
    expect((await submit(treasury, 45)).reasonCode).toBe('kill_switch_active');
    expect(await engagements(theirs.id)).toMatchObject([
      { tenant: SECOND_TENANT, context: { scope: 'tenant' } },
    ]);
    expect(await engagements(ours.id)).toMatchObject([{ tenant: 'default' }]);
    expect(await refusal(twin.useCases.liftKillSwitch(second, { id: ours.id, reason: 'x' }))).toBe(
      'not_found',
    );
    await lift(ours.id);
  });

  it('only tenant default engages and lifts what reaches every tenant', async () => {
    const attempt = twin.useCases.engageKillSwitch(second, { ...DRILL, scope: 'global' });
    expect(await refusal(attempt)).toBe('forbidden');
    const kill = await engage({ scope: 'global' });
    const { items } = await twin.useCases.listKillSwitches(second);
    expect(items.find(({ id }) => id === kill.id)).toMatchObject({ scope: 'global', active: true });
    expect(await refusal(twin.useCases.liftKillSwitch(second, { id: kill.id, reason: 'x' }))).toBe(
      'forbidden',
    );
    await lift(kill.id);
    expect(
      (await twin.useCases.listKillSwitches(second)).items.find(({ id }) => id === kill.id)?.active,
    ).toBe(false);
  });

  it.each(['care', 'sales'])(
    'an agent that changed its team after the decision is stopped with team %s',
    async (target) => {
      const bot = await installation.agent(`mover-${target}`, { team: 'care' });
      const work = await workOf(bot);
      const bystander = await workOf(treasury);
      // As a change of the registration does: the row and the control epoch together.
      await installation.sql(`UPDATE agents SET team = 'sales' WHERE id = $1`, [bot.agent]);
      await installation.sql(`UPDATE tenant_heads SET epoch = epoch + 1 WHERE tenant = 'default'`);
      const nobody = await engage({ scope: 'team', target: 'legal' });
      expect(await work.mayRun()).toBe(true);
      const kill = await engage({ scope: 'team', target });
      expect(await work.mayRun()).toBe(false);
      await lift(kill.id);
      expect(await refusal(release(twin, bot, work.ready))).toBe('kill_switch_active');
      expect((await readExecution(twin, bot, work.pending.executionId)).status).toBe('killed');
      expect((await release(twin, treasury, bystander.ready)).mayRun).toBe(true);
      await lift(nobody.id);
    },
  );

  it('an older engagement goes on voiding however many others came after it', async () => {
    const { ready } = await workOf(care);
    await lift((await engage({ scope: 'tag', target: 'pii' })).id);
    await installation.sql(
      `INSERT INTO controls (tenant, id, kind, scope, target, reason, severity, engaged_seq, engaged_at, engaged_by, lifted_at)
       SELECT 'default', gen_random_uuid(), 'kill_switch', 'agent', 'other-bot', 'x', 'info', 1000000 + n, 1, 'user:x', 2
         FROM generate_series(1, 1100) AS n`,
    );
    await installation.sql(`UPDATE tenant_heads SET epoch = epoch + 1 WHERE tenant = 'default'`);
    expect(await refusal(release(twin, care, ready))).toBe('kill_switch_active');
    await installation.sql(`DELETE FROM controls WHERE target = 'other-bot'`);
  });

  it('however submits and releases race with it, nothing in scope is granted after it', async () => {
    for (let round = 0; round < 5; round += 1) {
      const ready = await Promise.all(
        Array.from({ length: 10 }, async (_, index) => {
          const agent = index % 2 === 0 ? care : treasury;
          const view = await submit(agent, 450);
          await castVote(installation.core, ann, view.executionId);
          return { agent, view };
        }),
      );
      const calls: Promise<unknown>[] = [];
      const killing = pause(Math.random() * 10).then(() =>
        engage({ scope: 'agent', target: 'care-bot' }),
      );
      for (let index = 0; index < 60; index += 1) {
        const core = index % 2 === 0 ? installation.core : twin;
        calls.push(submitRefund(core, index % 4 < 2 ? care : treasury, index % 5 === 0 ? 450 : 45));
        const one = ready[index % 10];
        if (one !== undefined && index >= 30 && index < 40)
          calls.push(release(twin, one.agent, one.view, `r${String(index)}`));
        if (index % 5 === 0) await pause(1);
      }
      const ends = Promise.allSettled(calls);
      const kill = await killing;
      for (const end of await ends)
        if (end.status === 'rejected') expect(isDomainError(end.reason)).toBe(true);
      await submit(treasury, 45);
      const grants = await installation.sql<{ agent: string }>(
        `SELECT DISTINCT agent FROM audit_events WHERE tenant = 'default' AND seq > $1
            AND (type = 'execution.released' OR (type = 'decision.made' AND outcome <> 'DENY'))`,
        [kill.engagedSeq],
      );
      expect(grants).toEqual([{ agent: 'treasury-bot' }]);
      await lift(kill.id);
    }
  }, 60_000);

  it('two engagements that race both hold', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [one, two] = await Promise.all([
        installation.core.useCases.engageKillSwitch(installation.admin, {
          ...{ ...DRILL, scope: 'agent', target: 'care-bot' },
        }),
        engage({ scope: 'team', target: 'treasury' }),
      ]);
      expect(one.engagedSeq).not.toBe(two.engagedSeq);
      for (const core of [installation.core, twin])
        for (const agent of [care, treasury])
          expect((await submitRefund(core, agent, 45)).reasonCode).toBe('kill_switch_active');
      await lift(one.id);
      expect((await submit(care, 45)).verdict).toBe('ALLOW');
      expect((await submit(treasury, 45)).verdict).toBe('DENY');
      await lift(two.id);
    }
  });

  describe('with an id of the client', () => {
    const reach = { scope: 'agent', target: 'care-bot' } as const;

    it('is one switch, however often and from wherever it is sent', async () => {
      const id = randomUUID();
      const sent = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          (index % 2 === 0 ? installation.core : twin).useCases.engageKillSwitch(
            installation.admin,
            { ...DRILL, ...reach, id },
          ),
        ),
      );
      expect(new Set(sent.map((view) => JSON.stringify(view))).size).toBe(1);
      expect(await engagements(id)).toHaveLength(1);
      await lift(id);
      expect(await engage(reach, { id })).toMatchObject({
        active: false,
        warnings: [expect.stringContaining('has ended already')],
      });
      expect((await submit(care, 45)).verdict).toBe('ALLOW');
    });

    it('a repeat after it expired is told the same switch, not that its time lies in the past', async () => {
      const input = {
        ...{ ...DRILL, ...reach, id: randomUUID() },
        expiresAt: new Date(Date.now() + 300).toISOString(),
      };
      const first = await twin.useCases.engageKillSwitch(installation.admin, input);
      await pause(400);
      const again = await twin.useCases.engageKillSwitch(installation.admin, input);
      expect(again).toMatchObject({ engagedSeq: first.engagedSeq, active: false });
    });

    it('other content under it is refused and engages nothing', async () => {
      const { id } = await engage(reach, { id: randomUUID() });
      for (const [other, more] of [
        [{ scope: 'agent', target: 'treasury-bot' }, {}],
        [{ scope: 'tenant' }, {}],
        [{ scope: 'global' }, {}],
        [reach, { reason: 'another reason' }],
      ] as const)
        expect(await refusal(engage(other, { id, ...more }))).toBe('conflict');
      expect((await submit(treasury, 45)).verdict).toBe('ALLOW');
      await lift(id);
    });

    it('that another tenant used already holds up no other tenant silently', async () => {
      const id = randomUUID();
      const theirs = { ...DRILL, scope: 'agent', target: 'x', id } as const;
      await twin.useCases.engageKillSwitch(second, theirs);
      expect(await refusal(engage({ scope: 'global' }, { id }))).toBe('conflict');
      expect((await submit(care, 45)).verdict).toBe('ALLOW');
      const own = await engage(reach, { id });
      await lift(own.id);
      const { items } = await twin.useCases.listKillSwitches(second);
      expect(items.find((item) => item.id === id)?.active).toBe(true);
    });
  });

  it.each<[KillReach, boolean]>([
    [{ scope: 'agent', target: 'care-bot' }, true],
    [{ scope: 'agent', target: 'Care-Bot' }, false],
    [{ scope: 'team', target: 'treasury' }, true],
    [{ scope: 'team', target: 'nobody' }, false],
    [{ scope: 'tag', target: 'money' }, true],
    [{ scope: 'tag', target: 'gold' }, false],
    [{ scope: 'environment', target: 'staging' }, true],
    [{ scope: 'environment', target: 'moon' }, false],
    [{ scope: 'action', target: 'issue_refund' }, true],
    [{ scope: 'action', target: 'fly' }, false],
  ])('%j is engaged; known: %s', async (reach, known) => {
    const kill = await engage(reach);
    expect(kill.active).toBe(true);
    expect(kill.warnings).toHaveLength(known ? 0 : 1);
    await lift(kill.id);
  });

  it('out of band with a scope it reaches one part of one tenant, and chains scope and target', async () => {
    const { adminUrl } = installation.database;
    await runStatement(
      adminUrl,
      `DO $$ BEGIN CREATE ROLE cs_test_operator LOGIN IN ROLE cs_app, cs_system; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    );
    const url = new URL(adminUrl);
    url.username = 'cs_test_operator';
    const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const outOfBand = (options: Partial<Parameters<typeof killOutOfBand>[0]>) =>
      killOutOfBand(
        { databaseUrl: url.href, dataDir: '/nonexistent', ...DRILL, ...options },
        {},
        quiet,
      );
    const kill = await outOfBand({ scope: 'tool', target: 'issue_refund' });
    expect(kill).toMatchObject({ scope: 'action', target: 'issue_refund' });
    expect(await engagements(kill.id)).toMatchObject([
      { tenant: 'default', context: { scope: 'action', target: 'issue_refund' } },
    ]);
    expect((await submit(care, 45)).reasonCode).toBe('kill_switch_active');
    await lift(kill.id);

    const theirs = await outOfBand({ scope: 'tenant', tenant: SECOND_TENANT });
    expect(await engagements(theirs.id)).toMatchObject([{ tenant: SECOND_TENANT }]);
    expect((await submit(care, 45)).verdict).toBe('ALLOW');
    expect(await refusal(outOfBand({ scope: 'tenant', tenant: 'nobody' }))).toBe('not_found');
    expect(await refusal(outOfBand({ scope: 'agent' }))).toBe('validation_failed');
  });
});
