import type { Pool } from 'pg';

import type { KnownPerson, PeopleReads } from '../app/read-card';
import { principalId } from '../core/ids';
import { inTenant } from './in-tenant';

interface PersonRow {
  readonly id: string;
  readonly name: string;
  readonly team_id: string | null;
  readonly user_id: string | null;
}

/** Names of people and the account each has linked in Slack; of several, the one linked last. Who left is called by no account. */
export function createPeopleReads(pool: Pool): PeopleReads {
  return {
    people: async (tenant, principals) => {
      if (principals.length === 0) return new Map();
      const found = await inTenant(pool, tenant, (client) =>
        client.query<PersonRow>({
          name: 'people',
          text: `SELECT DISTINCT ON (p.id) p.id, p.name, i.team_id, i.user_id
                   FROM principals p
                   LEFT JOIN channel_identities i
                     ON i.tenant = p.tenant AND i.principal = p.id AND i.channel = 'slack' AND i.removed_at IS NULL
                    AND p.status = 'active'
                  WHERE p.tenant = $1 AND p.id = ANY($2)
                  ORDER BY p.id, i.linked_at DESC NULLS LAST`,
          values: [tenant, principals],
        }),
      );
      return new Map(
        found.rows.map(({ id, name, team_id: teamId, user_id: userId }) => {
          const person: KnownPerson =
            teamId === null || userId === null ? { name } : { name, account: { teamId, userId } };
          return [principalId(id), person];
        }),
      );
    },
  };
}
