import type { Pool } from 'pg';

import type { StoredExecution } from '../app/ports';
import type { ExecutionFilter, ExecutionReads, ReadExecution } from '../app/read-ports';
import { DomainError } from '../core/errors';
import type { TenantId } from '../core/ids';
import { EXECUTION_COLUMNS, fromRow, type ExecutionRow } from './execution-row';
import { readTrail, readVotes } from './execution-trail';
import { unavailableIfAway } from './failure';
import { inTenant } from './in-tenant';
import { readPayloads } from './tx';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

async function page(
  pool: Pool,
  tenant: TenantId,
  filter: ExecutionFilter,
): Promise<{ rows: StoredExecution[]; nextCursor?: string }> {
  const values: unknown[] = [tenant];
  const where: string[] = ['tenant = $1'];
  const add = (condition: (parameter: string) => string, value: unknown): void => {
    values.push(value);
    where.push(condition(`$${String(values.length)}`));
  };
  if (filter.agent !== undefined) add((p) => `agent = ${p}`, filter.agent);
  if (filter.action !== undefined) add((p) => `action = ${p}`, filter.action);
  if (filter.statuses !== undefined) add((p) => `status = ANY(${p})`, filter.statuses);
  if (filter.cursor !== undefined) {
    if (!UUID.test(filter.cursor)) {
      throw new DomainError('validation_failed', {
        problems: [{ path: 'cursor', message: 'is not a cursor of this list' }],
      });
    }
    add((p) => `id < ${p}`, filter.cursor);
  }
  values.push(filter.limit + 1);
  const found = await inTenant(pool, tenant, (client) =>
    client.query<ExecutionRow>(
      // Ids are time-ordered (UUID version 7), so the primary key serves newest first.
      `SELECT ${EXECUTION_COLUMNS} FROM executions WHERE ${where.join(' AND ')} ORDER BY id DESC LIMIT $${String(values.length)}`,
      values,
    ),
  );
  const rows = found.rows.slice(0, filter.limit).map(fromRow);
  const last = rows.at(-1);
  return found.rows.length > filter.limit && last !== undefined
    ? { rows, nextCursor: last.state.id }
    : { rows };
}

export function createExecutionReads(pool: Pool): ExecutionReads {
  const one = async (
    tenant: TenantId,
    where: string,
    value: string,
  ): Promise<ReadExecution | undefined> => {
    if (!UUID.test(value)) return undefined;
    const found = await inTenant(pool, tenant, (client) =>
      client.query<ExecutionRow & { epoch: number; now: number }>({
        name: `read ${where}`,
        text: `SELECT ${EXECUTION_COLUMNS}, (SELECT epoch FROM tenant_heads WHERE tenant = $1) AS epoch,
                      (extract(epoch from clock_timestamp()) * 1000)::bigint AS now
                 FROM executions WHERE tenant = $1 AND ${where}`,
        values: [tenant, value],
      }),
    );
    const row = found.rows[0];
    return row && { row: fromRow(row), epoch: row.epoch, nowMs: row.now };
  };
  return {
    execution: (tenant, id) => one(tenant, 'id = $2', id),
    executionByApproval: (tenant, approval) => one(tenant, 'approval_id = $2', approval),
    payloads: (tenant, id) => inTenant(pool, tenant, (client) => readPayloads(client, tenant, id)),
    votes: (tenant, id) => inTenant(pool, tenant, (client) => readVotes(client, tenant, id)),
    trail: (tenant, id) => inTenant(pool, tenant, (client) => readTrail(client, tenant, id)),
    list: (tenant, filter) => page(pool, tenant, filter),
    nowMs: async () => {
      const found = await unavailableIfAway(() =>
        pool.query<{ now: number }>({
          name: 'clock',
          text: 'SELECT (extract(epoch from clock_timestamp()) * 1000)::bigint AS now',
        }),
      );
      return found.rows[0]?.now ?? Number.NaN;
    },
  };
}
