import type { Pool } from 'pg';

import type {
  ChannelMessage,
  ChannelMessageStore,
  MessagePlace,
  MessagePurpose,
} from '../app/channel-ports';
import { executionId, tenantId } from '../core/ids';

const NOW_MS = '(extract(epoch from clock_timestamp()) * 1000)::bigint';

/** What is owed and what stands in a thread, for the message of this alias. */
const behind = (m: string): string =>
  `${m}.rendered_version < ${m}.desired_version AND NOT ${m}.given_up`;
const inThread = (m: string): string =>
  `${m}.purpose ->> 'kind' IN ('opened', 'reminder', 'ended')`;
const sameThread = (m: string): string =>
  `${m}.tenant = m.tenant AND ${m}.execution = m.execution AND ${m}.channel = m.channel`;

/**
 * A note waits for its card and for the notes before it, so that a thread tells its story in order. The card
 * must show what the note speaks of: a card that was deleted is found out then, and the note joins the new one.
 */
const MAY_GO = `(NOT ${inThread('m')} OR (
  EXISTS (SELECT 1 FROM channel_messages c WHERE ${sameThread('c')} AND c.purpose_key = 'card' AND c.ts IS NOT NULL
           AND (c.rendered_version >= m.desired_version OR c.given_up))
  AND NOT EXISTS (SELECT 1 FROM channel_messages e WHERE ${sameThread('e')} AND ${inThread('e')}
                   AND ${behind('e')} AND (e.created_at, e.id) < (m.created_at, m.id))))`;

const COLUMNS = `m.tenant, m.id, m.execution, m.channel, m.purpose, m.desired_version, m.rendered_version, m.post_key,
  m.posting_since, m.team_id, m.channel_id, m.ts, m.attempts, m.failure, m.created_at`;

/** A write of a holder whose lease still stands by the database's clock; anything else changes no row. */
const HELD = 'tenant = $1 AND id = $2 AND lease_holder = $3 AND lease_until > clock_timestamp()';

interface MessageRow {
  readonly tenant: string;
  readonly id: string;
  readonly execution: string;
  readonly channel: 'slack';
  readonly purpose: MessagePurpose;
  readonly desired_version: number;
  readonly rendered_version: number;
  readonly post_key: string;
  readonly posting_since: number | null;
  readonly team_id: string | null;
  readonly channel_id: string | null;
  readonly ts: string | null;
  readonly attempts: number;
  readonly failure: string | null;
  readonly created_at: Date;
}

type PlaceColumns = Pick<MessageRow, 'team_id' | 'channel_id' | 'ts'>;

function placeOf(row: PlaceColumns): MessagePlace | undefined {
  const { team_id: teamId, channel_id: channelId, ts } = row;
  if (teamId === null || channelId === null || ts === null) return undefined;
  return { teamId, channelId, ts };
}

function messageOf(row: MessageRow): ChannelMessage {
  const place = placeOf(row);
  return {
    tenant: tenantId(row.tenant),
    id: row.id,
    execution: executionId(row.execution),
    channel: row.channel,
    purpose: row.purpose,
    desiredVersion: row.desired_version,
    renderedVersion: row.rendered_version,
    postKey: row.post_key,
    attempts: row.attempts,
    ...(place === undefined ? {} : { place }),
    ...(row.posting_since === null ? {} : { postingSinceMs: row.posting_since }),
    ...(row.failure === null ? {} : { failure: row.failure }),
  };
}

const byAge = (a: MessageRow, b: MessageRow): number =>
  a.created_at.getTime() - b.created_at.getTime() || (a.id < b.id ? -1 : 1);

type Part<K extends keyof ChannelMessageStore> = Pick<ChannelMessageStore, K>;

function leases(system: Pool): Part<'claim' | 'release'> {
  return {
    claim: async (holder, limit, leaseMs) => {
      const found = await system.query<MessageRow>({
        name: 'claim messages',
        text: `UPDATE channel_messages m
                  SET lease_holder = $1, lease_until = clock_timestamp() + $3 * interval '1 millisecond'
                 FROM (SELECT m.tenant, m.id FROM channel_messages m
                        WHERE ${behind('m')} AND m.next_attempt_at <= clock_timestamp()
                          AND (m.lease_until IS NULL OR m.lease_until <= clock_timestamp()) AND ${MAY_GO}
                        ORDER BY m.next_attempt_at, m.id LIMIT $2 FOR UPDATE OF m SKIP LOCKED) AS due
                WHERE m.tenant = due.tenant AND m.id = due.id RETURNING ${COLUMNS}`,
        values: [holder, limit, leaseMs],
      });
      return [...found.rows].sort(byAge).map(messageOf);
    },
    release: async (message, holder) => {
      await system.query({
        name: 'message released',
        text: 'UPDATE channel_messages SET lease_holder = NULL, lease_until = NULL WHERE tenant = $1 AND id = $2 AND lease_holder = $3',
        values: [message.tenant, message.id, holder],
      });
    },
  };
}

