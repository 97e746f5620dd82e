import type { Pool } from 'pg';

import type { LinkCodeStore } from '../app/channel-identity-ports';
import { unavailableIfAway } from './failure';

const NOW_MS = '(extract(epoch from clock_timestamp()) * 1000)::bigint';

/** Codes of all tenants, as the system role: before a person is known there is no tenant. */
export function createLinkCodeStore(system: Pool): LinkCodeStore {
  return {
    open: ({ teamId, userId }, hash, { lifeMs, most }) =>
      unavailableIfAway(async () => {
        const client = await system.connect();
        let broken = true;
        try {
          await client.query('BEGIN');
          // One at a time for each account, so that neither the limit nor the one open code can be outrun.
          await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
            `countersign link code ${teamId} ${userId}`,
          ]);
          await client.query(`DELETE FROM channel_link_codes WHERE expires_at <= ${NOW_MS}`);
          const made = await client.query<{ count: number; first: number | null; now: number }>(
            `SELECT count(*) AS count, min(expires_at) AS first, ${NOW_MS} AS now FROM channel_link_codes
              WHERE channel = 'slack' AND team_id = $1 AND user_id = $2`,
            [teamId, userId],
          );
          const { count, first, now } = made.rows[0] ?? { count: 0, first: null, now: 0 };
          const full = count >= most && first !== null;
          if (!full) {
            // A withdrawn code is one that nobody redeemed; it still counts until its time is over.
            await client.query(
              `UPDATE channel_link_codes SET redeemed_at = $3
                WHERE channel = 'slack' AND team_id = $1 AND user_id = $2 AND redeemed_at IS NULL`,
              [teamId, userId, now],
            );
            await client.query(
              `INSERT INTO channel_link_codes (hash, channel, team_id, user_id, expires_at) VALUES ($1, 'slack', $2, $3, $4)`,
              [hash, teamId, userId, now + lifeMs],
            );
          }
          await client.query('COMMIT');
          broken = false;
          return full
            ? { ok: false, retryAfterMs: Math.max(1, first - now) }
            : { ok: true, expiresAtMs: now + lifeMs };
        } finally {
          client.release(broken);
        }
      }),
    redeem: (hash, by) =>
      unavailableIfAway(async () => {
        const used = await system.query<{ team_id: string; user_id: string }>({
          name: 'redeem link code',
          text: `UPDATE channel_link_codes SET redeemed_at = ${NOW_MS}, redeemed_by = $2
                  WHERE hash = $1 AND channel = 'slack' AND redeemed_at IS NULL AND expires_at > ${NOW_MS}
                  RETURNING team_id, user_id`,
          values: [hash, by],
        });
        const row = used.rows[0];
        return row && { teamId: row.team_id, userId: row.user_id };
      }),
    reopen: (hash) =>
      unavailableIfAway(async () => {
        await system.query(
          'UPDATE channel_link_codes SET redeemed_at = NULL, redeemed_by = NULL WHERE hash = $1 AND redeemed_by IS NOT NULL',
          [hash],
        );
      }),
  };
}
