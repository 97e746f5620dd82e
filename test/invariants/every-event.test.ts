import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Caller } from '../../src/app/caller';
import { createChannelTrouble } from '../../src/app/channel-trouble';
import { createExecutionSteps } from '../../src/app/execution-steps';
import { createDrainBacklog } from '../../src/app/housekeeping';
import { AUDIT_EVENT_TYPES } from '../../src/core/audit/event-types';
import type { ExecutionView } from '../../src/core/execution/view';
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
import { repositoryFiles, ROOT } from '../support/repository-files';

/** The types that the shipped code can write today: their names stand in it as text. */
const WRITTEN_TYPES = new Set(
  repositoryFiles()
    .filter((path) => /^(?:src\/(?:app|db)|activities)\/.*\.ts$/.test(path))
    .flatMap((path) => readFileSync(join(ROOT, path), 'utf8').match(/'[a-z_]+\.[a-z_]+'/g) ?? [])
    .map((quoted) => quoted.slice(1, -1))
    .filter((name) => Object.hasOwn(AUDIT_EVENT_TYPES, name)),
);

const FREEZE =
  '{"rules":[{"id":"FREEZE","description":"x","match":{"tool_name":"issue_refund","environment":"*"},"outcome":"DENY"}],"defaults":{"outcome":"ALLOW"}}';

