import type { Caller } from '../../src/app/caller';
import type { Committer } from '../../src/app/commit-ports';
import { createSweepKilled } from '../../src/app/sweep-killed';
import type { KillReach } from '../../src/core/controls/kill-switch';
import { DEFAULT_TENANT } from '../../src/core/ids';
import { submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

const IN_SCOPE = 30;
const OUT_OF_SCOPE = 1_170;

describe('the sweep of a kill switch', () => {
  let installation: TestInstallation;
  let others: Caller;
  let bot: Caller;

  const open = (agent: Caller, count: number) =>
    Promise.all(Array.from({ length: count }, () => submitRefund(installation.core, agent, 450)));
  const engage = (reach: KillReach) =>
    installation.core.useCases.engageKillSwitch(installation.admin, {
      ...{ ...reach, reason: 'drill', severity: 'critical' },
    });
  const sweepWith = (committer: Committer) =>
    createSweepKilled({ committer, crypto: installation.crypto });
  const counts = async () => {
    const rows = await installation.sql<{ agent: string; status: string; rows: string }>(
      `SELECT agent, status, count(*) AS rows FROM executions GROUP BY 1, 2 ORDER BY 1, 2`,
    );
    return rows.map(({ agent, status, rows: number }) => `${agent} ${status} ${number}`);
  };

  beforeEach(async () => {
    installation = await createTestInstallation();
    await installation.person('ann', { approverRoles: ['support-manager'] });
    others = await installation.agent('a-crowd', { team: 'crowd' });
    bot = await installation.agent('bot', { team: 'care', tags: ['pii'] });
    // What is out of scope fills the first pages: the last ones hold what is to be found.
    await open(others, OUT_OF_SCOPE);
    await open(bot, IN_SCOPE);
  });
  afterEach(async () => {
    expect((await installation.verify()).state).toBe('VALID');
    await installation.stop();
  });

  it.each<KillReach>([
    { scope: 'agent', target: 'bot' },
    { scope: 'tag', target: 'pii' },
  ])(
    'finds the few of scope %j behind a thousand others, and nothing the second time',
    async (reach) => {
      const kill = await engage(reach);
      const sweep = sweepWith(installation.core.committer);
      expect(await sweep(DEFAULT_TENANT, kill.id)).toBe(IN_SCOPE);
      expect(await counts()).toEqual([
        `a-crowd pending_approval ${String(OUT_OF_SCOPE)}`,
        `bot killed ${String(IN_SCOPE)}`,
      ]);
      expect(await sweep(DEFAULT_TENANT, kill.id)).toBe(0);
    },
    60_000,
  );

  it('broken off in the middle it says so, and the next one does the rest', async () => {
    const kill = await engage({ scope: 'team', target: 'crowd' });
    const { committer } = installation.core;
    let steps = 0;
    const breaking: Committer = {
      ...committer,
      commit: (tenant, unit) => {
        // Of the steps, each with a key, every third is lost.
        if (unit.key !== undefined && (steps += 1) % 3 === 0)
          return Promise.reject(new Error('the process went away'));
        return committer.commit(tenant, unit);
      },
    };
    await expect(sweepWith(breaking)(DEFAULT_TENANT, kill.id)).rejects.toThrow('went away');
    expect(await counts()).toContain(`a-crowd killed ${String((OUT_OF_SCOPE / 3) * 2)}`);
    expect(await sweepWith(committer)(DEFAULT_TENANT, kill.id)).toBe(OUT_OF_SCOPE / 3);
    expect(await counts()).toEqual([
      `a-crowd killed ${String(OUT_OF_SCOPE)}`,
      `bot pending_approval ${String(IN_SCOPE)}`,
    ]);
  }, 60_000);
});
