import type { Pool } from 'pg';

import type {
  CredentialHolder,
  CredentialLookup,
  RegistryReads,
  StoredAuditEvent,
  StoredPolicy,
} from '../app/read-ports';
import { agentId, principalId, tenantId } from '../core/ids';
import type { AgentProfile } from '../core/policy/model';
import { isAsked } from './asked-people';
import { createChainReads } from './chain-store';
import { createGroupReads } from './group-store';
import { toolProfile } from '../core/risk/tool-profile';
import { inTenant } from './in-tenant';
import { killTargetKnown, readKill, readKills } from './kill-rows';

interface AgentRow {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly model: string | null;
  readonly team: string | null;
  readonly risk_level: AgentProfile['riskLevel'];
  readonly environment: string;
  readonly environments: string[];
  readonly tags: string[];
  readonly status: AgentProfile['status'];
  readonly tools: unknown;
}

const AGENT_COLUMNS =
  'id, owner, name, model, team, risk_level, environment, environments, tags, status, tools';

const agentOf = (row: AgentRow): AgentProfile => ({
  id: agentId(row.id),
  owner: row.owner,
  name: row.name,
  riskLevel: row.risk_level,
  environment: row.environment,
  environments: row.environments,
  tags: row.tags,
  status: row.status,
  ...(row.model === null ? {} : { model: row.model }),
  ...(row.team === null ? {} : { team: row.team }),
  ...toolProfile(row.tools),
});

interface PolicyRow {
  readonly id: string;
  readonly version: number;
  readonly published: number | null;
  readonly author: string;
  readonly created_at: Date;
  readonly format: string;
  readonly digest: string;
  readonly content?: string;
}

const policyOf = (row: PolicyRow): StoredPolicy => ({
  id: row.id,
  version: row.version,
  publishedVersion: row.published,
  author: row.author,
  createdAt: row.created_at.toISOString(),
  format: row.format,
  digest: row.digest,
});

interface AuditRow {
  readonly seq: number;
  readonly ts: Date;
  readonly id: string;
  readonly type: string;
  readonly actor_id: string;
  readonly agent: string | null;
  readonly execution: string | null;
  readonly action: string | null;
  readonly outcome: string | null;
  readonly body: Buffer;
  readonly leaf_hash: Buffer;
}

const auditOf = (row: AuditRow): StoredAuditEvent => ({
  seq: row.seq,
  tsMs: row.ts.getTime(),
  id: row.id,
  type: row.type,
  actor: row.actor_id,
  body: row.body,
  leafHash: row.leaf_hash,
  ...(row.agent === null ? {} : { agent: row.agent }),
  ...(row.execution === null ? {} : { execution: row.execution }),
  ...(row.action === null ? {} : { action: row.action }),
  ...(row.outcome === null ? {} : { outcome: row.outcome }),
});

function createDirectoryReads(pool: Pool): Pick<RegistryReads, 'users' | 'agents' | 'agent'> {
  return {
    users: async (tenant) => {
      const found = await inTenant(pool, tenant, (client) =>
        client.query<{
          id: string;
          email: string | null;
          name: string;
          manager: string | null;
          roles: string[];
          approver_roles: string[];
        }>(
          `SELECT substr(p.id, 6) AS id, p.email, p.name, p.manager,
                  array(SELECT role FROM role_bindings b WHERE b.tenant = p.tenant AND b.principal = p.id AND b.kind = 'role' ORDER BY role) AS roles,
                  array(SELECT role FROM role_bindings b WHERE b.tenant = p.tenant AND b.principal = p.id AND b.kind = 'approver' ORDER BY role) AS approver_roles
             FROM principals p WHERE p.tenant = $1 AND p.kind = 'user' ORDER BY p.id LIMIT 1000`,
          [tenant],
        ),
      );
      return found.rows.map((row) => ({
        id: row.id,
        email: row.email ?? '',
        name: row.name,
        roles: row.roles,
        approverRoles: row.approver_roles,
        ...(row.manager === null ? {} : { manager: row.manager }),
      }));
    },
    agents: async (tenant) => {
      const found = await inTenant(pool, tenant, (client) =>
        client.query<AgentRow>(
          `SELECT ${AGENT_COLUMNS} FROM agents WHERE tenant = $1 ORDER BY id LIMIT 1000`,
          [tenant],
        ),
      );
      return found.rows.map(agentOf);
    },
    agent: async (tenant, id) => {
      const found = await inTenant(pool, tenant, (client) =>
        client.query<AgentRow>({
          name: 'agent',
          text: `SELECT ${AGENT_COLUMNS} FROM agents WHERE tenant = $1 AND id = $2`,
          values: [tenant, id],
        }),
      );
      return found.rows[0] === undefined ? undefined : agentOf(found.rows[0]);
    },
  };
}

