import { wallTime } from '../../src/core/escalation/business-time';
import { describeSelector, type ChainDefinition } from '../../src/core/escalation/chain';
import { climb } from '../../src/core/escalation/compose';
import { openLadder } from '../../src/core/escalation/ladder';
import { dueAtMs, type ExecutionState } from '../../src/core/execution/state';
import { principalId } from '../../src/core/ids';
import type { TestInstallation } from './installation';

/**
 * Puts an open execution before the first people of another chain, as if that chain had been published when
 * it was submitted. Who holds a role now is asked of the database. Answers the first level's deadline.
 */
export async function openUnder(
  installation: TestInstallation,
  executionId: string,
  chain: ChainDefinition,
): Promise<number> {
  const [row] = await installation.sql<{ state: ExecutionState; now: string }>(
    `SELECT state, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now FROM executions WHERE id = $1`,
    [executionId],
  );
  if (row?.state.approval === undefined) throw new Error(`no open approval ${executionId}`);
  const bound = await installation.sql<{ key: string; principal: string }>(
    `SELECT 'role:' || role AS key, principal FROM role_bindings WHERE kind = 'approver'`,
  );
  const { approvalId, basis, excluded } = row.state.approval;
  const opened = openLadder(
    {
      ...{ approvalId, basis, excluded },
      chain: climb(chain, { riskScore: 0, holds: () => true, isWithin: () => undefined }),
    },
    {
      nowMs: Number(row.now),
      addTime: wallTime,
      resolve: (selector) =>
        bound
          .filter(({ key }) => key === describeSelector(selector))
          .map(({ principal }) => principalId(principal))
          .filter((person) => !excluded.includes(person)),
    },
  );
  if (opened.verdict.kind !== 'open') throw new Error('the ladder ended at once');
  const state: ExecutionState = { ...row.state, approval: opened.approval };
  await installation.sql('UPDATE executions SET state = $2, due_at = $3 WHERE id = $1', [
    executionId,
    JSON.stringify(state),
    dueAtMs(state) ?? null,
  ]);
  return opened.approval.level.deadlineMs;
}

export interface AuditRow {
  readonly type: string;
  readonly outcome: string | null;
  readonly actor: string;
  readonly kind: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** The chain's rows of one execution, in order. */
export const auditOf = (installation: TestInstallation, executionId: string) =>
  installation.sql<AuditRow>(
    `SELECT type, outcome, actor_id AS actor,
            convert_from(body, 'UTF8')::jsonb #>> '{actor,kind}' AS kind,
            coalesce(convert_from(body, 'UTF8')::jsonb -> 'context', '{}') AS context
       FROM audit_events WHERE execution = $1 ORDER BY seq`,
    [executionId],
  );
