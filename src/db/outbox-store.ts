import type { Pool } from 'pg';

import type { OutboxStore } from '../app/read-ports';
import type { OutboxJob } from '../app/ports';
import { executionId, tenantId, type TenantId } from '../core/ids';
import { EXECUTION_COLUMNS, fromRow, type ExecutionRow } from './execution-row';

/** Waits for a verdict, a release, or an outcome that somebody demands: what a workflow waits for. */
const WAITING = `(status IN ('pending_approval', 'parked', 'approved') OR (status = 'executing' AND approval_id IS NOT NULL AND due_at IS NOT NULL))`;

const NOW_MS = '(extract(epoch from clock_timestamp()) * 1000)::bigint';

interface Place {
  readonly tenant: string;
  readonly id: string;
}
const placeOf = (row: Place) => ({
  tenant: tenantId(row.tenant),
  executionId: executionId(row.id),
});

const byTenant = (
  rows: readonly { readonly tenant: string; readonly value: number }[],
): ReadonlyMap<TenantId, number> => new Map(rows.map((row) => [tenantId(row.tenant), row.value]));

type Relay = Pick<OutboxStore, 'pendingStarts' | 'markStarted' | 'jobs' | 'finishJobs'>;
type Sweeps = Pick<OutboxStore, 'waitingWithoutPendingStart' | 'markStartPending' | 'overdue'>;

function createRelayView(system: Pool): Relay {
  return {
    pendingStarts: async (limit) => {
      const found = await system.query<ExecutionRow>({
        name: 'pending starts',
        text: `SELECT ${EXECUTION_COLUMNS} FROM executions WHERE start_pending ORDER BY (approval_id IS NULL), decided_at LIMIT $1`,
        values: [limit],
      });
      return found.rows.map(fromRow);
    },
    markStarted: async (tenant, ids) => {
      await system.query({
        name: 'mark started',
        text: 'UPDATE executions SET start_pending = false WHERE tenant = $1 AND id = ANY($2) AND start_pending',
        values: [tenant, ids],
      });
    },
    jobs: async (limit) => {
      const found = await system.query<{ id: number; tenant: string; job: OutboxJob }>({
        name: 'outbox jobs',
        text: `SELECT id, tenant, job FROM outbox ORDER BY (job ->> 'kind') <> 'sweep_killed', id LIMIT $1`,
        values: [limit],
      });
      return found.rows.map((row) => ({
        id: String(row.id),
        tenant: tenantId(row.tenant),
        job: row.job,
      }));
    },
    finishJobs: async (ids) => {
      await system.query({
        name: 'finish jobs',
        text: 'DELETE FROM outbox WHERE id = ANY($1)',
        values: [ids],
      });
    },
  };
}

function createSweepView(system: Pool): Sweeps {
  return {
    waitingWithoutPendingStart: async (after, limit) => {
      const found = await system.query<Place>(
        `SELECT tenant, id FROM executions
          WHERE ${WAITING} AND NOT start_pending AND decided_at < ${NOW_MS} - 60000 AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2`,
        [after ?? null, limit],
      );
      return found.rows.map(placeOf);
    },
    markStartPending: async (rows) => {
      await system.query(
        `UPDATE executions x SET start_pending = true FROM unnest($1::text[], $2::uuid[]) AS r(tenant, id)
          WHERE x.tenant = r.tenant AND x.id = r.id AND ${WAITING}`,
        [rows.map((row) => row.tenant), rows.map((row) => row.executionId)],
      );
    },
    overdue: async (overdueMs, limit) => {
      const found = await system.query<Place>(
        `SELECT tenant, id FROM executions WHERE due_at < ${NOW_MS} - $1::bigint ORDER BY due_at LIMIT $2`,
        [overdueMs, limit],
      );
      return found.rows.map(placeOf);
    },
  };
}

/** The relay's and the sweeps' view, as the system role. */
export function createOutboxStore(system: Pool): OutboxStore {
  return {
    ...createRelayView(system),
    ...createSweepView(system),
    startLags: async () => {
      const found = await system.query<{ tenant: string; value: number }>(
        `SELECT tenant, ${NOW_MS} - min(decided_at) AS value FROM executions WHERE start_pending GROUP BY tenant`,
      );
      return byTenant(found.rows);
    },
    backlogSizes: async () => {
      const found = await system.query<{ tenant: string; value: number }>(
        'SELECT tenant, count(*) AS value FROM audit_backlog GROUP BY tenant',
      );
      return byTenant(found.rows);
    },
  };
}
