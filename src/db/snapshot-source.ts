import type { Pool, PoolClient } from 'pg';

import type { RawSnapshot, SnapshotSource, TenantSnapshot } from '../app/ports';
import type { KillSwitch } from '../core/controls/kill-switch';
import { tenantId, type TenantId } from '../core/ids';
import { readChains } from './chain-store';
import { inTenant } from './in-tenant';

interface ControlRow {
  readonly id: string;
  readonly scope: 'global';
  readonly reason: string;
  readonly severity: KillSwitch['severity'];
  readonly engaged_seq: number;
  readonly engaged_at: number;
  readonly engaged_by: string;
  readonly expires_at: number | null;
  readonly lifted_at: number | null;
}

/** Every engaged switch, and of the ended ones the newest: any engagement after a decision voids it. */
export async function readKills(client: PoolClient, tenant: TenantId): Promise<KillSwitch[]> {
  const found = await client.query<ControlRow>(
    `SELECT id, scope, reason, severity, engaged_seq, engaged_at, engaged_by, expires_at, lifted_at
       FROM controls
      WHERE tenant = $1 AND kind = 'kill_switch'
        AND (lifted_at IS NULL AND coalesce(expires_at > extract(epoch from clock_timestamp()) * 1000, true)
             OR id IN (SELECT id FROM controls WHERE tenant = $1 AND kind = 'kill_switch' ORDER BY engaged_seq DESC LIMIT 1000))
      ORDER BY engaged_seq DESC`,
    [tenant],
  );
  return found.rows.map((row) => ({
    id: row.id,
    scope: row.scope,
    reason: row.reason,
    severity: row.severity,
    engagedSeq: row.engaged_seq,
    engagedAtMs: row.engaged_at,
    engagedBy: row.engaged_by,
    ...(row.expires_at === null ? {} : { expiresAtMs: row.expires_at }),
    ...(row.lifted_at === null ? {} : { liftedAtMs: row.lifted_at }),
  }));
}

async function readRaw(pool: Pool, tenant: TenantId): Promise<RawSnapshot> {
  return inTenant(pool, tenant, async (client) => {
    const head = await client.query<{ epoch: number }>(
      'SELECT epoch FROM tenant_heads WHERE tenant = $1',
      [tenant],
    );
    if (head.rows[0] === undefined) throw new Error(`tenant ${tenant} has no head row`);
    const policies = await client.query<{
      id: string;
      version: number;
      text: string;
      digest: string;
      bundle: boolean;
    }>(
      `SELECT p.id, p.version, p.content AS text, p.digest, h.bundle
         FROM policy_heads h JOIN policy_sets p ON p.tenant = h.tenant AND p.id = h.id AND p.version = h.version
        WHERE h.tenant = $1 ORDER BY p.id`,
      [tenant],
    );
    const lists = await client.query<{ name: string; values: string[] }>(
      'SELECT name, values FROM lists WHERE tenant = $1',
      [tenant],
    );
    return {
      tenant,
      epoch: head.rows[0].epoch,
      policies: policies.rows,
      lists: new Map(lists.rows.map((row) => [row.name, row.values])),
      chains: await readChains(client, tenant),
      kills: await readKills(client, tenant),
    };
  });
}

/**
 * Caches one snapshot a tenant. It may be stale: the epoch in the head's condition is what keeps a decision
 * true, the cache only spares the reading.
 */
export function createSnapshotSource(
  pool: Pool,
  build: (raw: RawSnapshot) => TenantSnapshot,
): SnapshotSource & { onEpoch(tenant: TenantId, epoch: number): void } {
  const cached = new Map<TenantId, TenantSnapshot>();
  const loading = new Map<TenantId, Promise<TenantSnapshot>>();

  const load = (tenant: TenantId): Promise<TenantSnapshot> => {
    const started = readRaw(pool, tenantId(tenant))
      .then(build)
      .then((snapshot) => {
        // A load that was overtaken by an invalidation answers its own callers but is not kept.
        if (loading.get(tenant) === started) cached.set(tenant, snapshot);
        return snapshot;
      })
      .finally(() => {
        if (loading.get(tenant) === started) loading.delete(tenant);
      });
    loading.set(tenant, started);
    return started;
  };

  const invalidate = (tenant: TenantId): void => {
    cached.delete(tenant);
    loading.delete(tenant);
  };

  return {
    current: async (tenant) => cached.get(tenant) ?? loading.get(tenant) ?? load(tenant),
    invalidate,
    onEpoch: (tenant, epoch) => {
      if ((cached.get(tenant)?.epoch ?? 0) < epoch) invalidate(tenant);
    },
  };
}
