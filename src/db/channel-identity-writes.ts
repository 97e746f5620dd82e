import type { PoolClient } from 'pg';

import type { ChannelIdentityWrites } from '../app/channel-identity-ports';
import type { ChannelIdentity } from '../app/channel-ports';
import { principalId, tenantId, type TenantId } from '../core/ids';

export interface IdentityRow {
  readonly tenant: string;
  readonly id: string;
  readonly team_id: string;
  readonly user_id: string;
  readonly principal: string;
  readonly assurance: ChannelIdentity['assurance'];
  readonly enrolled_by: string;
  readonly linked_at: number;
}

export const IDENTITY_COLUMNS =
  'tenant, id, team_id, user_id, principal, assurance, enrolled_by, linked_at';

export const identityOf = (row: IdentityRow): ChannelIdentity => ({
  id: row.id,
  tenant: tenantId(row.tenant),
  teamId: row.team_id,
  userId: row.user_id,
  principal: principalId(row.principal),
  assurance: row.assurance,
  enrolledBy: principalId(row.enrolled_by),
  linkedAtMs: row.linked_at,
});

/** The credential of who acts in a chat is the link of the account: `slack:<identity id>`. */
const CHAT_CREDENTIAL = 'slack:';
export const chatCredential = (identityId: string): string => `${CHAT_CREDENTIAL}${identityId}`;
export const isChatCredential = (id: string): boolean => id.startsWith(CHAT_CREDENTIAL);

/** Whether the link stands and its person is active, in the open transaction. */
export async function chatAccountActive(
  client: PoolClient,
  tenant: TenantId,
  credentialId: string,
): Promise<boolean> {
  const linked = await client.query({
    name: 'chat account active',
    text: `SELECT 1 FROM channel_identities i JOIN principals p ON p.tenant = i.tenant AND p.id = i.principal
            WHERE i.tenant = $1 AND i.id::text = $2 AND i.removed_at IS NULL AND p.status = 'active'`,
    values: [tenant, credentialId.slice(CHAT_CREDENTIAL.length)],
  });
  return linked.rowCount === 1;
}

/** Links of accounts to people of one tenant, inside the caller's transaction. */
export function createChannelIdentityWrites(
  client: PoolClient,
  tenant: TenantId,
): ChannelIdentityWrites {
  return {
    identityOfAccount: async ({ teamId, userId }) => {
      const found = await client.query<IdentityRow>(
        `SELECT ${IDENTITY_COLUMNS} FROM channel_identities
          WHERE tenant = $1 AND channel = 'slack' AND team_id = $2 AND user_id = $3 AND removed_at IS NULL`,
        [tenant, teamId, userId],
      );
      return found.rows[0] === undefined ? undefined : identityOf(found.rows[0]);
    },
    insertIdentity: async (identity) => {
      // The index spans all tenants, and a row of another one conflicts without being seen.
      const made = await client.query(
        `INSERT INTO channel_identities (tenant, id, channel, team_id, user_id, principal, assurance, enrolled_by, linked_at)
         VALUES ($1, $2, 'slack', $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
        [
          ...[tenant, identity.id, identity.teamId, identity.userId, identity.principal],
          ...[identity.assurance, identity.enrolledBy, identity.linkedAtMs],
        ],
      );
      return made.rowCount === 1;
    },
    removeIdentity: async (id, principal, atMs) => {
      const ended = await client.query<IdentityRow>(
        `UPDATE channel_identities SET removed_at = $4
          WHERE tenant = $1 AND id::text = $2 AND principal = $3 AND removed_at IS NULL RETURNING ${IDENTITY_COLUMNS}`,
        [tenant, id, principal, atMs],
      );
      return ended.rows[0] === undefined ? undefined : identityOf(ended.rows[0]);
    },
  };
}
