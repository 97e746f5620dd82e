import { createHash, createHmac } from 'node:crypto';

import { type Client, escapeIdentifier, escapeLiteral } from 'pg';

import { DomainError } from '../core/errors';

/** The two application roles; each process logs in through members of them and never as their owner. */
export type ApplicationRole = 'cs_app' | 'cs_system';

export interface RoleSecret {
  /** 32 bytes shared by all processes of one installation; login passwords are derived from it. */
  readonly secret: Uint8Array;
}

const LABEL: Record<ApplicationRole, string> = { cs_app: 'app', cs_system: 'system' };

/** Login names carry a fingerprint of the installation's secret, so two installations share one cluster in peace. */
function loginOf(
  role: ApplicationRole,
  { secret }: RoleSecret,
): { user: string; password: string } {
  const fingerprint = createHash('sha256')
    .update('countersign login\0')
    .update(secret)
    .digest('hex')
    .slice(0, 10);
  const password = createHmac('sha256', secret)
    .update(`postgres login ${role}`)
    .digest('base64url');
  return { user: `countersign_${LABEL[role]}_${fingerprint}`, password };
}

/** A URL without a host (a unix socket named by `?host=`) gets one that the query part overrides. */
export function parseDatabaseUrl(databaseUrl: string): URL {
  return new URL(databaseUrl.replace(/^(postgres(?:ql)?:\/\/(?:[^/@]*@)?)\//, '$1localhost/'));
}

/** The given URL with the login of one application role in place of its own. */
export function urlFor(databaseUrl: string, role: ApplicationRole, secret: RoleSecret): string {
  const { user, password } = loginOf(role, secret);
  const url = parseDatabaseUrl(databaseUrl);
  url.username = user;
  url.password = password;
  return url.toString();
}

const CONCURRENT_CHANGE = new Set(['23505', '42710', 'XX000', '40001', '40P01']);

/** Roles are shared by a whole cluster: two installations may create them at the same moment. */
async function tolerant(client: Client, sql: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(sql);
      return;
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      if (code === '42710') return;
      if (!CONCURRENT_CHANGE.has(code) || attempt >= 8) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25 * attempt));
    }
  }
}

async function roleExists(client: Client, name: string): Promise<boolean> {
  const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
  return found.rowCount === 1;
}

/**
 * Creates `cs_owner`, `cs_app`, `cs_system` and this installation's two logins, and gives the schema to the
 * owner. Needs a superuser, or a role that may create roles and owns the database.
 */
export async function provisionRoles(client: Client, secret: RoleSecret): Promise<void> {
  try {
    for (const role of ['cs_owner', 'cs_app', 'cs_system']) {
      if (!(await roleExists(client, role))) await tolerant(client, `CREATE ROLE ${role} NOLOGIN`);
    }
    for (const role of ['cs_app', 'cs_system'] as const) {
      const { user, password } = loginOf(role, secret);
      if (await roleExists(client, user)) continue;
      await tolerant(
        client,
        `CREATE ROLE ${escapeIdentifier(user)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${escapeLiteral(password)} IN ROLE ${role}`,
      );
    }
    const me = await client.query<{ current_user: string; super: boolean; database: string }>(
      'SELECT current_user, current_database() AS database, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS super',
    );
    const {
      current_user: user,
      super: isSuper,
      database,
    } = me.rows[0] ?? { current_user: '', super: false, database: '' };
    // Also the application's roles: the out-of-band commands must work with nothing but this URL.
    if (!isSuper)
      await tolerant(client, `GRANT cs_owner, cs_app, cs_system TO ${escapeIdentifier(user)}`);
    await tolerant(client, 'ALTER SCHEMA public OWNER TO cs_owner');
    await tolerant(client, 'REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    await tolerant(client, 'GRANT USAGE ON SCHEMA public TO cs_app, cs_system');
    await tolerant(
      client,
      `GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO cs_app, cs_system`,
    );
  } catch (error) {
    throw new DomainError('configuration_error', {
      what: 'The database roles cs_owner, cs_app and cs_system could not be created.',
      why: error instanceof Error ? error.message : String(error),
      howToFix:
        'Let DATABASE_URL name a role that may create roles and owns the database, for the time of "countersign migrate".',
      cause: error,
    });
  }
}
