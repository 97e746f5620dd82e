import type { Pool } from 'pg';

import type { ChannelIdentityReads } from '../app/channel-identity-ports';
import type { ChatAccountLookup } from '../app/resolve-chat-account';
import { principalId, tenantId, userPrincipal } from '../core/ids';
import {
  chatCredential,
  IDENTITY_COLUMNS,
  identityOf,
  type IdentityRow,
} from './channel-identity-writes';
import { unavailableIfAway } from './failure';
import { isAsked } from './asked-people';
import { inTenant } from './in-tenant';

const BEHIND = 'm.rendered_version < m.desired_version';
const NOW_MS = '(extract(epoch from clock_timestamp()) * 1000)::bigint';

/** Links and messages of one tenant, under row-level security. */
export function createChannelIdentityReads(pool: Pool): ChannelIdentityReads {
  return {
    identitiesOf: (tenant, userId) =>
      inTenant(pool, tenant, async (client) => {
        const values = [tenant, userPrincipal(userId)];
        const user = await client.query(
          `SELECT 1 FROM principals WHERE tenant = $1 AND id = $2 AND kind = 'user'`,
          values,
        );
        if (user.rowCount !== 1) return undefined;
        const found = await client.query<IdentityRow>(
          `SELECT ${IDENTITY_COLUMNS} FROM channel_identities
            WHERE tenant = $1 AND principal = $2 AND removed_at IS NULL ORDER BY linked_at, id LIMIT 200`,
          values,
        );
        return found.rows.map(identityOf);
      }),
    messageStatus: (tenant) =>
      inTenant(pool, tenant, async (client) => {
        const counted = await client.query<{
          behind: number;
          given_up: number;
          oldest: number | null;
          linked: number;
        }>(
          `SELECT count(*) FILTER (WHERE NOT m.given_up) AS behind, count(*) FILTER (WHERE m.given_up) AS given_up,
                  max(${NOW_MS} - greatest((extract(epoch FROM m.created_at) * 1000)::bigint, x.updated_at))
                    FILTER (WHERE NOT m.given_up) AS oldest,
                  (SELECT count(*) FROM channel_identities WHERE tenant = $1 AND removed_at IS NULL) AS linked
             FROM channel_messages m LEFT JOIN executions x ON x.tenant = m.tenant AND x.id = m.execution
            WHERE m.tenant = $1 AND ${BEHIND}`,
          [tenant],
        );
        const troubled = await client.query<{
          execution: string;
          purpose: string;
          given_up: boolean;
          attempts: number;
          failure: string;
        }>(
          `SELECT m.execution, m.purpose ->> 'kind' AS purpose, m.given_up, m.attempts, m.failure FROM channel_messages m
            WHERE m.tenant = $1 AND ${BEHIND} AND m.failure IS NOT NULL ORDER BY m.given_up DESC, m.created_at DESC LIMIT 20`,
          [tenant],
        );
        const row = counted.rows[0];
        return {
          behind: row?.behind ?? 0,
          givenUp: row?.given_up ?? 0,
          oldestMs: Math.max(0, row?.oldest ?? 0),
          linkedAccounts: row?.linked ?? 0,
          troubled: troubled.rows.map(({ given_up: givenUp, ...rest }) => ({ ...rest, givenUp })),
        };
      }),
  };
}

/** Looks accounts up across tenants, as the system role. */
export function createChatAccountLookup(system: Pool): ChatAccountLookup {
  return {
    find: ({ teamId, userId }) =>
      unavailableIfAway(async () => {
        const found = await system.query<
          IdentityRow & {
            readonly roles: string[];
            readonly approver_roles: string[];
            readonly is_asked: boolean;
          }
        >({
          name: 'account of a chat',
          text: `SELECT i.tenant, i.id, i.team_id, i.user_id, i.principal, i.assurance, i.enrolled_by, i.linked_at,
                        array(SELECT role FROM role_bindings b WHERE b.tenant = i.tenant AND b.principal = i.principal AND b.kind = 'role') AS roles,
                        array(SELECT role FROM role_bindings b WHERE b.tenant = i.tenant AND b.principal = i.principal AND b.kind = 'approver') AS approver_roles,
                        ${isAsked('i.tenant', 'i.principal')} AS is_asked
                   FROM channel_identities i JOIN principals p ON p.tenant = i.tenant AND p.id = i.principal
                  WHERE i.channel = 'slack' AND i.team_id = $1 AND i.user_id = $2 AND i.removed_at IS NULL
                    AND p.kind = 'user' AND p.status = 'active'`,
          values: [teamId, userId],
        });
        const row = found.rows[0];
        return (
          row && {
            id: chatCredential(row.id),
            tenant: tenantId(row.tenant),
            principal: principalId(row.principal),
            enrolledBy: principalId(row.enrolled_by),
            assurance: row.assurance,
            roles: row.roles,
            approverRoles: row.approver_roles,
            isAsked: row.is_asked,
          }
        );
      }),
  };
}
