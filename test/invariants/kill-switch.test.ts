import type { Caller } from '../../src/app/caller';
import { createSweepKilled } from '../../src/app/sweep-killed';
import { isDomainError } from '../../src/core/errors';
import { DEFAULT_TENANT } from '../../src/core/ids';
import type { CoreParts } from '../../src/main/core-parts';
import { killOutOfBand } from '../../src/main/out-of-band';
import {
  castVote,
  letTimePass,
  readExecution,
  refusal,
  release,
  submitRefund,
} from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';
import { runStatement } from '../support/postgres';

const DRILL = { scope: 'global', reason: 'drill', severity: 'critical' } as const;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('I-7: no ALLOW and no release is sequenced after a kill switch', () => {
  let installation: TestInstallation;
  let bot: Caller;
  let ann: Caller;
  let twin: CoreParts;
  const engage = (core = installation.core) =>
    core.useCases.engageKillSwitch(installation.admin, DRILL);
  const lift = (id: string) =>
    installation.core.useCases.liftKillSwitch(installation.admin, { id, reason: 'over' });
  const grantsAfter = (seq: number) =>
    installation.sql(
      `SELECT seq, type FROM audit_events WHERE tenant = 'default' AND seq > $1
          AND (type = 'execution.released' OR (type = 'decision.made' AND outcome <> 'DENY'))`,
      [seq],
    );
  const approved = async () => {
    const asked = await submitRefund(installation.core, bot, 450);
    await castVote(installation.core, ann, asked.executionId);
    return asked;
  };

  beforeAll(async () => {
    installation = await createTestInstallation();
    bot = await installation.agent('support-bot');
    ann = await installation.person('ann', { approverRoles: ['support-manager'] });
    twin = await installation.twin();
  });
  afterAll(async () => {
    expect((await installation.verify()).state).toBe('VALID');
    await installation.stop();
  });

  it('however submits and releases of two processes race with it, ten times over', async () => {
    for (let round = 0; round < 10; round += 1) {
      const ready = await Promise.all(Array.from({ length: 10 }, approved));
      const calls: Promise<unknown>[] = [];
      const fire = (call: Promise<unknown>) => {
        call.catch(() => undefined);
        calls.push(call);
      };
      const killing = pause(Math.random() * 15).then(() =>
        engage(round % 2 === 0 ? twin : undefined),
      );
      for (let index = 0; index < 60; index += 1) {
        fire(
          submitRefund(index % 2 === 0 ? installation.core : twin, bot, index % 5 === 0 ? 450 : 45),
        );
        const asked = ready[index % 10];
        if (asked !== undefined && index % 6 === 0)
          fire(release(twin, bot, asked, `r${String(index)}`));
        if (index % 5 === 0) await pause(1);
      }
      const kill = await killing;
      for (const each of await Promise.allSettled(calls))
        if (each.status === 'rejected') expect(isDomainError(each.reason)).toBe(true);
      expect(await grantsAfter(kill.engagedSeq)).toEqual([]);
      await lift(kill.id);
    }
  }, 60_000);

  it('on engagement the answer to every submit is a recorded denial, on every process at once', async () => {
    const kill = await engage();
    for (const core of [installation.core, twin]) {
      const view = await submitRefund(core, bot, 45);
      expect(view).toMatchObject({
        verdict: 'DENY',
        reasonCode: 'kill_switch_active',
        mayRun: false,
      });
    }
    await lift(kill.id);
    for (const core of [installation.core, twin])
      expect((await submitRefund(core, bot, 45)).verdict).toBe('ALLOW');
  });

  it('what was pending or approved before it stays void when it is lifted, swept or not', async () => {
    const pending = await submitRefund(installation.core, bot, 450);
    const ready = await approved();
    const kill = await engage(twin);
    await lift(kill.id);
    expect(await refusal(castVote(installation.core, ann, pending.executionId))).toBe(
      'kill_switch_active',
    );
    expect(await refusal(release(installation.core, bot, ready))).toBe('kill_switch_active');
    for (const { executionId } of [pending, ready])
      expect(await readExecution(twin, bot, executionId)).toMatchObject({
        status: 'killed',
        mayRun: false,
      });
    const verdicts = await installation.sql<{ verdict: string }>(
      `SELECT state ->> 'verdict' AS verdict FROM executions WHERE id = ANY($1) ORDER BY decided_seq`,
      [[pending.executionId, ready.executionId]],
    );
    // A kill changes the run, never a verdict already given.
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['killed', 'approved']);
  });

  it('running work is told to stop, and is not told otherwise after the lift', async () => {
    const running = await submitRefund(installation.core, bot, 45, { attemptId: 'at-work' });
    const mayRun = async () =>
      (await readExecution(twin, bot, running.executionId, 'at-work')).mayRun;
    expect(await mayRun()).toBe(true);
    const kill = await engage();
    expect(await mayRun()).toBe(false);
    await lift(kill.id);
    expect(await mayRun()).toBe(false);
    const report = {
      executionId: running.executionId,
      status: 'committed',
      attemptId: 'at-work',
    } as const;
    expect((await installation.core.useCases.reportOutcome(bot, report)).status).toBe('committed');
  });

  it('a waiting agent is woken by it', async () => {
    const { executionId } = await submitRefund(installation.core, bot, 450);
    const waiting = twin.useCases.awaitExecution(bot, { executionId, waitMs: 20_000 });
    await pause(100);
    const kill = await engage();
    const sweep = createSweepKilled({
      committer: installation.core.committer,
      crypto: installation.crypto,
    });
    expect(await sweep(DEFAULT_TENANT, kill.id)).toBeGreaterThan(0);
    expect(await waiting).toMatchObject({ status: 'killed', mayRun: false });
    await lift(kill.id);
  });

  it('the sweep writes what is void in batches, once, and finds nothing the second time', async () => {
    const views = await Promise.all(
      Array.from({ length: 30 }, () => submitRefund(installation.core, bot, 450)),
    );
    const kill = await engage();
    const sweepOf = ({ committer }: CoreParts) =>
      createSweepKilled({ committer, crypto: installation.crypto });
    const moved = await Promise.all([
      sweepOf(installation.core)(DEFAULT_TENANT, kill.id),
      sweepOf(twin)(DEFAULT_TENANT, kill.id),
    ]);
    expect(moved[0] + moved[1]).toBe(30);
    expect(await sweepOf(twin)(DEFAULT_TENANT, kill.id)).toBe(0);
    const events = await installation.sql(
      `SELECT seq FROM audit_events WHERE type = 'execution.killed' AND execution = ANY($1)`,
      [views.map(({ executionId }) => executionId)],
    );
    expect(events).toHaveLength(30);
    await lift(kill.id);
  });

  it('is engaged with nothing but a database URL, and chains its own row', async () => {
    const { adminUrl } = installation.database;
    await runStatement(
      adminUrl,
      `DO $$ BEGIN CREATE ROLE cs_test_operator LOGIN IN ROLE cs_app, cs_system; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    );
    const url = new URL(adminUrl);
    url.username = 'cs_test_operator';
    const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const kill = await killOutOfBand(
      {
        databaseUrl: url.href,
        dataDir: '/nonexistent',
        reason: 'api is down',
        severity: 'critical',
      },
      {},
      quiet,
    );
    for (const core of [installation.core, twin])
      expect((await submitRefund(core, bot, 45)).reasonCode).toBe('kill_switch_active');
    const rows = await installation.sql<{ actor: string; seq: string }>(
      `SELECT actor_kind || ' ' || actor_id AS actor, seq FROM audit_events WHERE tenant = 'default' AND type = 'kill.engaged' ORDER BY seq DESC LIMIT 1`,
    );
    expect(rows).toEqual([
      { actor: 'db-operator system:db-operator', seq: String(kill.engagedSeq) },
    ]);
    await lift(kill.id);
  });

  it('that expires by itself lets new work pass and leaves void what it voided', async () => {
    const pending = await submitRefund(installation.core, bot, 450);
    const expiresAt = new Date(Date.now() + 700).toISOString();
    await installation.core.useCases.engageKillSwitch(installation.admin, { ...DRILL, expiresAt });
    expect((await submitRefund(twin, bot, 45)).verdict).toBe('DENY');
    await pause(900);
    expect((await submitRefund(twin, bot, 45)).verdict).toBe('ALLOW');
    expect((await readExecution(twin, bot, pending.executionId)).status).toBe('killed');
  });

  it('of two engagements one may be lifted and the other still stops everything', async () => {
    const [one, two] = [await engage(), await engage(twin)];
    await lift(two.id);
    expect((await submitRefund(twin, bot, 45)).verdict).toBe('DENY');
    await lift(one.id);
    expect((await submitRefund(twin, bot, 45)).verdict).toBe('ALLOW');
    expect((await lift(one.id)).active).toBe(false);
    const lifts = await installation.sql(
      `SELECT seq FROM audit_events WHERE tenant = 'default' AND type = 'kill.lifted' AND convert_from(body, 'UTF8') LIKE '%' || $1 || '%'`,
      [one.id],
    );
    expect(lifts).toHaveLength(1);
  });

  it('is lifted once, and everybody who lifts it is told the moment it was', async () => {
    const kill = await engage();
    const lifts = await Promise.all(
      [installation.core, twin, installation.core, twin].map((core) =>
        core.useCases.liftKillSwitch(installation.admin, { id: kill.id, reason: 'over' }),
      ),
    );
    expect(new Set(lifts.map(({ liftedAt }) => liftedAt)).size).toBe(1);
    expect(Date.parse(lifts[0]?.liftedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(kill.engagedAt));
  });

  it('what a lifted one voided before the deadline is killed, not expired, although a later one followed', async () => {
    const { executionId } = await submitRefund(installation.core, bot, 450);
    await lift((await engage()).id);
    // Long enough for the first switch to be engaged before the deadline, however busy the machine.
    await pause(1_550);
    await letTimePass(installation, executionId, 3_600_000 - 1_500);
    const second = await engage();
    expect((await readExecution(twin, bot, executionId)).status).toBe('killed');
    await lift(second.id);
  });
});
