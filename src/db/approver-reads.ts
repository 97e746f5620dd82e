import type { PoolClient } from 'pg';

import type { Approver, RequestPeople } from '../app/commit-ports';
import { describeSelector, type ApproverSelector } from '../core/escalation/chain';
import { principalId, type TenantId } from '../core/ids';

interface FoundRow {
  readonly key: string;
  readonly principal: string;
  readonly email: string | null;
}

const ACTIVE_USER = `p.kind = 'user' AND p.status = 'active'`;
const JOIN_PEOPLE = (alias: string): string =>
  `JOIN principals p ON p.tenant = ${alias}.tenant AND p.id = ${alias}.principal AND ${ACTIVE_USER}`;

const TEXT = `
  SELECT 'role:' || b.role AS key, p.id AS principal, p.email
    FROM role_bindings b ${JOIN_PEOPLE('b')}
   WHERE b.tenant = $1 AND b.kind = 'approver' AND b.role = ANY($2)
  UNION ALL
  SELECT p.id, p.id, p.email FROM principals p WHERE p.tenant = $1 AND p.id = ANY($3) AND ${ACTIVE_USER}
  UNION ALL
  SELECT 'group:' || m.group_id, p.id, p.email
    FROM group_members m ${JOIN_PEOPLE('m')}
   WHERE m.tenant = $1 AND m.group_id = ANY($4)
  UNION ALL
  SELECT DISTINCT 'on_call:' || s.schedule, p.id, p.email
    FROM on_call_shifts s ${JOIN_PEOPLE('s')}
   WHERE s.tenant = $1 AND s.schedule = ANY($5)
     AND s.starts_at <= coalesce($6::bigint, extract(epoch from clock_timestamp()) * 1000)
     AND s.ends_at > coalesce($6::bigint, extract(epoch from clock_timestamp()) * 1000)
  UNION ALL
  SELECT 'manager_of:requester', p.id, p.email
    FROM principals r JOIN principals p ON p.tenant = r.tenant AND p.id = 'user:' || r.manager AND ${ACTIVE_USER}
   WHERE r.tenant = $1 AND r.id = $7::text AND r.kind = 'user'
  UNION ALL
  SELECT 'owner_of:agent', p.id, p.email
    FROM principals p WHERE p.tenant = $1 AND lower(p.id) = 'user:' || $8::text AND ${ACTIVE_USER}
  UNION ALL
  SELECT 'owner by address', p.id, p.email
    FROM principals p WHERE p.tenant = $1 AND p.email <> '' AND lower(p.email) = $8::text AND ${ACTIVE_USER}`;

/**
 * Active people behind each selector at `atMs` (without it now, by the database's clock), by `describeSelector`.
 * `manager_of` and `owner_of` depend on the request: without what `about` says of it they name nobody.
 */
export async function readApprovers(
  client: Pick<PoolClient, 'query'>,
  tenant: TenantId,
  selectors: readonly ApproverSelector[],
  atMs?: number,
  about: RequestPeople = {},
): Promise<ReadonlyMap<string, readonly Approver[]>> {
  const people = new Map<string, Approver[]>(selectors.map((each) => [describeSelector(each), []]));
  if (people.size === 0) return people;
  const found = await client.query<FoundRow>({
    name: 'approvers',
    text: TEXT,
    values: [
      tenant,
      selectors.flatMap((each) => (each.kind === 'role' ? [each.role] : [])),
      selectors.flatMap((each) => (each.kind === 'user' ? [`user:${each.user}`] : [])),
      selectors.flatMap((each) => (each.kind === 'group' ? [each.group] : [])),
      selectors.flatMap((each) => (each.kind === 'on_call' ? [each.schedule] : [])),
      atMs ?? null,
      about.requester ?? null,
      about.owner === undefined
        ? null
        : about.owner
            .trim()
            .toLowerCase()
            .replace(/^user:/, ''),
    ],
  });
  const addressed: Approver[] = [];
  for (const { key, principal, email } of found.rows) {
    const known = key === 'owner by address' ? addressed : people.get(key);
    known?.push({ principal: principalId(principal), email: email ?? '' });
  }
  // One name must not mean two people: an id goes before another person's address.
  const owner = people.get('owner_of:agent');
  if (owner?.length === 0) owner.push(...addressed);
  return people;
}
