import { escapeLiteral, type Pool, type PoolClient } from 'pg';

import type { TenantId } from '../core/ids';
import { unavailableIfAway } from './failure';

/**
 * Runs reads in one read-only transaction whose row-level security shows this tenant. Throws DomainError
 * `unavailable` when the database is away.
 */
export function inTenant<T>(
  pool: Pool,
  tenant: TenantId,
  read: (client: PoolClient) => Promise<T>,
): Promise<T> {
  return unavailableIfAway(() => readOnce(pool, tenant, read));
}

async function readOnce<T>(
  pool: Pool,
  tenant: TenantId,
  read: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query(
      `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT set_config('countersign.tenant', ${escapeLiteral(tenant)}, true)`,
    );
    const result = await read(client);
    await client.query('COMMIT');
    broken = false;
    return result;
  } finally {
    // After a failed read the connection is closed rather than trusted with another tenant.
    client.release(broken);
  }
}
