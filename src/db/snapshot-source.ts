import type { Pool } from 'pg';

import type { RawSnapshot, SnapshotSource, TenantSnapshot } from '../app/ports';
import { tenantId, type TenantId } from '../core/ids';
import { readChains } from './chain-store';
import { inTenant } from './in-tenant';
import { readKills } from './kill-rows';

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
