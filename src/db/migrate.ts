import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Client } from 'pg';

import { DomainError } from '../core/errors';
import { provisionRoles, type RoleSecret } from './roles';

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
  /** First line `--! breaking`: older code must not run on it. */
  readonly breaking: boolean;
}

/** Any number that no other user of the database takes; the lock blocks, so a second replica waits. */
const MIGRATION_LOCK = 7226117040;

export function readMigrations(directory: string = join(__dirname, 'migrations')): Migration[] {
  return readdirSync(directory)
    .filter((file) => /^\d{6}_[a-z0-9_]+\.sql$/.test(file))
    .sort()
    .map((file) => {
      const sql = readFileSync(join(directory, file), 'utf8');
      return {
        number: Number(file.slice(0, 6)),
        name: file,
        sql,
        sha256: createHash('sha256').update(sql).digest('hex'),
        breaking: sql.startsWith('--! breaking'),
      };
    });
}

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
  readonly breaking: boolean;
}

function refuseUnknown(applied: readonly Applied[], known: readonly Migration[]): void {
  const newest = known.at(-1)?.number ?? 0;
  for (const row of applied) {
    const mine = known.find((migration) => migration.number === row.number);
    if (mine !== undefined && mine.sha256 !== row.sha256) {
      throw new DomainError('configuration_error', {
        what: `Migration ${row.name} was applied with other content than this version ships.`,
        why: 'A migration is never edited after it was released.',
        howToFix: 'Run the version of Countersign that made this database, or restore a backup.',
      });
    }
    if (mine === undefined && row.number > newest && row.breaking) {
      throw new DomainError('configuration_error', {
        what: `The database is newer than this version: ${row.name} is a breaking migration.`,
        why: 'Running older code on it could lose or misread data.',
        howToFix: 'Upgrade this process.',
      });
    }
  }
}

/**
 * Brings the database at `adminUrl` to this version: roles first, then each missing migration in its own
 * transaction as cs_owner, under a blocking advisory lock. Safe to run from many processes at once.
 */
export async function migrate(
  adminUrl: string,
  secret: RoleSecret,
  migrations: readonly Migration[] = readMigrations(),
): Promise<{ readonly applied: readonly string[] }> {
  const client = new Client({
    connectionString: adminUrl,
    application_name: 'countersign-migrate',
  });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await provisionRoles(client, secret);
    await client.query('SET ROLE cs_owner');
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, breaking boolean NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())',
    );
    await client.query('GRANT SELECT ON schema_migrations TO cs_app, cs_system');
    const done = await client.query<Applied>(
      'SELECT number, name, sha256, breaking FROM schema_migrations ORDER BY number',
    );
    refuseUnknown(done.rows, migrations);
    const applied: string[] = [];
    for (const migration of migrations) {
      if (done.rows.some((row) => row.number === migration.number)) continue;
      await applyOne(client, migration);
      applied.push(migration.name);
    }
    return { applied };
  } finally {
    await client.end();
  }
}

async function applyOne(client: Client, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(
      'INSERT INTO schema_migrations (number, name, sha256, breaking) VALUES ($1, $2, $3, $4)',
      [migration.number, migration.name, migration.sha256, migration.breaking],
    );
    await client.query(migration.sql);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