function records(system: Pool): Part<'posting' | 'posted' | 'rendered' | 'failed'> {
  return {
    posting: async (message, holder) => {
      const done = await system.query({
        name: 'message posting',
        // The first attempt whose fate is unknown: a later look-up must reach back to it.
        text: `UPDATE channel_messages SET posting_since = coalesce(posting_since, ${NOW_MS}) WHERE ${HELD} AND ts IS NULL`,
        values: [message.tenant, message.id, holder],
      });
      return done.rowCount === 1;
    },
    posted: async (message, holder, place) => {
      await system.query({
        name: 'message posted',
        text: `UPDATE channel_messages SET team_id = $4, channel_id = $5, ts = $6, posting_since = NULL, attempts = 0, failure = NULL
                WHERE ${HELD} AND ts IS NULL`,
        values: [message.tenant, message.id, holder, place.teamId, place.channelId, place.ts],
      });
    },
    rendered: async (message, holder, version) => {
      const done = await system.query<{ desired_version: number }>({
        name: 'message rendered',
        text: `UPDATE channel_messages
                  SET rendered_version = greatest(rendered_version, CASE WHEN is_card THEN $4 ELSE greatest($4, desired_version) END),
                      attempts = 0, failure = NULL
                WHERE ${HELD} RETURNING desired_version`,
        values: [message.tenant, message.id, holder, version],
      });
      return done.rows[0]?.desired_version ?? 0;
    },
    failed: async (message, holder, failure) => {
      const forget = failure.forgetPlace === true;
      await system.query({
        name: 'message failed',
        text: `UPDATE channel_messages
                  SET attempts = attempts + 1, failure = $4, given_up = $5::integer IS NULL,
                      next_attempt_at = clock_timestamp() + coalesce($5::integer, 0) * interval '1 millisecond',
                      posting_since = CASE WHEN $6 OR $7 THEN NULL ELSE posting_since END,
                      team_id = CASE WHEN $7 THEN NULL ELSE team_id END,
                      channel_id = CASE WHEN $7 THEN NULL ELSE channel_id END,
                      ts = CASE WHEN $7 THEN NULL ELSE ts END,
                      rendered_version = CASE WHEN $7 THEN 0 ELSE rendered_version END,
                      lease_holder = NULL, lease_until = NULL
                WHERE ${HELD}`,
        values: [
          ...[message.tenant, message.id, holder, failure.why],
          failure.retryInMs === undefined ? null : Math.round(failure.retryInMs),
          failure.notPosted === true,
          forget,
        ],
      });
    },
  };
}

/** The messages of all tenants, as the system role. Leases run by the clock of the database. */
export function createChannelMessageStore(system: Pool): ChannelMessageStore {
  return {
    ...leases(system),
    ...records(system),
    cardPlace: async (tenant, execution) => {
      const found = await system.query<PlaceColumns>({
        name: 'card place',
        text: `SELECT team_id, channel_id, ts FROM channel_messages
                WHERE tenant = $1 AND execution = $2 AND channel = 'slack' AND purpose_key = 'card'`,
        values: [tenant, execution],
      });
      return found.rows[0] === undefined ? undefined : placeOf(found.rows[0]);
    },
    messageAt: async ({ channelId, ts }) => {
      const found = await system.query<MessageRow>({
        name: 'message at',
        text: `SELECT ${COLUMNS} FROM channel_messages m WHERE m.channel = 'slack' AND m.channel_id = $1 AND m.ts = $2`,
        values: [channelId, ts],
      });
      return found.rows[0] === undefined ? undefined : messageOf(found.rows[0]);
    },
    isPosting: async (execution) => {
      const found = await system.query({
        name: 'card in flight',
        text: `SELECT 1 FROM tenants t JOIN channel_messages m ON m.tenant = t.id AND m.execution = $1
                WHERE m.is_card AND m.posting_since IS NOT NULL AND m.ts IS NULL LIMIT 1`,
        values: [execution],
      });
      return found.rowCount === 1;
    },
    backlog: async () => {
      // Since when a message is behind is not kept; its execution's last change is the next best thing.
      const found = await system.query<{ behind: number; oldest: number; given_up: number }>(
        `SELECT (SELECT count(*) FROM channel_messages m WHERE ${behind('m')} AND ${MAY_GO}) AS behind,
                (SELECT count(*) FROM channel_messages WHERE given_up AND rendered_version < desired_version) AS given_up,
                (SELECT coalesce(max(${NOW_MS} - greatest((extract(epoch FROM m.created_at) * 1000)::bigint, x.updated_at)), 0)
                   FROM channel_messages m LEFT JOIN executions x ON x.tenant = m.tenant AND x.id = m.execution
                  WHERE ${behind('m')} AND ${MAY_GO}) AS oldest`,
      );
      const row = found.rows[0];
      return {
        behind: row?.behind ?? 0,
        oldestMs: Math.max(0, row?.oldest ?? 0),
        givenUp: row?.given_up ?? 0,
      };
    },
  };
}
