import { escapeLiteral, type PoolClient, type QueryResult } from 'pg';

import type { ChainHead } from '../core/audit/chain';
import type { TenantId } from '../core/ids';

export interface LockedHead {
  readonly chain: ChainHead;
  readonly epoch: number;
  /** Database clock in milliseconds, as read after the lock was granted. */
  readonly clockMs: number;
  /** The same, but never before an earlier event of this tenant. */
  readonly nowMs: number;
}

const CLOCK_MS = '(extract(epoch from clock_timestamp()) * 1000)::bigint';

interface HeadRow {
  readonly seq: number;
  readonly hash: Buffer;
  readonly last_ts: number;
  readonly epoch: number;
  readonly clock: number;
}

/**
 * Takes the tenant's head row: the first statement of every state-changing transaction. With an epoch it
 * takes it only while that epoch stands; undefined means the controls moved and the caller must decide
 * again. Nothing is locked before it. One round trip.
 */
export async function lockHead(
  client: PoolClient,
  tenant: TenantId,
  epoch: number | undefined,
  options: { readonly begin: boolean },
): Promise<LockedHead | undefined> {
  const name = escapeLiteral(tenant);
  const condition = epoch === undefined ? '' : ` AND epoch = ${String(epoch)}`;
  const begin = options.begin ? 'BEGIN; ' : '';
  const results = (await client.query(
    `${begin}SELECT set_config('countersign.tenant', ${name}, true);
     UPDATE tenant_heads SET last_ts = greatest(last_ts, ${CLOCK_MS}) WHERE tenant = ${name}${condition}
     RETURNING seq, hash, last_ts, epoch, ${CLOCK_MS} AS clock`,
  )) as unknown as QueryResult<HeadRow>[];
  const row = results.at(-1)?.rows[0];
  if (row === undefined) return undefined;
  return {
    chain: { log: tenant, seq: row.seq, hash: row.hash, lastTsMs: row.last_ts },
    epoch: row.epoch,
    clockMs: row.clock,
    nowMs: Math.max(row.clock, row.last_ts),
  };
}