describe('I-14: every governance event is in the chain', () => {
  let installation: TestInstallation;
  let bot: Caller;
  let ann: Caller;
  const toured = new Set<string>();

  const ask = () => submitRefund(installation.core, bot, 450);
  const approved = async (): Promise<ExecutionView> => {
    const asked = await ask();
    await castVote(installation.core, ann, asked.executionId);
    return asked;
  };
  const cancel = ({ executionId }: ExecutionView) =>
    installation.core.useCases.cancelExecution(bot, { executionId, reason: 'no' });
  const outcome = ({ executionId }: ExecutionView, status: 'committed' | 'failed') =>
    installation.core.useCases.reportOutcome(bot, { executionId, status });
  const steps = () =>
    createExecutionSteps({
      ...installation.core,
      crypto: installation.crypto,
      historyDigest: (history) => createHash('sha256').update(history).digest('hex'),
    });
  const reference = (view: ExecutionView) => ({
    tenant: DEFAULT_TENANT,
    executionId: toExecutionId(view.executionId),
    digest: view.argsDigest,
  });
  const policy = (publish: boolean, outcomeText: string) =>
    installation.core.useCases.publishPolicy(installation.admin, {
      ...{ id: 'tour', contentType: 'json', publish },
      text: `{"rules":[],"defaults":{"outcome":"${outcomeText}"}}`,
    });
  const kill = { scope: 'global', reason: 'drill', severity: 'info' } as const;

  /** Makes what an act needs, then answers the act itself. */
  type Act = () => Promise<() => Promise<unknown>>;
  const at = <T>(prepare: () => Promise<T>, act: (made: T) => Promise<unknown>): Act => {
    return async () => {
      const made = await prepare();
      return () => act(made);
    };
  };
  const once = (act: () => Promise<unknown>): Act => at(() => Promise.resolve(), act);

  const TOUR: readonly (readonly [string, readonly string[], Act])[] = [
    ['an ALLOW', ['decision.made'], once(() => submitRefund(installation.core, bot, 45))],
    [
      'a DENY',
      ['decision.made'],
      once(() => submitRefund(installation.core, bot, 1, { action: 'delete_customer' })),
    ],
    ['a question to a person', ['decision.made'], once(ask)],
    [
      'a repeated submit: nothing new happened',
      [],
      at(
        () => submitRefund(installation.core, bot, 45, { idempotencyKey: 'tour' }),
        () => submitRefund(installation.core, bot, 45, { idempotencyKey: 'tour' }),
      ),
    ],
    [
      'a dry run',
      ['decision.evaluated'],
      once(async () => {
        await installation.core.useCases.evaluateRequest(bot, {
          ...{ agent: 'support-bot', action: 'issue_refund', args: { amount: 1 }, context: {} },
          mode: 'dry_run',
        });
        await installation.core.notes.flush();
      }),
    ],
    [
      'reading a receipt, twice: counted in one row',
      ['receipt.issued'],
      at(approved, async ({ executionId }) => {
        await installation.core.useCases.readReceipt(bot, { executionId, waitMs: 0 });
        await installation.core.useCases.readReceipt(bot, { executionId, waitMs: 0 });
        await installation.core.notes.flush();
      }),
    ],
    [
      'telling the approvers, twice: once in the chain',
      ['approval.requested'],
      at(ask, async (view) => {
        await steps().notifyApprovers({ ...reference(view), level: 1 });
        await steps().notifyApprovers({ ...reference(view), level: 1 });
      }),
    ],
    [
      'an approval',
      ['vote.counted', 'approval.decided'],
      at(ask, ({ executionId }) => castVote(installation.core, ann, executionId)),
    ],
    [
      'a rejection',
      ['vote.counted', 'approval.decided'],
      at(ask, ({ executionId }) => castVote(installation.core, ann, executionId, 'reject')),
    ],
    [
      'a vote of somebody who may not',
      ['vote.refused'],
      at(ask, ({ executionId }) => castVote(installation.core, installation.admin, executionId)),
    ],
    [
      'a vote after the verdict',
      ['vote.refused'],
      at(approved, ({ executionId }) => castVote(installation.core, ann, executionId, 'reject')),
    ],
    [
      'a release',
      ['execution.released'],
      at(approved, (view) => release(installation.core, bot, view)),
    ],
    [
      'a refused release',
      ['release.refused'],
      at(ask, (view) => release(installation.core, bot, view)),
    ],
    [
      'an outcome',
      ['outcome.reported'],
      at(
        () => submitRefund(installation.core, bot, 45),
        (view) => outcome(view, 'committed'),
      ),
    ],
    [
      'a contradicting outcome',
      ['outcome.refused'],
      at(
        async () => {
          const view = await submitRefund(installation.core, bot, 45);
          await outcome(view, 'committed');
          return view;
        },
        (view) => outcome(view, 'failed'),
      ),
    ],
    ['a cancel', ['execution.cancelled'], at(ask, cancel)],
    ['a cancel of an approval', ['execution.cancelled'], at(approved, cancel)],
    [
      'a reminder, once for all that are due',
      ['approval.reminded'],
      at(ask, async ({ executionId }) => {
        await letTimePass(installation, executionId, 3_500_000);
        await readExecution(installation.core, bot, executionId);
        await readExecution(installation.core, bot, executionId);
      }),
    ],
    [
      'a deadline without an answer',
      ['approval.escalated', 'execution.expired'],
      at(ask, async ({ executionId }) => {
        await letTimePass(installation, executionId, 3_600_000);
        await readExecution(installation.core, bot, executionId);
      }),
    ],
    [
      'an approval that nobody used',
      ['execution.expired'],
      at(approved, async ({ executionId }) => {
        await letTimePass(installation, executionId, 3_600_000);
        await readExecution(installation.core, bot, executionId);
      }),
    ],
    [
      'an approval whose basis changed',
      ['vote.refused', 'execution.cancelled', 'policy.published'],
      at(
        async () => {
          const view = await ask();
          await installation.publish('tour-freeze', FREEZE);
          return view;
        },
        async ({ executionId }) => {
          await castVote(installation.core, ann, executionId).finally(() =>
            installation.publish('tour-freeze', FREEZE.replace('issue_refund', 'nothing')),
          );
        },
      ),
    ],
    ['a published policy', ['policy.published'], once(() => policy(true, 'ALLOW'))],
    ['a stored policy', ['policy.stored'], once(() => policy(false, 'REQUIRE_APPROVAL'))],
    [
      'a kill switch, engaged and lifted, and what it voids',
      ['kill.engaged', 'execution.killed', 'kill.lifted'],
      at(ask, async ({ executionId }) => {
        const { useCases } = installation.core;
        const { id } = await useCases.engageKillSwitch(installation.admin, kill);
        await readExecution(installation.core, bot, executionId);
        await useCases.liftKillSwitch(installation.admin, { id, reason: 'over' });
      }),
    ],
    [
      'a changed list',
      ['list.changed'],
      once(() =>
        installation.core.useCases.putList(installation.admin, { name: 'tour', values: ['a'] }),
      ),
    ],
    [
      'a published chain, and its withdrawal',
      ['chain.changed', 'chain.changed'],
      once(async () => {
        const { useCases } = installation.core;
        const level =
          '{"name":"L1","timeout":"1h","approvers":{"any_of":[{"role":"support-manager"}]}}';
        const text = `{"apiVersion":"countersign/v1","kind":"ApprovalChain","metadata":{"id":"tour"},"levels":[${level}]}`;
        await useCases.publishChain(installation.admin, { text });
        await useCases.withdrawChain(installation.admin, 'tour');
      }),
    ],
    [
      'the members of a group',
      ['group.changed'],
      once(() =>
        installation.core.useCases.putGroup(installation.admin, { id: 'tour', members: ['ann'] }),
      ),
    ],
    [
      'who is on call',
      ['schedule.changed'],
      once(() =>
        installation.core.useCases.putOnCall(installation.admin, { schedule: 'tour', shifts: [] }),
      ),
    ],
    [
      'an account in a chat that is linked, and its end',
      ['channel.linked', 'channel.unlinked'],
      once(async () => {
        const { linkSlackIdentity, unlinkSlackIdentity } = installation.core.useCases;
        const account = { teamId: 'T1', userId: 'U1' };
        const { identity } = await linkSlackIdentity(installation.admin, 'ann', account);
        await unlinkSlackIdentity(installation.admin, 'ann', identity.id);
      }),
    ],
    [
      'a guessed code for linking an account',
      ['access.refused'],
      once(() => installation.core.useCases.redeemSlackLink(ann, { code: 'AAAAAAAAAA' })),
    ],
    [
      'a new user with a role, an approver role and a key',
      ['user.created', 'role.granted', 'role.granted', 'key.issued'],
      once(() => installation.person('tourist', { roles: ['Auditor'], approverRoles: ['cfo'] })),
    ],
    ['a new agent', ['agent.registered', 'key.issued'], once(() => installation.agent('tour-bot'))],
    [
      'the end of a workflow, with the digest of its history, once',
      ['execution.closed'],
      at(
        () => submitRefund(installation.core, bot, 45),
        async (view) => {
          const history = new Uint8Array([1, 2, 3]);
          await steps().closeExecution({ ...reference(view), history });
          await steps().closeExecution({ ...reference(view), history });
        },
      ),
    ],
    [
      'a jump of the clock, and the jump back',
      ['clock.jumped', 'decision.made', 'clock.jumped', 'decision.made'],
      once(async () => {
        const real = performance.now.bind(performance);
        const moved = jest.spyOn(performance, 'now').mockImplementation(() => real() + 60_000);
        await submitRefund(installation.core, bot, 45);
        moved.mockRestore();
        await submitRefund(installation.core, bot, 45);
      }),
    ],
    [
      'a denial while the chain refused rows',
      ['decision.made', 'backlog.chained'],
      once(async () => {
        await installation.sql('REVOKE INSERT ON audit_events FROM cs_app');
        await submitRefund(installation.core, bot, 1, { action: 'delete_customer' });
        await installation.sql('GRANT INSERT ON audit_events TO cs_app');
        await createDrainBacklog({ ...installation.core, crypto: installation.crypto })();
      }),
    ],
  ];

  const typesAfter = async (seq: number, tenant = 'default'): Promise<readonly string[]> =>
    (
      await installation.sql<{ type: string }>(
        'SELECT type FROM audit_events WHERE tenant = $1 AND seq > $2 ORDER BY seq',
        [tenant, seq],
      )
    ).map(({ type }) => type);
  const headOf = async (tenant = 'default'): Promise<number> => {
    const [row] = await installation.sql<{ seq: string }>(
      'SELECT seq FROM tenant_heads WHERE tenant = $1',
      [tenant],
    );
    return Number(row?.seq);
  };

  beforeAll(async () => {
    installation = await createTestInstallation();
    bot = await installation.agent('support-bot');
    ann = await installation.person('ann', { approverRoles: ['support-manager'] });
  });
  afterAll(async () => {
    expect((await installation.verify()).state).toBe('VALID');
    await installation.stop();
  });

  it.each(TOUR)('%s', async (_name, expected, prepare) => {
    const act = await prepare();
    const before = await headOf();
    await refusal(act());
    const written = await typesAfter(before);
    for (const type of written) toured.add(type);
    expect(written).toEqual(expected);
  });

  it('failed logins, in the log of the system, counted per key and address', async () => {
    const before = await headOf('system');
    for (const key of ['cs_dev_guess', 'cs_dev_guess', 'other'])
      await refusal(installation.core.useCases.authenticate(key, '10.0.0.9'));
    await installation.core.notes.flush();
    const written = await typesAfter(before, 'system');
    for (const type of written) toured.add(type);
    expect(written).toEqual(['auth.failed', 'auth.failed']);
    const counts = await installation.sql<{ count: string }>(
      `SELECT convert_from(body, 'UTF8')::jsonb #>> '{context,count}' AS count
         FROM audit_events WHERE tenant = 'system' AND seq > $1 ORDER BY seq`,
      [before],
    );
    expect(counts.map(({ count }) => count)).toEqual(['2', '1']);
  });

  it('a chat that answers nothing, in the log of the system', async () => {
    const before = await headOf('system');
    const trouble = createChannelTrouble({
      committer: installation.core.committer,
      people: { people: async () => new Map() },
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    await trouble.down({ forMs: 60_000, why: 'does not answer' });
    const written = await typesAfter(before, 'system');
    for (const type of written) toured.add(type);
    expect(written).toEqual(['channel.failed']);
  });

  it('no type that the code can write was left out of this tour', () => {
    expect([...WRITTEN_TYPES].filter((type) => !toured.has(type))).toEqual([]);
    expect(toured.size).toBeGreaterThan(20);
  });
});