function createPolicyReads(pool: Pool): Pick<RegistryReads, 'policies' | 'policy'> {
  return {
    policies: async (tenant) => {
      const found = await inTenant(pool, tenant, (client) =>
        client.query<PolicyRow>(
          `SELECT DISTINCT ON (p.id) p.id, p.version, h.version AS published, p.author, p.created_at, p.format, p.digest
             FROM policy_sets p LEFT JOIN policy_heads h ON h.tenant = p.tenant AND h.id = p.id
            WHERE p.tenant = $1 ORDER BY p.id, p.version DESC LIMIT 1000`,
          [tenant],
        ),
      );
      return found.rows.map(policyOf);
    },
    policy: async (tenant, id, version) => {
      const found = await inTenant(pool, tenant, (client) =>
        client.query<PolicyRow & { content: string }>(
          `SELECT p.id, p.version, h.version AS published, p.author, p.created_at, p.format, p.digest, p.content
             FROM policy_sets p LEFT JOIN policy_heads h ON h.tenant = p.tenant AND h.id = p.id
            WHERE p.tenant = $1 AND p.id = $2 AND ($3::integer IS NULL OR p.version = $3) ORDER BY p.version DESC LIMIT 1`,
          [tenant, id, version ?? null],
        ),
      );
      const row = found.rows[0];
      return row && { ...policyOf(row), text: row.content };
    },
  };
}

/** Listings and single reads of one tenant, under row-level security. */
export function createRegistryReads(pool: Pool): RegistryReads {
  return {
    ...createDirectoryReads(pool),
    ...createPolicyReads(pool),
    ...createChainReads(pool),
    ...createGroupReads(pool),
    lists: async (tenant) => {
      const found = await inTenant(pool, tenant, (client) =>
        client.query<{ name: string; values: string[] }>(
          'SELECT name, values FROM lists WHERE tenant = $1 ORDER BY name',
          [tenant],
        ),
      );
      return new Map(found.rows.map((row) => [row.name, row.values]));
    },
    kills: (tenant) => inTenant(pool, tenant, (client) => readKills(client, tenant)),
    kill: (tenant, id) => inTenant(pool, tenant, (client) => readKill(client, tenant, id)),
    killTargetKnown: (tenant, reach) =>
      inTenant(pool, tenant, (client) => killTargetKnown(client, tenant, reach)),
    auditEvents: async (tenant, filter) => {
      const found = await inTenant(pool, tenant, (client) =>
        client.query<AuditRow>('SELECT * FROM search_audit($1, $2, $3, $4)', [
          filter.execution ?? null,
          filter.type ?? null,
          filter.before ?? null,
          filter.limit,
        ]),
      );
      return found.rows.map(auditOf);
    },
  };
}

interface HolderRow {
  readonly id: string;
  readonly tenant: string;
  readonly principal: string;
  readonly agent: string | null;
  readonly enrolled_by: string;
  readonly assurance: string;
  readonly roles: string[];
  readonly approver_roles: string[];
  readonly is_asked: boolean;
}

const holderOf = (row: HolderRow): CredentialHolder => ({
  id: row.id,
  tenant: tenantId(row.tenant),
  principal: principalId(row.principal),
  enrolledBy: principalId(row.enrolled_by),
  assurance: row.assurance,
  roles: row.roles,
  approverRoles: row.approver_roles,
  isAsked: row.is_asked,
  ...(row.agent === null ? {} : { agent: agentId(row.agent) }),
});

/** Looks keys up across tenants, as the system role. */
export function createCredentialLookup(system: Pool): CredentialLookup {
  const find = async (
    name: string,
    where: string,
    value: unknown,
  ): Promise<CredentialHolder | undefined> => {
    const found = await system.query<HolderRow>({
      name,
      text: `SELECT c.id, c.tenant, c.principal, c.agent, c.enrolled_by, c.assurance,
                    array(SELECT role FROM role_bindings b WHERE b.tenant = c.tenant AND b.principal = c.principal AND b.kind = 'role') AS roles,
                    array(SELECT role FROM role_bindings b WHERE b.tenant = c.tenant AND b.principal = c.principal AND b.kind = 'approver') AS approver_roles,
                    c.agent IS NULL AND ${isAsked('c.tenant', 'c.principal')} AS is_asked
               FROM credentials c LEFT JOIN principals p ON p.tenant = c.tenant AND p.id = c.principal
              WHERE ${where} AND c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > clock_timestamp())
                AND coalesce(p.status, 'active') = 'active'`,
      values: [value],
    });
    return found.rows[0] === undefined ? undefined : holderOf(found.rows[0]);
  };
  return {
    find: (hash) => find('credential by hash', 'c.hash = $1', hash),
    findById: (id) => find('credential by id', 'c.id = $1', id),
  };
}
