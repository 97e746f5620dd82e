import type { Caller } from '../../src/app/caller';
import { decideRequest, policyRequest } from '../../src/app/decide-request';
import { openKind } from '../../src/app/payloads';
import { DEFAULT_TENANT, executionId } from '../../src/core/ids';
import type { JsonObject } from '../../src/core/json';
import type { Facts } from '../../src/core/policy/model';
import { castVote, release, submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

const SQL_POLICY = `
apiVersion: countersign/v1
kind: Policy
metadata: { id: sql-guard, version: 1 }
rules:
  - id: ask-for-orders
    match: { action: run_query }
    when: { field: sql.tables, contains: orders }
    then: require_approval
    approval: { approver_role: support-manager }
    reason: Orders need a person
  - id: office-hours
    match: { action: run_query }
    when: { field: time.hour, greater_or_equal: 0 }
    then: audit
    reason: Any hour
defaults: { outcome: allow }
`;

describe('I-10: same request, same policy, same snapshot: same decision', () => {
  let installation: TestInstallation;
  let bot: Caller;

  beforeAll(async () => {
    installation = await createTestInstallation();
    bot = await installation.agent('support-bot');
    await installation.person('ann', { approverRoles: ['support-manager'] });
    await installation.publish('sql-guard', SQL_POLICY);
  });
  afterAll(async () => {
    await installation.stop();
  });

  /** Decides a stored execution once more from what was stored with it alone. */
  async function decideAgain(id: string) {
    const { core, crypto } = installation;
    const found = await core.reads.execution(DEFAULT_TENANT, executionId(id));
    if (found === undefined) throw new Error('not stored');
    const payloads = await core.reads.payloads(DEFAULT_TENANT, executionId(id));
    const value = (kind: 'arguments' | 'context' | 'facts') =>
      openKind(crypto, DEFAULT_TENANT, payloads, kind)?.value ?? {};
    const { row } = found;
    const fields = {
      ...{ action: row.action, environment: row.environment },
      ...{ args: value('arguments') as JsonObject, context: value('context') as JsonObject },
      exceptionRequested: row.exceptionRequested,
    };
    const snapshot = await core.snapshots.current(DEFAULT_TENANT);
    const again = decideRequest(
      ...([crypto, snapshot, policyRequest(row.agentProfile, fields)] as const),
      value('facts') as unknown as Facts,
      row.decidedAtMs,
    );
    return { stored: row, again };
  }

  it.each([
    ['an allowed refund', 'issue_refund', { amount: 45 }],
    ['a refund that asks', 'issue_refund', { amount: 450 }],
    ['a denial', 'delete_customer', { id: 7 }],
    ['a condition that fails closed', 'issue_refund', { amount: 'much' }],
    ['a decision on a computed fact', 'run_query', { query: 'SELECT * FROM orders LIMIT 5' }],
    ['a decision on a fact that failed', 'run_query', { query: 'SELEC 1' }],
  ])('%s is decided alike from what was stored with it', async (_name, action, args) => {
    const view = await submitRefund(installation.core, bot, 0, {
      action,
      args,
      context: { reason: 'x' },
    });
    const { stored, again } = await decideAgain(view.executionId);
    // The stored trace keeps no values of the request; everything else is the same to the letter.
    const trace = again.decision.trace.map((entry) =>
      entry.failed === undefined
        ? entry
        : { ...entry, failed: { ...entry.failed, actual: '[not kept]' } },
    );
    expect(JSON.parse(JSON.stringify({ ...again.decision, trace }))).toEqual(stored.decision);
    if (stored.state.approval !== undefined) expect(again.basis).toBe(stored.state.approval.basis);
  });

  it('two processes decide one request alike, down to the trace', async () => {
    const twin = await installation.twin();
    const views = await Promise.all(
      [installation.core, twin].map((core) => submitRefund(core, bot, 450)),
    );
    const parts = views.map(({ verdict, matched, trace, policyChain, explanation, reason }) => ({
      ...{ verdict, matched, trace, policyChain, explanation, reason },
    }));
    expect(parts[0]).toEqual(parts[1]);
  });

  it('the recheck at vote and release reads the stored facts, not fresh ones', async () => {
    const ben = await installation.person('ben', { approverRoles: ['support-manager'] });
    const asked = await submitRefund(installation.core, bot, 0, {
      ...{ action: 'run_query', args: { query: 'SELECT id FROM orders LIMIT 1' } },
    });
    expect(asked.verdict).toBe('REQUIRE_APPROVAL');
    expect((await castVote(installation.core, ben, asked.executionId)).status).toBe('approved');
    expect((await release(installation.core, bot, asked)).mayRun).toBe(true);
    const facts = await installation.sql(
      `SELECT id FROM payloads WHERE execution = $1 AND kind = 'facts'`,
      [asked.executionId],
    );
    expect(facts).toHaveLength(1);
  });
});
