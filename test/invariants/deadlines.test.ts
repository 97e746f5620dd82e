import { createSweepDue } from '../../src/app/housekeeping';
import type { Caller } from '../../src/app/caller';
import { DEFAULT_TENANT, executionId as toExecutionId } from '../../src/core/ids';
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

describe('deadlines', () => {
  let installation: TestInstallation;
  let bot: Caller;
  let ann: Caller;
  const ask = () => submitRefund(installation.core, bot, 450);
  const stored = async (executionId: string) => {
    const [row] = await installation.sql<{ verdict: string; status: string; due: string | null }>(
      `SELECT state ->> 'verdict' AS verdict, status, due_at AS due FROM executions WHERE id = $1`,
      [executionId],
    );
    return row;
  };
  const typesOf = async (executionId: string): Promise<string[]> =>
    (
      await installation.sql<{ type: string }>(
        'SELECT type FROM audit_events WHERE execution = $1 ORDER BY seq',
        [executionId],
      )
    ).map(({ type }) => type);

  beforeAll(async () => {
    installation = await createTestInstallation();
    bot = await installation.agent('support-bot');
    ann = await installation.person('ann', { approverRoles: ['support-manager'] });
  });
  afterAll(async () => {
    expect((await installation.verify()).state).toBe('VALID');
    await installation.stop();
  });

  describe('I-8: an event at or after a deadline counts as after it, however late the timer', () => {
    it.each(['approve', 'reject'] as const)(
      'a vote to %s after it finds the request expired, though no timer has run',
      async (verdict) => {
        const { executionId } = await ask();
        await letTimePass(installation, executionId, HOUR_MS);
        expect(await stored(executionId)).toMatchObject({ status: 'pending_approval' });
        expect(await refusal(castVote(installation.core, ann, executionId, verdict))).toBe(
          'expired',
        );
        expect(await stored(executionId)).toEqual({
          ...{ verdict: 'expired', status: 'expired', due: null },
        });
        expect((await typesOf(executionId)).sort()).toEqual([
          'approval.escalated',
          'decision.made',
          'execution.expired',
          'vote.refused',
        ]);
      },
    );

    it('a vote shortly before it counts', async () => {
      const { executionId } = await ask();
      await letTimePass(installation, executionId, HOUR_MS - 5_000);
      expect((await castVote(installation.core, ann, executionId)).status).toBe('approved');
    });

    it('reading, listing or waiting shows the truth before any timer has run', async () => {
      const { executionId } = await ask();
      await letTimePass(installation, executionId, HOUR_MS);
      const { useCases } = installation.core;
      const pending = await useCases.listPendingApprovals(ann, { limit: 50 });
      expect(pending.items.map((item) => item.executionId)).not.toContain(executionId);
      expect(await readExecution(installation.core, bot, executionId)).toMatchObject({
        status: 'expired',
        mayRun: false,
      });
      const asked = await ask();
      await letTimePass(installation, asked.executionId, HOUR_MS);
      const waited = await useCases.awaitExecution(bot, {
        ...{ executionId: asked.executionId, waitMs: 10_000 },
      });
      expect(waited.status).toBe('expired');
    });

    it('a release after the approval ran out is refused, and the run is void for ever', async () => {
      const asked = await ask();
      await castVote(installation.core, ann, asked.executionId);
      await letTimePass(installation, asked.executionId, HOUR_MS);
      expect(await refusal(release(installation.core, bot, asked, 'a'))).toBe('expired');
      expect(await refusal(release(installation.core, bot, asked, 'a'))).toBe('expired');
      // The verdict stays: people did approve; only its run is void.
      expect(await stored(asked.executionId)).toMatchObject({
        verdict: 'approved',
        status: 'expired',
      });
    });

    it("the request's own end of life beats the level's timer", async () => {
      const { nowMs } = installation.core.reads;
      const expiresAt = new Date((await nowMs()) + 400).toISOString();
      const { executionId } = await submitRefund(installation.core, bot, 450, { expiresAt });
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(await refusal(castVote(installation.core, ann, executionId))).toBe('expired');
      const past = { expiresAt: new Date((await nowMs()) - 1).toISOString() };
      expect(await refusal(submitRefund(installation.core, bot, 45, past))).toBe(
        'validation_failed',
      );
    });

    it('ten timers at once, and the sweep, apply one deadline once', async () => {
      const { executionId } = await ask();
      await letTimePass(installation, executionId, HOUR_MS + 6_000);
      const twin = await installation.twin();
      const sweep = createSweepDue({ ...installation.core, crypto: installation.crypto });
      await Promise.all([
        sweep(),
        ...Array.from({ length: 10 }, (_, index) =>
          (index % 2 === 0 ? installation.core : twin).applyDue(
            DEFAULT_TENANT,
            toExecutionId(executionId),
          ),
        ),
      ]);
      const types = await typesOf(executionId);
      expect(types.filter((type) => type === 'execution.expired')).toHaveLength(1);
      expect(await stored(executionId)).toMatchObject({ status: 'expired', due: null });
    });

    it('the sweep moves what nobody else moved and leaves alone what is not due', async () => {
      const due = await Promise.all(Array.from({ length: 12 }, ask));
      const early = await ask();
      for (const { executionId } of due)
        await letTimePass(installation, executionId, HOUR_MS + 6_000);
      const sweep = createSweepDue({ ...installation.core, crypto: installation.crypto });
      expect(await sweep()).toEqual({ moved: 12 });
      expect(await sweep()).toEqual({ moved: 0 });
      expect(await stored(early.executionId)).toMatchObject({ status: 'pending_approval' });
    });
  });

  describe('I-11: silence never approves', () => {
    it('a request that nobody answers expires, and a timeout is not a human no', async () => {
      const { executionId } = await ask();
      await letTimePass(installation, executionId, HOUR_MS);
      const view = await readExecution(installation.core, bot, executionId);
      expect(view).toMatchObject({ status: 'expired', mayRun: false, reasonCode: 'expired' });
      expect(await typesOf(executionId)).not.toContain('approval.decided');
    });

    it('a request that nobody may answer is rejected at once, and that is recorded', async () => {
      await installation.publish(
        'nobody',
        '{"rules":[{"id":"ASK_NOBODY","description":"x","match":{"tool_name":"launch","environment":"*"},"outcome":"REQUIRE_APPROVAL","approver_role":"no-such-role"}],"defaults":{"outcome":"ALLOW"}}',
      );
      const view = await submitRefund(installation.core, bot, 0, { action: 'launch' });
      expect(view).toMatchObject({ status: 'rejected', reasonCode: 'no_approvers', mayRun: false });
      expect(await typesOf(view.executionId)).toContain('approval.decided');
    });
  });
});
