import { createExecutionSteps, type GovernedReference } from '../../src/app/execution-steps';
import type { Caller } from '../../src/app/caller';
import { DEFAULT_TENANT, executionId as toExecutionId } from '../../src/core/ids';
import type { ExecutionView } from '../../src/core/execution/view';
import { chainOf, groupOf, levelOf } from '../core/execution/state-builders';
import { castVote, letTimePass, readExecution, submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';
import { openUnder } from '../support/ladders';

const HOUR_MS = 3_600_000;
const LADDER = chainOf({
  levels: [
    levelOf('support-manager', {
      ...{ timeoutMs: HOUR_MS, remindersMs: [HOUR_MS / 2], onTimeout: 'escalate' },
      groups: [groupOf('support-manager', 2)],
    }),
    levelOf('senior', { timeoutMs: HOUR_MS }),
  ],
});

describe('messages that channels owe', () => {
  let installation: TestInstallation;
  let bot: Caller;
  let ann: Caller;
  let sam: Caller;
  const ask = async (): Promise<ExecutionView> => {
    const view = await submitRefund(installation.core, bot, 450);
    await openUnder(installation, view.executionId, LADDER);
    return view;
  };
  const tell = (view: ExecutionView, level: number) => {
    const { core, crypto } = installation;
    const steps = createExecutionSteps({ ...core, crypto, historyDigest: () => 'd' });
    const reference: GovernedReference = {
      tenant: DEFAULT_TENANT,
      executionId: toExecutionId(view.executionId),
      digest: view.argsDigest,
    };
    return steps.notifyApprovers({ ...reference, level });
  };
  /** Purpose and the version it should show, relative to the execution's own. */
  const owed = async ({ executionId }: ExecutionView): Promise<string[]> =>
    (
      await installation.sql<{ owed: string }>(
        `SELECT m.purpose_key || ' ' || (m.desired_version - e.version)::text AS owed
           FROM channel_messages m JOIN executions e ON e.id = m.execution
          WHERE m.execution = $1 ORDER BY m.purpose_key`,
        [executionId],
      )
    ).map((row) => row.owed);

  const warned = jest.spyOn(console, 'error').mockImplementation(() => undefined);

  beforeAll(async () => {
    installation = await createTestInstallation();
    bot = await installation.agent('support-bot');
    ann = await installation.person('ann', { approverRoles: ['support-manager'] });
    await installation.person('ben', { approverRoles: ['support-manager'] });
    sam = await installation.person('sam', { approverRoles: ['senior'] });
  });
  afterAll(async () => {
    // The driver's word for a statement name that Postgres cuts, so that two shapes of a flush become one.
    expect(warned).not.toHaveBeenCalledWith(expect.stringContaining('63 characters'));
    warned.mockRestore();
    await installation.stop();
  });

  it('none before anybody was told, whatever happens', async () => {
    const view = await ask();
    await castVote(installation.core, ann, view.executionId);
    await letTimePass(installation, view.executionId, 3 * HOUR_MS);
    expect((await readExecution(installation.core, bot, view.executionId)).status).toBe('expired');
    expect(await owed(view)).toEqual([]);
  });

  it('one card that follows every version, and notes that are written once', async () => {
    const view = await ask();
    await Promise.all([tell(view, 1), tell(view, 1)]);
    expect(await owed(view)).toEqual(['card 0', 'opened:1 0']);
    await castVote(installation.core, ann, view.executionId);
    expect(await owed(view)).toEqual(['card 0', 'opened:1 -1']);
    await letTimePass(installation, view.executionId, HOUR_MS / 2);
    await readExecution(installation.core, bot, view.executionId);
    expect(await owed(view)).toEqual(['card 0', 'opened:1 -2', 'reminder:1:1 0']);
    await letTimePass(installation, view.executionId, HOUR_MS / 2);
    await tell(view, 2);
    expect(await owed(view)).toEqual(['card 0', 'opened:1 -3', 'opened:2 0', 'reminder:1:1 -1']);
    await castVote(installation.core, sam, view.executionId);
    expect((await owed(view)).slice(0, 2)).toEqual(['card 0', 'ended 0']);
  });

  it('of many executions in one batch, each its own', async () => {
    const views = await Promise.all(Array.from({ length: 20 }, ask));
    await Promise.all(views.map((view) => tell(view, 1)));
    await Promise.all(views.map((view) => castVote(installation.core, ann, view.executionId)));
    for (const view of views) expect(await owed(view)).toEqual(['card 0', 'opened:1 -1']);
  });
});
