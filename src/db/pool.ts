import { Pool, types, type PoolConfig } from 'pg';

import { DomainError } from '../core/errors';
import { parseDatabaseUrl, urlFor, type ApplicationRole, type RoleSecret } from './roles';

const INT8 = 20;

/** bigint columns hold sequences, epochs and milliseconds: all below 2^53, so numbers are exact. */
const typeParsers: NonNullable<PoolConfig['types']> = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 && format !== 'binary'
      ? Number
      : (types.getTypeParser(oid, format) as unknown)) as typeof types.getTypeParser,
};

export interface Database {
  /** Tenant-scoped sessions: row-level security applies. */
  readonly app: Pool;
  /** Key look-up, relay, sweeps, what is global. */
  readonly system: Pool;
  /** URL of a system session, for a dedicated LISTEN connection. */
  readonly systemUrl: string;
  close(): Promise<void>;
}

function openPool(
  url: string,
  role: ApplicationRole,
  max: number,
  onError: (error: Error) => void,
): Pool {
  const pool = new Pool({
    connectionString: url,
    max,
    application_name: `countersign ${role}`,
    options: `-c role=${role} -c search_path=public -c statement_timeout=15000 -c idle_in_transaction_session_timeout=15000`,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    types: typeParsers,
    pipeline: true,
  });
  // An idle connection that breaks must not end the process; the next query reports the trouble.
  pool.on('error', onError);
  // The pool listens to idle connections alone; one that breaks in use rejects its query, and an error event
  // that nobody hears would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

interface OpenOptions {
  readonly maxConnections?: number;
  readonly onError?: (error: Error) => void;
}

function openBoth(appUrl: string, systemUrl: string, options: OpenOptions): Database {
  const onError = options.onError ?? (() => undefined);
  const app = openPool(appUrl, 'cs_app', options.maxConnections ?? 16, onError);
  const system = openPool(systemUrl, 'cs_system', 8, onError);
  return {
    app,
    system,
    systemUrl,
    close: async () => {
      await Promise.all([app.end(), system.end()]);
    },
  };
}

/** Sessions of the application's own logins, whatever user the URL names. */
export function openDatabase(
  databaseUrl: string,
  secret: RoleSecret,
  options: OpenOptions = {},
): Database {
  return openBoth(
    urlFor(databaseUrl, 'cs_app', secret),
    urlFor(databaseUrl, 'cs_system', secret),
    options,
  );
}

/** Sessions of the URL's own user in the application's roles: for commands that have nothing but a URL. */
export function openDatabaseAsGiven(databaseUrl: string, options: OpenOptions = {}): Database {
  const url = parseDatabaseUrl(databaseUrl).toString();
  return openBoth(url, url, options);
}

/** Boot check: an owner or superuser session could rewrite the chain, so the process refuses to run as one. */
export async function refusePowerfulSessions(database: Database): Promise<void> {
  for (const pool of [database.app, database.system]) {
    const found = await pool.query<{ session: string; current: string; powerful: boolean }>(
      `SELECT session_user AS session, current_user AS current,
              bool_or(r.rolsuper OR r.rolbypassrls OR pg_has_role(r.rolname, 'cs_owner', 'MEMBER')) AS powerful
         FROM pg_roles r WHERE r.rolname IN (session_user, current_user)`,
    );
    const row = found.rows[0];
    if (row === undefined || row.powerful) {
      throw new DomainError('configuration_error', {
        what: `The database session of ${row?.session ?? 'this process'} is too powerful.`,
        why: 'It is a superuser, bypasses row-level security or is a member of cs_owner, so it could rewrite the audit chain.',
        howToFix:
          'Run "countersign migrate" once; it makes the logins that every other process uses.',
      });
    }
  }
}
