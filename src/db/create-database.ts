import { Client, escapeIdentifier } from 'pg';

import { parseDatabaseUrl } from './roles';

const DUPLICATE_DATABASE = '42P04';

/** Makes the database on the embedded server if it is new; answers its URL. */
export async function ensureDatabase(adminUrl: string, name: string): Promise<string> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${escapeIdentifier(name)}`);
  } catch (error) {
    if ((error as { code?: string }).code !== DUPLICATE_DATABASE) throw error;
  } finally {
    await client.end();
  }
  const url = parseDatabaseUrl(adminUrl);
  url.pathname = `/${name}`;
  return url.toString();
}
