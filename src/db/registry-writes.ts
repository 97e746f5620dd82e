import type { PoolClient } from 'pg';

import type { RegistryWrites } from '../app/commit-ports';
import type { TenantId } from '../core/ids';
import { createChannelIdentityWrites } from './channel-identity-writes';
import { chainWrites } from './chain-store';
import { groupWrites } from './group-store';
import { readKill } from './kill-rows';

const inserted = (result: { readonly rowCount: number | null }): boolean => result.rowCount === 1;

type Part<K extends keyof RegistryWrites> = Pick<RegistryWrites, K>;

function directoryWrites(
  client: PoolClient,
  tenant: TenantId,
): Part<'insertUser' | 'userExists' | 'insertCredential' | 'insertAgent'> {
  return {
    insertUser: async (user) => {
      const made = await client.query(
        `INSERT INTO principals (tenant, id, kind, name, email, manager) VALUES ($1, $2, 'user', $3, $4, $5) ON CONFLICT DO NOTHING`,
        [tenant, `user:${user.id}`, user.name, user.email, user.manager ?? null],
      );
      if (!inserted(made)) return false;
      await client.query(
        `INSERT INTO role_bindings (tenant, principal, kind, role)
         SELECT $1, $2, 'role', r FROM unnest($3::text[]) AS r UNION ALL SELECT $1, $2, 'approver', r FROM unnest($4::text[]) AS r
         ON CONFLICT DO NOTHING`,
        [tenant, `user:${user.id}`, user.roles, user.approverRoles],
      );
      return true;
    },
    userExists: async (id) => {
      const found = await client.query(
        `SELECT 1 FROM principals WHERE tenant = $1 AND id = $2 AND kind = 'user'`,
        [tenant, `user:${id}`],
      );
      return found.rowCount === 1;
    },
    insertCredential: async (credential) =>
      inserted(
        await client.query(
          `INSERT INTO credentials (id, hash, tenant, principal, agent, enrolled_by, assurance, label)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
          [
            credential.id,
            credential.hash,
            tenant,
            credential.principal,
            credential.agent ?? null,
            credential.enrolledBy,
            credential.assurance,
            credential.label,
          ],
        ),
      ),
    insertAgent: async (agent) =>
      inserted(
        await client.query(
          `INSERT INTO agents (tenant, id, owner, name, model, team, risk_level, environment, environments, tags, policies, tools, status, registered_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING`,
          [
            tenant,
            agent.id,
            agent.owner,
            agent.name ?? agent.id,
            agent.model ?? null,
            agent.team ?? null,
            agent.riskLevel,
            agent.environment,
            agent.environments,
            agent.tags,
            agent.policies,
            JSON.stringify(agent.tools),
            agent.status,
            agent.registeredBy,
          ],
        ),
      ),
  };
}

function policyWrites(
  client: PoolClient,
  tenant: TenantId,
): Part<'insertPolicyVersion' | 'putList'> {
  return {
    insertPolicyVersion: async (policy) => {
      const newest = await client.query<{ version: number; digest: string }>(
        'SELECT version, digest FROM policy_sets WHERE tenant = $1 AND id = $2 ORDER BY version DESC LIMIT 1',
        [tenant, policy.id],
      );
      const head = await client.query<{ version: number }>(
        'SELECT version FROM policy_heads WHERE tenant = $1 AND id = $2',
        [tenant, policy.id],
      );
      const same = newest.rows[0]?.digest === policy.digest;
      const version = same ? (newest.rows[0]?.version ?? 1) : (newest.rows[0]?.version ?? 0) + 1;
      if (!same) {
        await client.query(
          'INSERT INTO policy_sets (tenant, id, version, format, content, digest, author) VALUES ($1, $2, $3, $4, $5, $6, $7)',
          [tenant, policy.id, version, policy.format, policy.text, policy.digest, policy.author],
        );
      }
      if (policy.publish && head.rows[0]?.version !== version) {
        await client.query(
          `INSERT INTO policy_heads (tenant, id, version, bundle, published_by) VALUES ($1, $2, $3, $5, $4)
           ON CONFLICT (tenant, id) DO UPDATE SET version = excluded.version, published_by = excluded.published_by, published_at = clock_timestamp()`,
          [tenant, policy.id, version, policy.author, policy.bundle],
        );
      }
      return { version, unchanged: same && (!policy.publish || head.rows[0]?.version === version) };
    },
    putList: async (name, values) => {
      await client.query(
        `INSERT INTO lists (tenant, name, values) VALUES ($1, $2, $3)
         ON CONFLICT (tenant, name) DO UPDATE SET values = excluded.values, updated_at = clock_timestamp()`,
        [tenant, name, values],
      );
    },
  };
}

/** Administrative writes of one tenant, executed at once inside the caller's transaction. */
export function createRegistryWrites(client: PoolClient, tenant: TenantId): RegistryWrites {
  return {
    ...directoryWrites(client, tenant),
    ...policyWrites(client, tenant),
    ...createChannelIdentityWrites(client, tenant),
    ...chainWrites(client, tenant),
    ...groupWrites(client, tenant),
    engageKill: async (kill) => {
      const made = await client.query(
        `INSERT INTO controls (tenant, id, kind, scope, target, reason, severity, engaged_seq, engaged_at, engaged_by, expires_at)
         VALUES ($1, $2, 'kill_switch', $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
        [
          tenant,
          kill.id,
          kill.scope,
          kill.target ?? null,
          kill.reason,
          kill.severity,
          kill.engagedSeq,
          kill.engagedAtMs,
          kill.engagedBy,
          kill.expiresAtMs ?? null,
        ],
      );
      if (inserted(made)) return undefined;
      return readKill(client, tenant, kill.id);
    },
    liftKill: async ({ id, scope }, lift) => {
      const lifted = await client.query(
        `UPDATE controls SET lifted_at = $3, lifted_by = $4, lift_reason = $5 WHERE tenant = $1 AND id = $2 AND kind = 'kill_switch' AND scope = $6 AND lifted_at IS NULL`,
        [tenant, id, lift.atMs, lift.by, lift.reason, scope],
      );
      return lifted.rowCount === 1;
    },
    storeHistory: async (execution, history, sha256) =>
      inserted(
        await client.query(
          `INSERT INTO execution_histories (tenant, execution, history, sha256) VALUES ($1, $2, $3, $4)
           ON CONFLICT (tenant, execution) DO NOTHING`,
          [tenant, execution, history, sha256],
        ),
      ),
    drainBacklog: async (limit) => {
      // The head lock lets one process drain a tenant at a time, so the rows need no lock of their own.
      const found = await client.query<{ id: number; event: unknown }>(
        'SELECT id, event FROM audit_backlog WHERE tenant = $1 ORDER BY id LIMIT $2',
        [tenant, limit],
      );
      await client.query('DELETE FROM audit_backlog WHERE tenant = $1 AND id = ANY($2)', [
        tenant,
        found.rows.map((row) => row.id),
      ]);
      return found.rows.map((row) => row.event);
    },
  };
}
