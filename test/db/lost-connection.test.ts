import type { Caller } from '../../src/app/caller';
import { isDomainError } from '../../src/core/errors';
import type { ExecutionView } from '../../src/core/execution/view';
import { DEFAULT_TENANT } from '../../src/core/ids';
import type { CoreParts } from '../../src/main/core-parts';
import { startCommitCutter, type CommitCutter, type Cut } from '../support/commit-cutter';
import { castVote, readExecution, refusal, release, submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let installation: TestInstallation;
let cutter: CommitCutter;
let shaky: CoreParts;
let bot: Caller;
let ann: Caller;

beforeAll(async () => {
  installation = await createTestInstallation();
  bot = await installation.agent('support-bot');
  ann = await installation.person('ann', { approverRoles: ['support-manager'] });
  cutter = await startCommitCutter(installation.database.adminUrl);
  shaky = await installation.twin({ databaseUrl: cutter.databaseUrl });
  await submitRefund(shaky, bot, 45);
});
afterAll(async () => {
  cutter.comeBack();
  expect((await installation.verify()).state).toBe('VALID');
  await installation.stop();
  await cutter.close();
});
afterEach(() => {
  cutter.cutWith(() => 'never');
  cutter.comeBack();
});

/** What became of each keyed submit: the answer its caller got and the rows that stand for it. */
async function judge(
  keys: readonly string[],
  answers: readonly PromiseSettledResult<ExecutionView>[],
): Promise<{ readonly answered: number; readonly refused: number; readonly lies: string[] }> {
  const rows = await installation.sql<{ key: string; id: string; decisions: number }>(
    `SELECT x.idempotency_key AS key, x.id,
            (SELECT count(*)::int FROM audit_events e WHERE e.execution = x.id AND e.type = 'decision.made') AS decisions
       FROM executions x WHERE x.idempotency_key = ANY($1)`,
    [keys],
  );
  const lies: string[] = [];
  let answered = 0;
  for (const [index, key] of keys.entries()) {
    const mine = rows.filter((row) => row.key === key);
    if (mine.length > 1 || mine.some((row) => row.decisions !== 1)) lies.push(`${key}: doubled`);
    const answer = answers[index];
    if (answer?.status === 'fulfilled') {
      answered += 1;
      if (mine[0]?.id !== answer.value.executionId) lies.push(`${key}: a phantom`);
    } else if (!isDomainError(answer?.reason) || answer.reason.code !== 'unavailable') {
      lies.push(`${key}: ${String(answer?.reason)}`);
    }
  }
  const orphans = await installation.sql(
    `SELECT seq FROM audit_events e WHERE type = 'decision.made' AND NOT EXISTS (SELECT 1 FROM executions x WHERE x.id = e.execution)`,
  );
  if (orphans.length > 0) lies.push(`${String(orphans.length)} decisions without execution`);
  return { answered, refused: keys.length - answered, lies };
}

async function load(
  label: string,
  count: number,
  spacingMs: number,
): Promise<{ readonly keys: string[]; readonly answers: PromiseSettledResult<ExecutionView>[] }> {
  const keys = Array.from({ length: count }, (_, index) => `${label}-${String(index)}`);
  const pending: Promise<ExecutionView>[] = [];
  for (const idempotencyKey of keys) {
    const call = submitRefund(shaky, bot, 45, { idempotencyKey });
    call.catch(() => undefined);
    pending.push(call);
    await pause(spacingMs);
  }
  return { keys, answers: await Promise.allSettled(pending) };
}

describe('a connection lost around COMMIT', () => {
  it.each<[string, Cut]>([
    ['before it reached the server is made good: the work is done again', 'before_commit'],
    ['after it reached the server is made good: the commit is found', 'after_commit'],
  ])('%s', async (_name, cut) => {
    let commits = 0;
    cutter.cutWith(() => {
      commits += 1;
      return commits % 2 === 0 ? cut : 'never';
    });
    const before = cutter.cuts;
    const { keys, answers } = await load(cut, 100, 5);
    expect(cutter.cuts - before).toBeGreaterThan(3);
    const { lies, answered } = await judge(keys, answers);
    expect(lies).toEqual([]);
    expect(answered).toBe(100);
  });

  it('after it reached the server does nothing twice, also where no key marks a repeat', async () => {
    let commits = 0;
    cutter.cutWith(() => (commits++ % 2 === 0 ? 'after_commit' : 'never'));
    const pending: Promise<ExecutionView>[] = [];
    for (let index = 0; index < 40; index += 1) {
      pending.push(submitRefund(shaky, bot, 45, { action: 'keyless' }));
      await pause(5);
    }
    const answered = (await Promise.all(pending)).map(({ executionId }) => executionId);
    expect(commits).toBeGreaterThan(3);
    const rows = await installation.sql<{ id: string }>(
      `SELECT x.id FROM executions x JOIN audit_events e ON e.execution = x.id WHERE x.action = 'keyless'`,
    );
    expect(rows.map(({ id }) => id).sort()).toEqual([...answered].sort());
  });

  it('every time: each answer is still true, and a refusal says that no verdict stands', async () => {
    cutter.cutWith(() => 'before_commit');
    const { keys, answers } = await load('always', 5, 0);
    const { lies, refused } = await judge(keys, answers);
    expect(lies).toEqual([]);
    expect(refused).toBe(5);
    cutter.cutWith(() => 'never');
    const retried = await Promise.allSettled(
      keys.map((idempotencyKey) => submitRefund(shaky, bot, 45, { idempotencyKey })),
    );
    expect(await judge(keys, retried)).toMatchObject({ answered: 5, lies: [] });
  });

  it('with nobody left to ask is answered unavailable; the same key and attempt then find what was decided', async () => {
    cutter.cutWith(() => {
      setImmediate(() => {
        cutter.goDown();
      });
      return 'after_commit';
    });
    const asked = { idempotencyKey: 'in-doubt', attemptId: 'the-attempt' };
    expect(await refusal(submitRefund(shaky, bot, 45, asked))).toBe('unavailable');
    cutter.cutWith(() => 'never');
    cutter.comeBack();
    const view = await submitRefund(shaky, bot, 45, asked);
    expect(view).toMatchObject({ verdict: 'ALLOW', mayRun: true, version: 1 });
    expect(await judge(['in-doubt'], [{ status: 'fulfilled', value: view }])).toMatchObject({
      lies: [],
    });
    expect(Date.parse(view.createdAt)).toBeLessThan((await shaky.reads.nowMs()) - 1_000);
  });

  it('of a vote or a release counts it once', async () => {
    const asked = await submitRefund(installation.core, bot, 450);
    let commits = 0;
    cutter.cutWith(() => (commits++ === 0 ? 'after_commit' : 'never'));
    const receipt = await castVote(shaky, ann, asked.executionId);
    expect(receipt).toMatchObject({ counted: true, status: 'approved' });
    commits = 0;
    expect(await release(shaky, bot, asked, 'the-attempt')).toMatchObject({ mayRun: true });
    const counts = await installation.sql<{ type: string; count: number }>(
      `SELECT type, count(*)::int AS count FROM audit_events WHERE execution = $1 GROUP BY 1 ORDER BY 1`,
      [asked.executionId],
    );
    expect(Object.fromEntries(counts.map(({ type, count }) => [type, count]))).toEqual({
      'approval.decided': 1,
      'decision.made': 1,
      'execution.released': 1,
      'vote.counted': 1,
    });
  });

  it.each<Cut>(['before_commit', 'after_commit'])(
    'of a kill switch engages it once and says so: cut %s',
    async (cut) => {
      let commits = 0;
      cutter.cutWith(() => (commits++ === 0 ? cut : 'never'));
      const { useCases } = shaky;
      const kill = await useCases.engageKillSwitch(installation.admin, {
        ...{ scope: 'global', reason: 'drill', severity: 'info' },
      });
      expect(kill.active).toBe(true);
      const engaged = await installation.sql<{ seq: string }>(
        `SELECT e.seq FROM audit_events e JOIN controls c ON c.tenant = e.tenant AND c.engaged_seq = e.seq
          WHERE c.id = $1 AND c.tenant = 'default' AND e.type = 'kill.engaged'`,
        [kill.id],
      );
      expect(engaged).toEqual([{ seq: String(kill.engagedSeq) }]);
      commits = 0;
      const lifted = await useCases.liftKillSwitch(installation.admin, {
        ...{ id: kill.id, reason: 'over' },
      });
      expect(lifted).toMatchObject({ active: false });
      expect(Date.parse(lifted.liftedAt ?? '')).toBeGreaterThan(Date.parse(kill.engagedAt) - 1);
      const lifts = await installation.sql(
        `SELECT seq FROM audit_events WHERE tenant = 'default' AND type = 'kill.lifted'
            AND convert_from(body, 'UTF8') LIKE '%' || $1 || '%'`,
        [kill.id],
      );
      expect(lifts).toHaveLength(1);
    },
  );
});

describe('sessions that the server ends', () => {
  it('at random moments under load leave every answer true and the process alive', async () => {
    let loading = true;
    const killing = (async () => {
      let killed = 0;
      while (loading) {
        const rows = await installation.sql(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE 'countersign cs_%'
              AND state <> 'idle'`,
        );
        killed += rows.length;
        await pause(5 + Math.random() * 20);
      }
      return killed;
    })();
    const { keys, answers } = await load('killed', 300, 3);
    loading = false;
    expect(await killing).toBeGreaterThan(5);
    const { lies } = await judge(keys, answers);
    expect(lies).toEqual([]);
  });

  it('while they are idle cost nobody an answer', async () => {
    await Promise.all(Array.from({ length: 8 }, () => submitRefund(shaky, bot, 45)));
    await installation.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'countersign cs_%'`,
    );
    expect((await submitRefund(shaky, bot, 45)).verdict).toBe('ALLOW');
  });
});

describe('a database that is down', () => {
  it('gets every question the answer unavailable, never a verdict, and service afterwards', async () => {
    const allowed = await submitRefund(shaky, bot, 45);
    const asked = await submitRefund(shaky, bot, 450);
    cutter.goDown();
    const { useCases } = shaky;
    const kill = { scope: 'global', reason: 'drill', severity: 'info' } as const;
    const answers = {
      submit: await refusal(submitRefund(shaky, bot, 45)),
      vote: await refusal(castVote(shaky, ann, asked.executionId)),
      release: await refusal(release(shaky, bot, asked)),
      read: await refusal(readExecution(shaky, bot, allowed.executionId)),
      kill: await refusal(useCases.engageKillSwitch(installation.admin, kill)),
      cancel: await refusal(
        useCases.cancelExecution(bot, { executionId: asked.executionId, reason: 'no' }),
      ),
      login: await refusal(useCases.authenticate('cs_dev_unknown', '127.0.0.1')),
      evaluate: await refusal(
        useCases.evaluateRequest(bot, {
          ...{ agent: 'support-bot', action: 'issue_refund', args: {}, context: {} },
          mode: 'dry_run',
        }),
      ),
    };
    expect(new Set(Object.entries(answers).map(([name, code]) => `${name} ${code}`))).toEqual(
      new Set(Object.keys(answers).map((name) => `${name} unavailable`)),
    );
    cutter.comeBack();
    expect((await submitRefund(shaky, bot, 45)).verdict).toBe('ALLOW');
    expect(
      await installation.core.reads.execution(DEFAULT_TENANT, asked.executionId as never),
    ).toMatchObject({
      row: { state: { verdict: 'pending_approval' } },
    });
  });

  it('also gets them for an agent whose record was not cached', async () => {
    const fresh = await installation.agent('fresh-bot');
    cutter.goDown();
    expect(await refusal(submitRefund(shaky, fresh, 45))).toBe('unavailable');
  });
});
