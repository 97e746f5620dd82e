import type { PoolClient } from 'pg';

import {
  killReach,
  type Engagement,
  type KillReach,
  type KillScope,
  type KillSwitch,
  type TargetedScope,
} from '../core/controls/kill-switch';
import type { TenantId } from '../core/ids';

type Reader = Pick<PoolClient, 'query'>;

interface ControlRow {
  readonly id: string;
  readonly scope: KillScope;
  readonly target: string | null;
  readonly reason: string;
  readonly severity: Engagement['severity'];
  readonly engaged_seq: number;
  readonly engaged_at: number;
  readonly engaged_by: string;
  readonly expires_at: number | null;
  readonly lifted_at: number | null;
}

const COLUMNS =
  'id, scope, target, reason, severity, engaged_seq, engaged_at, engaged_by, expires_at, lifted_at';

function killOf(row: ControlRow): KillSwitch {
  const reach = killReach(row.scope, row.target ?? undefined);
  if (reach === undefined) throw new Error(`kill switch ${row.id} contradicts its own scope`);
  return {
    ...reach,
    id: row.id,
    reason: row.reason,
    severity: row.severity,
    engagedSeq: row.engaged_seq,
    engagedAtMs: row.engaged_at,
    engagedBy: row.engaged_by,
    ...(row.expires_at === null ? {} : { expiresAtMs: row.expires_at }),
    ...(row.lifted_at === null ? {} : { liftedAtMs: row.lifted_at }),
  };
}

/**
 * Every engaged switch, and of the ended ones the newest, of each scope and target at least one: any
 * engagement after a decision voids it, so an older one of the same reach adds nothing.
 */
export async function readKills(client: Reader, tenant: TenantId): Promise<KillSwitch[]> {
  const found = await client.query<ControlRow>(
    `SELECT ${COLUMNS}
       FROM controls
      WHERE tenant = $1 AND kind = 'kill_switch'
        AND (lifted_at IS NULL AND coalesce(expires_at > extract(epoch from clock_timestamp()) * 1000, true)
             OR id IN (SELECT id FROM controls WHERE tenant = $1 AND kind = 'kill_switch' ORDER BY engaged_seq DESC LIMIT 1000)
             OR id IN (SELECT DISTINCT ON (scope, target) id FROM controls WHERE tenant = $1 AND kind = 'kill_switch' ORDER BY scope, target, engaged_seq DESC))
      ORDER BY engaged_seq DESC`,
    [tenant],
  );
  return found.rows.map(killOf);
}

export async function readKill(
  client: Reader,
  tenant: TenantId,
  id: string,
): Promise<KillSwitch | undefined> {
  // Compared as text: what is no UUID names no switch.
  const found = await client.query<ControlRow>(
    `SELECT ${COLUMNS} FROM controls WHERE tenant = $1 AND id::text = $2 AND kind = 'kill_switch'`,
    [tenant, id.toLowerCase()],
  );
  return found.rows[0] === undefined ? undefined : killOf(found.rows[0]);
}

/** How far back in the chain an action is looked for. */
const RECENT_EVENTS = 5_000;

const KNOWN: Readonly<Record<TargetedScope, string>> = {
  agent: 'SELECT 1 FROM agents WHERE tenant = $1 AND id = $2',
  team: 'SELECT 1 FROM agents WHERE tenant = $1 AND team = $2',
  tag: 'SELECT 1 FROM agents WHERE tenant = $1 AND $2 = ANY(tags)',
  environment:
    'SELECT 1 FROM agents WHERE tenant = $1 AND (environment = $2 OR $2 = ANY(environments))',
  // An agent need not list its tools, so what it did lately counts too.
  action: `SELECT 1 FROM agents WHERE tenant = $1 AND jsonb_exists(tools, $2)
           UNION ALL
           SELECT 1 FROM audit_events
            WHERE tenant = $1 AND action = $2
              AND seq > (SELECT seq FROM tenant_heads WHERE tenant = $1) - ${String(RECENT_EVENTS)}`,
};

export async function killTargetKnown(
  client: Reader,
  tenant: TenantId,
  { scope, target }: KillReach,
): Promise<boolean> {
  if (target === undefined) return true;
  const found = await client.query(`${KNOWN[scope]} LIMIT 1`, [tenant, target]);
  return found.rowCount === 1;
}
