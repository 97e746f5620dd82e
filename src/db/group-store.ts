import type { Pool, PoolClient } from 'pg';

import type { Group, GroupReads, GroupWrites, Schedule } from '../app/chain-ports';
import type { TenantId } from '../core/ids';
import { inTenant } from './in-tenant';

interface ScheduleRow {
  readonly id: string;
  readonly shifts: readonly { readonly user: string; readonly from: number; readonly to: number }[];
  readonly on_call: readonly string[];
}

const scheduleOf = (row: ScheduleRow): Schedule => ({
  id: row.id,
  shifts: row.shifts.map(({ user, from, to }) => ({ user, fromMs: from, toMs: to })),
  onCallNow: row.on_call,
});

/** Principal ids are `user:<id>`; people read and write the id alone. */
const USER = 'substr(%.principal, 6)';
const user = (alias: string): string => USER.replace('%', alias);

async function readGroups(client: PoolClient, tenant: TenantId, id?: string): Promise<Group[]> {
  const found = await client.query<Group>(
    `SELECT g.id, g.name,
            array(SELECT ${user('m')} FROM group_members m WHERE m.tenant = g.tenant AND m.group_id = g.id ORDER BY 1) AS members
       FROM groups g WHERE g.tenant = $1 AND ($2::text IS NULL OR g.id = $2) ORDER BY g.id LIMIT 1000`,
    [tenant, id ?? null],
  );
  return found.rows;
}

async function readSchedules(
  client: PoolClient,
  tenant: TenantId,
  id?: string,
): Promise<Schedule[]> {
  const found = await client.query<ScheduleRow>(
    `SELECT o.id,
            coalesce((SELECT jsonb_agg(jsonb_build_object('user', ${user('s')}, 'from', s.starts_at, 'to', s.ends_at) ORDER BY s.starts_at, s.position)
                        FROM on_call_shifts s WHERE s.tenant = o.tenant AND s.schedule = o.id), '[]') AS shifts,
            array(SELECT DISTINCT ${user('s')}
                    FROM on_call_shifts s JOIN principals p ON p.tenant = s.tenant AND p.id = s.principal AND p.status = 'active',
                         (SELECT extract(epoch from clock_timestamp()) * 1000 AS now) AS c
                   WHERE s.tenant = o.tenant AND s.schedule = o.id AND s.starts_at <= c.now AND s.ends_at > c.now ORDER BY 1) AS on_call
       FROM on_call_schedules o WHERE o.tenant = $1 AND ($2::text IS NULL OR o.id = $2) ORDER BY o.id LIMIT 1000`,
    [tenant, id ?? null],
  );
  return found.rows.map(scheduleOf);
}

/** Reads of one tenant, under row-level security. */
export function createGroupReads(pool: Pool): GroupReads {
  return {
    groups: (tenant) => inTenant(pool, tenant, (client) => readGroups(client, tenant)),
    group: async (tenant, id) =>
      (await inTenant(pool, tenant, (client) => readGroups(client, tenant, id)))[0],
    schedules: (tenant) => inTenant(pool, tenant, (client) => readSchedules(client, tenant)),
    schedule: async (tenant, id) =>
      (await inTenant(pool, tenant, (client) => readSchedules(client, tenant, id)))[0],
  };
}

/** Writes inside the caller's transaction; the tenant's head row is locked, so nobody reads a half. */
export function groupWrites(client: PoolClient, tenant: TenantId): GroupWrites {
  return {
    unknownUsers: async (ids) => {
      const found = await client.query<{ id: string }>(
        `SELECT u AS id FROM unnest($2::text[]) AS u
          WHERE NOT EXISTS (SELECT 1 FROM principals p WHERE p.tenant = $1 AND p.kind = 'user' AND p.id = 'user:' || u)`,
        [tenant, ids],
      );
      return found.rows.map((row) => row.id);
    },
    putGroup: async ({ id, name, members }) => {
      const stored = await client.query<{ name: string }>(
        `INSERT INTO groups (tenant, id, name) VALUES ($1, $2, coalesce($3, ''))
         ON CONFLICT (tenant, id) DO UPDATE SET name = coalesce($3, groups.name), updated_at = clock_timestamp()
         RETURNING name`,
        [tenant, id, name ?? null],
      );
      await client.query('DELETE FROM group_members WHERE tenant = $1 AND group_id = $2', [
        tenant,
        id,
      ]);
      await client.query(
        `INSERT INTO group_members (tenant, group_id, principal) SELECT $1, $2, 'user:' || u FROM unnest($3::text[]) AS u`,
        [tenant, id, members],
      );
      return { id, name: stored.rows[0]?.name ?? '', members: [...members].sort() };
    },
    putSchedule: async (id, shifts) => {
      await client.query(
        `INSERT INTO on_call_schedules (tenant, id) VALUES ($1, $2)
         ON CONFLICT (tenant, id) DO UPDATE SET updated_at = clock_timestamp()`,
        [tenant, id],
      );
      await client.query('DELETE FROM on_call_shifts WHERE tenant = $1 AND schedule = $2', [
        tenant,
        id,
      ]);
      await client.query(
        `INSERT INTO on_call_shifts (tenant, schedule, position, principal, starts_at, ends_at)
         SELECT $1, $2, n, 'user:' || u, f, t FROM unnest($3::text[], $4::bigint[], $5::bigint[]) WITH ORDINALITY AS s (u, f, t, n)`,
        [
          tenant,
          id,
          shifts.map((shift) => shift.user),
          shifts.map((shift) => shift.fromMs),
          shifts.map((shift) => shift.toMs),
        ],
      );
    },
  };
}
