import type { Caller } from '../../src/app/caller';
import { agentId } from '../../src/core/ids';
import { submitRefund, refusal } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

/** Development: allows what no rule restricts. */
describe('the risk score of a real submission', () => {
  let installation: TestInstallation;
  let bot: Caller;

  beforeAll(async () => {
    installation = await createTestInstallation();
    bot = await installation.agent('support-bot');
    await installation.person('ann', { approverRoles: ['support-manager'] });
  });
  afterAll(async () => {
    expect((await installation.verify()).state).toBe('VALID');
    await installation.stop();
  });

  const useCases = () => installation.core.useCases;

  it('stands in the answer, the stored decision, the approval and the chain', async () => {
    const view = await submitRefund(installation.core, bot, 450);
    expect(view.risk).toMatchObject({ score: 44, level: 'medium' });
    expect(view.explanation).toContain('Risk 44 of 100 (medium): action 20');
    expect(view.approval).toMatchObject({ chain: 'standard' });
    const again = await useCases().awaitExecution(bot, {
      executionId: view.executionId,
      waitMs: 0,
    });
    expect(again.risk).toEqual(view.risk);
    const asked = await useCases().readApproval(installation.admin, view.executionId);
    expect(asked.risk).toEqual(view.risk);
    const { items } = await useCases().listAuditEvents(installation.admin, {
      executionId: view.executionId,
      type: 'decision.made',
      limit: 5,
    });
    expect(items[0]?.body).toMatchObject({ context: { riskScore: 44, riskLevel: 'medium' } });
  });

  it('is what the score and the evaluation of the same request say', async () => {
    const input = {
      ...{ agent: 'support-bot', action: 'issue_refund', mode: 'dry_run' as const },
      ...{ args: { amount: 450, currency: 'USD' }, context: { data_classes: ['pii'] } },
    };
    const before = await installation.sql('SELECT count(*) AS n FROM executions');
    const scored = await useCases().scoreRisk(bot, input);
    expect(scored).toMatchObject({ score: 59, level: 'medium' });
    expect((await useCases().evaluateRequest(bot, input)).risk).toEqual(scored);
    expect(await installation.sql('SELECT count(*) AS n FROM executions')).toEqual(before);
    const other = await installation.agent('other-bot');
    expect(await refusal(useCases().scoreRisk(other, input))).toBe('agent_not_found');
  });

  it('never lets a request of high score pass without people', async () => {
    const view = await submitRefund(installation.core, bot, 50_000, {
      ...{ action: 'trigger_payment', context: { data_classes: ['financial'] } },
    });
    expect(view.risk).toMatchObject({ score: 71, level: 'high' });
    expect(view.verdict).not.toBe('ALLOW');
    expect(view.matched).toContainEqual(
      expect.objectContaining({ policy: 'risk', version: 1, rule: 'band-high' }),
    );
    expect(view.mayRun).toBe(false);
  });

  it('counts how the tool is registered, and stores that one tool with the decision', async () => {
    await useCases().registerAgent(installation.admin, {
      ...{ id: 'ops-bot', owner: 'owner', riskLevel: 'medium', environment: 'prod' },
      ...{ environments: ['prod'], policies: [], tags: [] },
      tools: {
        archive_ticket: { reversibility: 'irreversible', description: 'For good' },
        look: { reversibility: 'read' },
      },
    });
    const listed = await useCases().listAgents(installation.admin);
    const tools = {
      archive_ticket: { reversibility: 'irreversible' },
      look: { reversibility: 'read' },
    };
    expect(listed.items.find(({ id }) => id === agentId('ops-bot'))?.tools).toEqual(tools);
    const view = await submitRefund(installation.core, installation.admin, 0, {
      ...{ agent: 'ops-bot', action: 'archive_ticket', args: {} },
    });
    expect(view.risk?.factors).toContainEqual(
      expect.objectContaining({ name: 'reversibility', points: 20 }),
    );
    const [row] = await installation.sql<{ tools: unknown }>(
      `SELECT request #> '{agentProfile,tools}' AS tools FROM executions WHERE id = $1`,
      [view.executionId],
    );
    expect(row?.tools).toEqual({ archive_ticket: tools.archive_ticket });
  });

  it('shows a decision that was stored before scores existed', async () => {
    const view = await submitRefund(installation.core, bot, 450);
    await installation.sql(`UPDATE executions SET decision = decision - 'risk' WHERE id = $1`, [
      view.executionId,
    ]);
    const asked = await useCases().readApproval(installation.admin, view.executionId);
    expect(asked).not.toHaveProperty('risk');
    expect(asked.args).toMatchObject({ amount: 450 });
  });
});
