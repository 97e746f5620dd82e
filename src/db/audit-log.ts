import type { Pool } from 'pg';

import type { AuditLog } from '../app/read-ports';
import { emptyFrontier } from '../core/audit/merkle';
import type { StoredRow } from '../core/audit/verify-row';
import { tenantId } from '../core/ids';
import { inTenant } from './in-tenant';

export interface AuditColumns {
  readonly seq: number;
  readonly ts_ms: number;
  readonly id: string;
  readonly type: string;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly agent: string | null;
  readonly execution: string | null;
  readonly action: string | null;
  readonly outcome: string | null;
  readonly header: Buffer;
  readonly body: Buffer;
  readonly leaf_hash: Buffer;
}

/** The time is exact to the microsecond: a Date would hide a change below the millisecond. */
export const AUDIT_COLUMNS =
  'seq, (extract(epoch from ts) * 1000)::float8 AS ts_ms, id, type, actor_kind, actor_id, agent, execution, action, outcome, header, body, leaf_hash';

export const storedRowOf = (row: AuditColumns): StoredRow => ({
  seq: row.seq,
  tsMs: row.ts_ms,
  id: row.id,
  type: row.type,
  header: row.header,
  body: row.body,
  leafHash: row.leaf_hash,
  index: {
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    agent: row.agent,
    execution: row.execution,
    action: row.action,
    outcome: row.outcome,
  },
});

type Chain = Pick<AuditLog, 'head' | 'rowsAfter' | 'leavesAfter'>;
type Checkpoints = Pick<
  AuditLog,
  'checkpoints' | 'newestCheckpoint' | 'coveringCheckpoint' | 'storeCheckpoint'
>;

function createChain(pool: Pool): Chain {
  return {
    head: (tenant) =>
      inTenant(pool, tenant, async (client) => {
        const found = await client.query<{ seq: number; hash: Buffer }>(
          'SELECT seq, hash FROM tenant_heads WHERE tenant = $1',
          [tenant],
        );
        const row = found.rows[0];
        if (row === undefined) throw new Error(`tenant ${tenant} has no head row`);
        return row;
      }),
    rowsAfter: (tenant, seq, limit) =>
      inTenant(pool, tenant, async (client) => {
        const found = await client.query<AuditColumns>({
          name: 'audit rows',
          text: `SELECT ${AUDIT_COLUMNS}
                   FROM audit_events WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
          values: [tenant, seq, limit],
        });
        return found.rows.map(storedRowOf);
      }),
    leavesAfter: (tenant, seq, limit) =>
      inTenant(pool, tenant, async (client) => {
        const found = await client.query<{ leaf_hash: Buffer }>(
          'SELECT leaf_hash FROM audit_events WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $3',
          [tenant, seq, limit],
        );
        return found.rows.map((row) => row.leaf_hash);
      }),
  };
}

function createCheckpoints(pool: Pool, system: Pool): Checkpoints {
  return {
    checkpoints: (tenant) =>
      inTenant(pool, tenant, async (client) => {
        const found = await client.query<{ size: number; note: string }>(
          'SELECT size, note FROM audit_checkpoints WHERE tenant = $1 ORDER BY size',
          [tenant],
        );
        return found.rows;
      }),
    newestCheckpoint: (tenant) =>
      inTenant(pool, tenant, async (client) => {
        const found = await client.query<{ size: number; frontier: Buffer[] }>(
          'SELECT size, frontier FROM audit_checkpoints WHERE tenant = $1 ORDER BY size DESC LIMIT 1',
          [tenant],
        );
        const row = found.rows[0];
        return row && { size: row.size, frontier: { size: row.size, nodes: row.frontier } };
      }),
    coveringCheckpoint: (tenant, seq) =>
      inTenant(pool, tenant, async (client) => {
        const found = await client.query<{ size: number; note: string }>(
          'SELECT size, note FROM audit_checkpoints WHERE tenant = $1 AND size >= $2 ORDER BY size LIMIT 1',
          [tenant, seq],
        );
        const covering = found.rows[0];
        if (covering === undefined) return undefined;
        const earlier = await client.query<{ size: number; frontier: Buffer[] }>(
          'SELECT size, frontier FROM audit_checkpoints WHERE tenant = $1 AND size < $2 ORDER BY size DESC LIMIT 1',
          [tenant, seq],
        );
        const last = earlier.rows[0];
        const before = last && { size: last.size, nodes: last.frontier };
        return { ...covering, before: before ?? emptyFrontier };
      }),
    storeCheckpoint: async (tenant, size, note, frontier) => {
      await system.query(
        'INSERT INTO audit_checkpoints (tenant, size, note, frontier) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
        [tenant, size, note, frontier.nodes],
      );
    },
  };
}

/** Reads the chain for verification and keeps its checkpoints. */
export function createAuditLog(pool: Pool, system: Pool): AuditLog {
  return {
    ...createChain(pool),
    ...createCheckpoints(pool, system),
    tenants: async () => {
      const found = await system.query<{ id: string }>('SELECT id FROM tenants ORDER BY id');
      return found.rows.map((row) => tenantId(row.id));
    },
  };
}
