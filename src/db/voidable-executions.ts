import type { PoolClient } from 'pg';

import type { VoidableScan } from '../app/commit-ports';
import type { StoredExecution } from '../app/ports';
import type { TenantId } from '../core/ids';
import { EXECUTION_COLUMNS, fromRow, type ExecutionRow } from './execution-row';

const FIRST_UUID = '00000000-0000-0000-0000-000000000000';

/** One page by keyset, so that rows which stay as they are do not hold up those behind them. */
export async function readVoidable(
  client: Pick<PoolClient, 'query'>,
  tenant: TenantId,
  { decidedBefore, where, after, limit }: VoidableScan,
): Promise<readonly StoredExecution[]> {
  const filter = where === undefined ? '' : `AND ${where.attribute} = $6`;
  const found = await client.query<ExecutionRow>({
    name: `voidable executions ${where?.attribute ?? ''}`,
    text: `SELECT ${EXECUTION_COLUMNS} FROM executions
            WHERE tenant = $1 AND decided_seq < $2 AND (decided_seq, id) > ($3::bigint, $4::uuid)
              AND status IN ('pending_approval', 'parked', 'approved') ${filter}
            ORDER BY decided_seq, id LIMIT $5`,
    values: [
      tenant,
      decidedBefore,
      after?.decidedSeq ?? -1,
      after?.id ?? FIRST_UUID,
      limit,
      ...(where === undefined ? [] : [where.value]),
    ],
  });
  return found.rows.map(fromRow);
}
