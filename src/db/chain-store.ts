import type { Pool, PoolClient } from 'pg';

import type { ChainReads, ChainWrites, StoredChain } from '../app/chain-ports';
import type { TenantId } from '../core/ids';
import { readApprovers } from './approver-reads';
import { inTenant } from './in-tenant';

interface ChainRow {
  readonly id: string;
  readonly version: number;
  readonly content: string;
  readonly digest: string;
  readonly author: string;
  readonly created_at: Date;
  readonly published: number | null;
}

const chainOf = (row: ChainRow): StoredChain => ({
  id: row.id,
  version: row.version,
  text: row.content,
  digest: row.digest,
  author: row.author,
  createdAt: row.created_at.toISOString(),
  publishedVersion: row.published,
});

const SELECT = `SELECT c.id, c.version, c.content, c.digest, c.author, c.created_at, h.version AS published
  FROM approval_chains c JOIN approval_chain_heads h ON h.tenant = c.tenant AND h.id = c.id`;

/** The tenant's own chains in force, as its snapshot needs them too. */
export async function readChains(client: PoolClient, tenant: TenantId): Promise<StoredChain[]> {
  const found = await client.query<ChainRow>(
    `${SELECT} AND h.version = c.version WHERE c.tenant = $1 ORDER BY c.id`,
    [tenant],
  );
  return found.rows.map(chainOf);
}

/** Reads of one tenant, under row-level security. */
export function createChainReads(pool: Pool): ChainReads {
  return {
    chains: (tenant) => inTenant(pool, tenant, (client) => readChains(client, tenant)),
    chain: async (tenant, id, version) => {
      const found = await inTenant(pool, tenant, (client) =>
        client.query<ChainRow>(
          `${SELECT} WHERE c.tenant = $1 AND c.id = $2 AND c.version = coalesce($3, h.version)`,
          [tenant, id, version ?? null],
        ),
      );
      return found.rows[0] === undefined ? undefined : chainOf(found.rows[0]);
    },
    peopleBehind: async (tenant, selectors) => {
      const found = await inTenant(pool, tenant, (client) =>
        readApprovers(client, tenant, selectors),
      );
      return new Map(
        [...found].map(([key, people]) => [key, people.map(({ principal }) => principal)]),
      );
    },
  };
}

/** Writes inside the caller's transaction; the tenant's head row is locked, so versions cannot race. */
export function chainWrites(client: PoolClient, tenant: TenantId): ChainWrites {
  const headOf = async (id: string): Promise<number | null | undefined> => {
    const head = await client.query<{ version: number | null }>(
      'SELECT version FROM approval_chain_heads WHERE tenant = $1 AND id = $2',
      [tenant, id],
    );
    return head.rows[0]?.version;
  };
  return {
    publishChain: async ({ id, text, digest, author, after }) => {
      const stored = await client.query<{ highest: number | null; same: number | null }>(
        `SELECT max(version) AS highest, max(version) FILTER (WHERE digest = $3) AS same
           FROM approval_chains WHERE tenant = $1 AND id = $2`,
        [tenant, id, digest],
      );
      const { highest, same } = stored.rows[0] ?? { highest: null, same: null };
      const version = same ?? Math.max(highest ?? 0, after) + 1;
      if (same === null) {
        await client.query(
          'INSERT INTO approval_chains (tenant, id, version, content, digest, author) VALUES ($1, $2, $3, $4, $5, $6)',
          [tenant, id, version, text, digest, author],
        );
      }
      const before = await headOf(id);
      if (before === version) return { version, unchanged: true };
      await client.query(
        `INSERT INTO approval_chain_heads (tenant, id, version, changed_by) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant, id) DO UPDATE SET version = excluded.version, changed_by = excluded.changed_by, changed_at = clock_timestamp()`,
        [tenant, id, version, author],
      );
      return { version, unchanged: false };
    },
    withdrawChain: async (id, by) => {
      const before = await headOf(id);
      if (before === undefined || before === null) return undefined;
      await client.query(
        'UPDATE approval_chain_heads SET version = NULL, changed_by = $3, changed_at = clock_timestamp() WHERE tenant = $1 AND id = $2',
        [tenant, id, by],
      );
      return before;
    },
  };
}
