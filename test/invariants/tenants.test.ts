import type { Caller } from '../../src/app/caller';
import { DEFAULT_TENANT } from '../../src/core/ids';
import type { ExecutionView } from '../../src/core/execution/view';
import { castVote, readExecution, refusal, release, submitRefund } from '../support/executions';
import {
  createTestInstallation,
  SUPPORT_POLICY,
  type TestInstallation,
} from '../support/installation';
import { createSecondTenant, SECOND_TENANT } from '../support/second-tenant';

const APPROVE = { update: 'vote', command: { verdict: 'approve', rationale: 'Ticket 1' } } as const;

describe('I-12: one tenant never sees or affects another', () => {
  let installation: TestInstallation;
  let bot: Caller;
  let ann: Caller;
  /** The other tenant's administrator, approver and agent, with the very ids of the first tenant. */
  let stranger: Caller;
  let theirBot: Caller;
  let theirAnn: Caller;
  let pending: ExecutionView;
  let approved: ExecutionView;

  beforeAll(async () => {
    installation = await createTestInstallation();
    const { useCases } = installation.core;
    bot = await installation.agent('support-bot');
    ann = await installation.person('ann', { approverRoles: ['support-manager'] });
    stranger = await createSecondTenant(installation);
    theirBot = await installation.agent('support-bot', { by: stranger });
    theirAnn = await installation.person('ann', {
      ...{ approverRoles: ['support-manager'], roles: ['Admin'], by: stranger },
    });
    await useCases.publishPolicy(stranger, {
      ...{ id: 'support', text: SUPPORT_POLICY, contentType: 'json', publish: true },
    });
    await useCases.putList(installation.admin, { name: 'friends', values: ['acme.com'] });
    pending = await submitRefund(installation.core, bot, 450, { idempotencyKey: 'k' });
    approved = await submitRefund(installation.core, bot, 451);
    await castVote(installation.core, ann, approved.executionId);
  });
  afterAll(async () => {
    expect((await installation.verify()).state).toBe('VALID');
    expect(await installation.core.useCases.auditIntegrity(stranger)).toMatchObject({
      state: 'VALID',
    });
    await installation.stop();
  });

  it('equal ids of users, agents, policies and idempotency keys are apart', async () => {
    const theirs = await submitRefund(installation.core, theirBot, 450, { idempotencyKey: 'k' });
    expect(theirs.executionId).not.toBe(pending.executionId);
    expect(theirs.status).toBe('pending_approval');
    const mine = await submitRefund(installation.core, bot, 450, { idempotencyKey: 'k' });
    expect(mine.executionId).toBe(pending.executionId);
  });

  const asStranger: readonly [string, string, () => Promise<unknown>][] = [
    [
      'reading an execution',
      'execution_not_found',
      () => readExecution(installation.core, stranger, pending.executionId),
    ],
    [
      "reading it with the other's agent of the same name",
      'execution_not_found',
      () => readExecution(installation.core, theirBot, pending.executionId),
    ],
    [
      'voting by execution id',
      'approval_not_found',
      () => castVote(installation.core, theirAnn, pending.executionId),
    ],
    [
      'voting by approval id',
      'approval_not_found',
      () => castVote(installation.core, theirAnn, pending.approval?.id ?? ''),
    ],
    [
      'reading the approval',
      'approval_not_found',
      () => installation.core.useCases.readApproval(theirAnn, pending.approval?.id ?? ''),
    ],
    ['releasing', 'execution_not_found', () => release(installation.core, theirBot, approved)],
    [
      'reporting an outcome',
      'execution_not_found',
      () =>
        installation.core.useCases.reportOutcome(theirBot, {
          ...{ executionId: approved.executionId, status: 'committed' },
        }),
    ],
    [
      'cancelling',
      'execution_not_found',
      () =>
        installation.core.useCases.cancelExecution(stranger, {
          ...{ executionId: pending.executionId, reason: 'mine' },
        }),
    ],
    [
      'minting a credential for its workflow',
      'execution_not_found',
      () =>
        installation.core.useCases.mintWorkflowCredential(theirAnn, {
          executionId: pending.executionId,
          ...APPROVE,
        }),
    ],
    ['reading a list', 'not_found', () => installation.core.useCases.readList(stranger, 'friends')],
    [
      'reading a policy',
      'policy_not_found',
      () => installation.core.useCases.readPolicy(stranger, { id: 'development' }),
    ],
    [
      'making a key for a user',
      'user_not_found',
      async () => {
        await installation.person('only-here');
        return installation.core.useCases.issueUserKey(stranger, 'only-here', {});
      },
    ],
  ];
  it.each(asStranger)('%s of the other tenant is answered with %s', async (_name, code, act) => {
    const before = await installation.sql(
      `SELECT seq, epoch FROM tenant_heads WHERE tenant = 'default'`,
    );
    expect(await refusal(act())).toBe(code);
    if (code !== 'user_not_found')
      expect(
        await installation.sql(`SELECT seq, epoch FROM tenant_heads WHERE tenant = 'default'`),
      ).toEqual(before);
  });

  it('lists, searches and counts show their own tenant alone', async () => {
    const { useCases } = installation.core;
    const seen = JSON.stringify([
      await useCases.listExecutions(stranger, { limit: 100 }),
      await useCases.listPendingApprovals(theirAnn, { limit: 100 }),
      await useCases.listUsers(stranger),
      await useCases.listAgents(stranger),
      await useCases.listPolicies(stranger),
      await useCases.listLists(stranger),
      await useCases.listAuditEvents(stranger, { limit: 500 }),
      await useCases.listAuditEvents(stranger, { limit: 500, executionId: pending.executionId }),
    ]);
    for (const foreign of [pending.executionId, approved.executionId, 'friends', 'development'])
      expect(seen).not.toContain(foreign);
    expect(seen).toContain('user:admin');
  });

  it('a policy, a list or an agent of one tenant changes no decision of the other', async () => {
    const { useCases } = installation.core;
    await useCases.publishPolicy(stranger, {
      ...{ id: 'freeze', contentType: 'json', publish: true },
      text: '{"rules":[],"defaults":{"outcome":"DENY"}}',
    });
    await useCases.publishPolicy(stranger, {
      ...{ id: 'support', contentType: 'json', publish: true },
      text: '{"rules":[],"defaults":{"outcome":"DENY"}}',
    });
    expect((await submitRefund(installation.core, theirBot, 45)).verdict).toBe('DENY');
    expect((await submitRefund(installation.core, bot, 45)).verdict).toBe('ALLOW');
    expect((await release(installation.core, bot, approved)).mayRun).toBe(true);
  });

  it('a workflow credential of one tenant opens nothing in the other', async () => {
    const own = await submitRefund(installation.core, theirBot, 450);
    const { core } = installation;
    const { credential } = await core.useCases.mintWorkflowCredential(theirAnn, {
      executionId: own.executionId,
      ...APPROVE,
    });
    const now = await core.reads.nowMs();
    expect((await core.redeem(credential, own.executionId, APPROVE, now)).caller.tenant).toBe(
      SECOND_TENANT,
    );
    expect(await refusal(core.redeem(credential, pending.executionId, APPROVE, now))).toBe(
      'unauthenticated',
    );
    const moved = credential.replace(own.executionId, pending.executionId);
    expect(await refusal(core.redeem(moved, pending.executionId, APPROVE, now))).toBe(
      'unauthenticated',
    );
  });

  it('each has a chain of its own from 1 on, in which only its own events stand', async () => {
    const rows = await installation.sql<{
      tenant: string;
      first: string;
      last: string;
      count: string;
    }>(
      `SELECT tenant, min(seq) AS first, max(seq) AS last, count(*) AS count FROM audit_events
        WHERE tenant IN ($1, $2) GROUP BY 1`,
      [DEFAULT_TENANT, SECOND_TENANT],
    );
    expect(rows).toHaveLength(2);
    for (const { first, last, count } of rows) expect([first, last]).toEqual(['1', count]);
    const mixed = await installation.sql(
      `SELECT e.seq FROM audit_events e JOIN executions x ON x.id = e.execution WHERE x.tenant <> e.tenant`,
    );
    expect(mixed).toEqual([]);
  });
});
