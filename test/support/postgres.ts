import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { RoleSecret } from '../../src/db/roles';
import { testServers } from './test-servers';

const TEMPLATE_BUSY = '55006';

/** Names the logins of cs_app and cs_system on the test cluster; pass it to openDatabase. */
export const TEST_ROLE_SECRET: RoleSecret = { secret: new Uint8Array(32).fill(7) };

export interface TestDatabase {
  /** Superuser URL of this database, over a unix socket. */
  readonly adminUrl: string;
  readonly name: string;
  /** Ends every session on it and removes it. */
  drop(): Promise<void>;
}

/**
 * A migrated, empty database of its own: a copy of the template made in global setup, about 50 ms.
 * Call it in beforeAll and drop it in afterAll.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { adminUrl, templateName } = testServers().postgres;
  const worker = process.env['JEST_WORKER_ID'] ?? '0';
  const name = `t${worker}_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  await copyTemplate(adminUrl, name, templateName);
  return {
    adminUrl: urlOfDatabase(adminUrl, name),
    name,
    drop: () => runStatement(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** The same URL with another database. */
export function urlOfDatabase(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs one statement on a connection of its own. */
export async function runStatement(adminUrl: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Two processes may copy at the same moment, and Postgres then refuses one of them for a short time. */
async function copyTemplate(adminUrl: string, name: string, template: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await runStatement(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
      return;
    } catch (error) {
      const busy = (error as { code?: unknown }).code === TEMPLATE_BUSY;
      if (!busy || attempt >= 40) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * Math.random() + 25));
    }
  }
}
