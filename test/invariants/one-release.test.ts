import { randomUUID } from 'node:crypto';
import type { Caller } from '../../src/app/caller';
import type { ExecutionView } from '../../src/core/execution/view';
import {
  castVote,
  letTimePass,
  readExecution,
  refusal,
  release,
  submitRefund,
} from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

const HOUR_MS = 3_600_000;

describe('I-4: one approval releases at most one run of the action', () => {
  let installation: TestInstallation;
  let bot: Caller;
  let ann: Caller;
  const approved = async (): Promise<ExecutionView> => {
    const asked = await submitRefund(installation.core, bot, 450);
    await castVote(installation.core, ann, asked.executionId);
    return asked;
  };
  const releasesOf = async (executionId: string): Promise<number> =>
    (
      await installation.sql(
        `SELECT seq FROM audit_events WHERE type = 'execution.released' AND execution = $1`,
        [executionId],
      )
    ).length;

  beforeAll(async () => {
    installation = await createTestInstallation();
    bot = await installation.agent('support-bot');
    ann = await installation.person('ann', { approverRoles: ['support-manager'] });
  });
  afterAll(async () => {
    expect((await installation.verify()).state).toBe('VALID');
    await installation.stop();
  });

  it('fifty attempts at once, through two processes: one may run, the others learn that it is taken', async () => {
    const asked = await approved();
    const twin = await installation.twin();
    const settled = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) =>
        release(index % 2 === 0 ? installation.core : twin, bot, asked, `try-${String(index)}`),
      ),
    );
    const won = settled.filter((each) => each.status === 'fulfilled');
    expect(won).toHaveLength(1);
    expect(won[0]).toMatchObject({ value: { mayRun: true, status: 'executing' } });
    for (const each of settled)
      if (each.status === 'rejected')
        expect(each.reason).toMatchObject({ code: 'already_released' });
    expect(await releasesOf(asked.executionId)).toBe(1);
  });

  it('the same attempt gets the same answer again and is released once', async () => {
    const asked = await approved();
    const views = await Promise.all(
      Array.from({ length: 20 }, () => release(installation.core, bot, asked, 'mine')),
    );
    expect(
      new Set(views.map((view) => [view.mayRun, view.releaseToken, view.version].join())),
    ).toEqual(new Set([[true, views[0]?.releaseToken, views[0]?.version].join()]));
    expect(await releasesOf(asked.executionId)).toBe(1);
  });

  it('an ALLOW is its own release: only the attempt that submitted may run', async () => {
    const view = await submitRefund(installation.core, bot, 45, { attemptId: 'first' });
    const read = (attempt: string) =>
      readExecution(installation.core, bot, view.executionId, attempt);
    expect(await read('first')).toMatchObject({ mayRun: true });
    expect(await read('second')).toMatchObject({ mayRun: false });
    expect(await refusal(release(installation.core, bot, view, 'second'))).toBe('already_released');
    expect(await release(installation.core, bot, view, 'first')).toMatchObject({ mayRun: true });
    expect(await releasesOf(view.executionId)).toBe(0);
  });

  it('after its outcome is reported nothing runs again, not even for the attempt that ran', async () => {
    const asked = await approved();
    await release(installation.core, bot, asked, 'ran');
    const { useCases } = installation.core;
    const { executionId } = asked;
    const report = {
      executionId,
      status: 'committed',
      attemptId: 'ran',
      result: { id: 7 },
    } as const;
    expect(await useCases.reportOutcome(bot, report)).toMatchObject({ status: 'committed' });
    expect(await useCases.reportOutcome(bot, report)).toMatchObject({ status: 'committed' });
    expect(await refusal(useCases.reportOutcome(bot, { ...report, status: 'failed' }))).toBe(
      'outcome_conflict',
    );
    expect(await release(installation.core, bot, asked, 'ran')).toMatchObject({ mayRun: false });
    expect(await refusal(release(installation.core, bot, asked))).toBe('already_released');
  });

  const spoiled: readonly [string, string, (view: ExecutionView) => Promise<unknown>][] = [
    ['no verdict stands yet', 'approval_pending', async () => undefined],
    [
      'it was rejected',
      'rejected',
      (view) => castVote(installation.core, ann, view.executionId, 'reject'),
    ],
    [
      'it was cancelled',
      'cancelled',
      ({ executionId }) =>
        installation.core.useCases.cancelExecution(bot, { executionId, reason: 'no' }),
    ],
    [
      'it was cancelled after the approval',
      'cancelled',
      async ({ executionId }) => {
        await castVote(installation.core, ann, executionId);
        await installation.core.useCases.cancelExecution(bot, { executionId, reason: 'no' });
      },
    ],
    [
      'the approval is older than it is valid',
      'expired',
      async ({ executionId }) => {
        await castVote(installation.core, ann, executionId);
        await letTimePass(installation, executionId, HOUR_MS);
      },
    ],
    [
      'nobody decided in time',
      'expired',
      ({ executionId }) => letTimePass(installation, executionId, HOUR_MS),
    ],
  ];
  it.each(spoiled)(
    'when %s the release is refused with %s and recorded',
    async (_n, code, spoil) => {
      const asked = await submitRefund(installation.core, bot, 450);
      await spoil(asked);
      expect(await refusal(release(installation.core, bot, asked))).toBe(code);
      expect(await releasesOf(asked.executionId)).toBe(0);
      const refused = await installation.sql<{ outcome: string }>(
        `SELECT outcome FROM audit_events WHERE type = 'release.refused' AND execution = $1`,
        [asked.executionId],
      );
      expect(refused).toEqual([{ outcome: code }]);
      const { mayRun } = await readExecution(installation.core, bot, asked.executionId);
      expect(mayRun).toBe(false);
    },
  );

  it('shortly before it expires it may still be released', async () => {
    const asked = await approved();
    await letTimePass(installation, asked.executionId, HOUR_MS - 2_000);
    expect((await release(installation.core, bot, asked)).mayRun).toBe(true);
  });

  it('a suspended agent and an engaged kill switch hold an approval back', async () => {
    const agent = await installation.agent('paused-bot');
    const asked = await submitRefund(installation.core, agent, 450);
    await castVote(installation.core, ann, asked.executionId);
    const setStatus = async (status: string) => {
      await installation.sql(`UPDATE agents SET status = $1 WHERE id = 'paused-bot'`, [status]);
      await installation.sql('UPDATE tenant_heads SET epoch = epoch + 1');
    };
    await setStatus('suspended');
    expect(await refusal(release(installation.core, agent, asked))).toBe('agent_suspended');
    await setStatus('active');
    expect((await release(installation.core, agent, asked)).mayRun).toBe(true);

    const voided = await approved();
    const kill = await installation.core.useCases.engageKillSwitch(installation.admin, {
      ...{ scope: 'global', reason: 'drill', severity: 'critical' },
    });
    expect(await refusal(release(installation.core, bot, voided))).toBe('kill_switch_active');
    await installation.core.useCases.liftKillSwitch(installation.admin, {
      ...{ id: kill.id, reason: 'over' },
    });
    expect(await refusal(release(installation.core, bot, voided))).toBe('kill_switch_active');
  });

  it('the token is given to the releasing attempt of the agent alone, never to a person or in a list', async () => {
    const asked = await approved();
    const attempt = randomUUID();
    const mine = await release(installation.core, bot, asked, attempt);
    expect(mine.releaseToken).toEqual(expect.stringMatching(/.{20,}/));
    const asAdmin = await readExecution(
      installation.core,
      installation.admin,
      asked.executionId,
      attempt,
    );
    expect(asAdmin).not.toHaveProperty('releaseToken');
    const list = await installation.core.useCases.listExecutions(installation.admin, { limit: 50 });
    expect(JSON.stringify(list)).not.toContain(mine.releaseToken);
  });
});
