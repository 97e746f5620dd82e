import { createSweepKilled } from '../src/app/sweep-killed';
import { AGENT, withDatabase } from './database-bench';
import { inLanes, timedMs } from './measure';
import { rounded, type SuiteResult } from './result';

const PENDING = 10_000;
const LANES = 256;

/** Ten thousand pending approvals are voided by one kill: how long until every row says so. */
export async function runSweepSuite(): Promise<SuiteResult> {
  return withDatabase(async ({ core, crypto, callerOf, adminKey, agentKey, database }) => {
    const agent = await callerOf(agentKey);
    const admin = await callerOf(adminKey);
    const made = await timedMs(() =>
      inLanes(LANES, PENDING, async (index) => {
        const { verdict } = await core.useCases.submitExecution(agent, {
          agent: AGENT,
          action: 'issue_refund',
          args: { order_id: String(index), amount: 450 },
          context: {},
          mode: 'decide',
        });
        if (verdict !== 'REQUIRE_APPROVAL') throw new Error(`verdict ${verdict}`);
      }),
    );
    const kill = await core.useCases.engageKillSwitch(admin, {
      scope: 'global',
      reason: 'sweep',
      severity: 'critical',
    });
    const sweep = createSweepKilled({ committer: core.committer, crypto });
    const swept = await timedMs(() => sweep(agent.tenant, kill.id));
    const left = await database.system.query<{ left: number }>(
      `SELECT count(*) AS left FROM executions WHERE status <> 'killed'`,
    );
    if (left.rows[0]?.left !== 0) throw new Error(`${String(left.rows[0]?.left)} are not killed`);
    return {
      tables: [
        {
          title: 'Sweep after a kill',
          columns: ['', 'seconds'],
          rows: [
            [`${PENDING} approvals opened, ${LANES} at once`, rounded(made.ms / 1_000)],
            [`${swept.result} of them voided`, rounded(swept.ms / 1_000)],
          ],
        },
      ],
      bars: [
        {
          what: '10,000 pending void in Postgres after a kill, seconds',
          measured: rounded(swept.ms / 1_000),
          limit: 5,
          wanted: 'at most',
        },
      ],
    };
  });
}
