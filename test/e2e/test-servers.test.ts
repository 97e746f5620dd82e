import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { urlFor } from '../../src/db/roles';
import {
  createTestDatabase,
  runStatement,
  TEST_ROLE_SECRET,
  type TestDatabase,
} from '../support/postgres';
import { testServers } from '../support/test-servers';

describe('test databases', () => {
  let one: TestDatabase;
  let other: TestDatabase;
  beforeAll(async () => {
    [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  });
  afterAll(async () => {
    await Promise.all([one.drop(), other.drop()]);
  });

  it('are apart: what one suite writes no other sees', async () => {
    await runStatement(one.adminUrl, 'CREATE TABLE mine (id int)');
    expect(await tableExists(one.adminUrl, 'mine')).toBe(true);
    expect(await tableExists(other.adminUrl, 'mine')).toBe(false);
  });

  it('are dropped even while a session is open', async () => {
    const database = await createTestDatabase();
    const client = new Client({ connectionString: database.adminUrl });
    client.on('error', () => undefined);
    await client.connect();
    await database.drop();
    await expect(runStatement(database.adminUrl, 'SELECT 1')).rejects.toMatchObject({
      code: '3D000',
    });
  });

  it('hold the migrated schema', async () => {
    expect(await tableExists(one.adminUrl, 'schema_migrations')).toBe(true);
  });

  it('let tests act as the real, weak roles', async () => {
    const url = urlFor(one.adminUrl, 'cs_app', TEST_ROLE_SECRET);
    await expect(runStatement(url, 'SELECT 1')).resolves.toBeUndefined();
    await expect(runStatement(url, 'SELECT * FROM pg_authid')).rejects.toMatchObject({
      code: '42501',
    });
  });
});

describe('test Temporal server', () => {
  it('answers on the published address and knows the namespace', async () => {
    const { address, namespace } = testServers().temporal;
    const connection = await Connection.connect({ address });
    try {
      const answer = await connection.workflowService.describeNamespace({ namespace });
      expect(answer.namespaceInfo?.name).toBe(namespace);
    } finally {
      await connection.close();
    }
  });
});

async function tableExists(adminUrl: string, name: string): Promise<boolean> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ found: boolean }>(
      'SELECT to_regclass($1) IS NOT NULL AS found',
      [name],
    );
    return rows[0]?.found === true;
  } finally {
    await client.end();
  }
}
