import { Client } from 'pg';
import { openDatabase, openDatabaseAsGiven, refusePowerfulSessions } from '../../src/db/pool';
import { urlFor } from '../../src/db/roles';
import { castVote, submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';
import { runStatement, TEST_ROLE_SECRET } from '../support/postgres';

/** Tables that belong to no tenant; every other one must be guarded. */
const TENANTLESS = ['schema_migrations'];
const OTHER = 'other-tenant';

interface Table {
  readonly name: string;
  /** The column that names the tenant. */
  readonly key: 'tenant' | 'id' | null;
  readonly secured: boolean;
}

let installation: TestInstallation;
let tables: readonly Table[];

async function tablesOf(one: TestInstallation): Promise<readonly Table[]> {
  return one.sql<Table & Record<string, unknown>>(
    `SELECT c.relname AS name, c.relrowsecurity AS secured,
            CASE WHEN c.relname = 'tenants' THEN 'id'
                 WHEN EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant' AND NOT a.attisdropped) THEN 'tenant'
            END AS key
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY 1`,
  );
}

/** One statement of a tenant's session; answers rows, or the code Postgres refused it with. */
async function asApp(
  text: string,
  tenant: string | null = 'default',
): Promise<{ readonly rows: number } | { readonly code: string }> {
  const client = new Client({
    connectionString: urlFor(installation.database.adminUrl, 'cs_app', TEST_ROLE_SECRET),
    options: '-c role=cs_app',
  });
  await client.connect();
  try {
    await client.query('BEGIN');
    if (tenant !== null)
      await client.query(`SELECT set_config('countersign.tenant', $1, true)`, [tenant]);
    const done = await client.query(text);
    return { rows: done.rowCount ?? 0 };
  } catch (error) {
    return { code: String((error as { code?: unknown }).code) };
  } finally {
    await client.end();
  }
}

/** A row in each table that no use case fills yet. */
async function fillEmptyTables(execution: string): Promise<void> {
  const tenant = `'default'`;
  const ann = `'user:ann'`;
  for (const text of [
    `INSERT INTO groups (tenant, id) VALUES (${tenant}, 'board')`,
    `INSERT INTO group_members (tenant, group_id, principal) VALUES (${tenant}, 'board', ${ann})`,
    `INSERT INTO on_call_schedules (tenant, id) VALUES (${tenant}, 'nights')`,
    `INSERT INTO on_call_shifts VALUES (${tenant}, 'nights', 1, ${ann}, 1, 2)`,
    `INSERT INTO approval_chains VALUES (${tenant}, 'own', 1, '{}', 'd', ${ann})`,
    `INSERT INTO approval_chain_heads VALUES (${tenant}, 'own', 1, ${ann})`,
    `INSERT INTO channel_identities VALUES (${tenant}, gen_random_uuid(), 'slack', 'T', 'U', ${ann}, 'linked', ${ann}, 1)`,
    `INSERT INTO channel_messages (tenant, id, execution, channel, purpose_key, purpose, is_card, desired_version, post_key)
     VALUES (${tenant}, gen_random_uuid(), '${execution}', 'slack', 'card', '{}', true, 1, gen_random_uuid())`,
  ])
    await installation.sql(text);
}

const REFUSED = { code: '42501' };

beforeAll(async () => {
  installation = await createTestInstallation();
  const { core, sql } = installation;
  const agent = await installation.agent('support-bot');
  const ann = await installation.person('ann', { approverRoles: ['support-manager'] });
  await core.useCases.putList(installation.admin, { name: 'friends', values: ['acme.com'] });
  const asked = await submitRefund(core, agent, 450, { idempotencyKey: 'k-1' });
  await castVote(core, ann, asked.executionId);
  await core.useCases.engageKillSwitch(installation.admin, {
    scope: 'global',
    reason: 'drill',
    severity: 'info',
  });
  await installation.checkpoint();
  await sql(
    `INSERT INTO execution_histories (tenant, execution, history, sha256) VALUES ('default', $1, 'x', 'x')`,
    [asked.executionId],
  );
  await sql(`INSERT INTO audit_backlog (tenant, event) VALUES ('default', '{}')`);
  await fillEmptyTables(asked.executionId);
  await sql(`INSERT INTO tenants (id, name) VALUES ($1, 'Other')`, [OTHER]);
  await sql('INSERT INTO tenant_heads (tenant) VALUES ($1)', [OTHER]);
  tables = await tablesOf(installation);
});
afterAll(async () => {
  await installation.stop();
});

describe('row-level security', () => {
  it('is on for every table there is, but those that belong to no tenant', () => {
    const open = tables.filter(({ secured }) => !secured).map(({ name }) => name);
    expect(open).toEqual(TENANTLESS);
    expect(tables.length).toBeGreaterThan(18);
  });

  it('shows a tenant its own rows and none of another tenant, in every table', async () => {
    const seen: Record<string, unknown> = {};
    const expected: Record<string, unknown> = {};
    for (const { name, key } of tables) {
      if (key === null || name.startsWith('audit_events_')) continue;
      const mine = await installation.sql(`SELECT 1 FROM ${name} WHERE ${key} = 'default' LIMIT 1`);
      // A table without a row would prove nothing: give it one in beforeAll.
      expect([name, mine.length]).toEqual([name, 1]);
      seen[name] = [
        await asApp(`SELECT 1 FROM ${name} LIMIT 1`, 'default'),
        await asApp(`SELECT 1 FROM ${name} WHERE ${key} = 'default'`, OTHER),
        await asApp(`SELECT 1 FROM ${name}`, null),
      ];
      expected[name] = [{ rows: 1 }, { rows: 0 }, { rows: 0 }];
    }
    expect(seen).toEqual(expected);
  });

  it('keeps a tenant from inserting, changing or removing rows of another, in every table', async () => {
    const changed: string[] = [];
    for (const { name, key } of tables) {
      if (key === null) continue;
      const copied = `INSERT INTO ${name} SELECT * FROM ${name}`;
      for (const text of [
        `UPDATE ${name} SET ${key} = ${key} WHERE ${key} = 'default'`,
        `DELETE FROM ${name} WHERE ${key} = 'default'`,
        copied,
      ]) {
        const done = await asApp(text, OTHER);
        if ('rows' in done && done.rows > 0) changed.push(text);
      }
    }
    expect(changed).toEqual([]);
  });

  it('keeps a tenant from writing a row under the name of another', async () => {
    const foreign = [
      `INSERT INTO lists (tenant, name, values) VALUES ('${OTHER}', 'x', '{}')`,
      `INSERT INTO outbox (tenant, job) VALUES ('${OTHER}', '{}')`,
      `INSERT INTO audit_backlog (tenant, event) VALUES ('${OTHER}', '{}')`,
      `UPDATE lists SET tenant = '${OTHER}'`,
      `UPDATE executions SET tenant = '${OTHER}'`,
      `INSERT INTO audit_checkpoints (tenant, size, note, frontier) VALUES ('${OTHER}', 1, '', '{}')`,
    ];
    for (const text of foreign) expect([text, await asApp(text)]).toEqual([text, REFUSED]);
  });

  it('covers the search function, which runs as the owner', async () => {
    const search = 'SELECT * FROM search_audit(NULL, NULL, NULL, 10)';
    expect(await asApp(search)).toEqual({ rows: 10 });
    expect(await asApp(search, OTHER)).toEqual({ rows: 0 });
  });
});

describe('what the application may do to the chain', () => {
  it('is to add rows: no update, delete or truncate of events, partitions or checkpoints', async () => {
    const partitions = tables.map(({ name }) => name).filter((name) => /^audit_events_/.test(name));
    expect(partitions.length).toBeGreaterThanOrEqual(4);
    for (const table of ['audit_events', 'audit_checkpoints', ...partitions]) {
      for (const text of [
        `UPDATE ${table} SET tenant = tenant`,
        `DELETE FROM ${table}`,
        `TRUNCATE ${table}`,
      ])
        expect([text, await asApp(text)]).toEqual([text, REFUSED]);
    }
  });

  it('does not include changing tables, triggers, policies, functions or roles', async () => {
    for (const text of [
      'ALTER TABLE audit_events DISABLE TRIGGER ALL',
      'ALTER TABLE audit_events DISABLE ROW LEVEL SECURITY',
      'ALTER TABLE audit_events ADD COLUMN x int',
      'DROP TABLE audit_checkpoints',
      'DROP POLICY tenant_only ON executions',
      'DROP TRIGGER append_only_rows ON audit_events',
      'CREATE TABLE mine (id int)',
      'CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
      'SET ROLE cs_owner',
      'SET ROLE cs_system',
      'SET session_replication_role = replica',
      'SELECT ensure_audit_partitions(3)',
      'SELECT * FROM pg_authid',
    ])
      expect([text, await asApp(text)]).toEqual([text, REFUSED]);
  });

  it('leaves published policy versions, votes and payloads as they were written', async () => {
    for (const table of ['policy_sets', 'votes', 'payloads']) {
      expect(await asApp(`UPDATE ${table} SET tenant = tenant`)).toEqual(REFUSED);
      expect(await asApp(`DELETE FROM ${table}`)).toEqual(REFUSED);
    }
  });
});

describe('the guards of the chain', () => {
  const attempts = ['audit_events', 'audit_checkpoints'].flatMap((table) => [
    `UPDATE ${table} SET tenant = tenant`,
    `DELETE FROM ${table}`,
    `TRUNCATE ${table}`,
  ]);

  it.each([
    ['a superuser', ''],
    ['the owner of the tables', 'SET ROLE cs_owner;'],
    ['a session that plays replica', 'SET session_replication_role = replica;'],
  ])('hold for %s', async (_who, first) => {
    const month = await installation.sql<{ name: string }>(
      'SELECT tableoid::regclass::text AS name FROM audit_events LIMIT 1',
    );
    const partition = month[0]?.name ?? '';
    const direct = [`DELETE FROM ${partition}`, `TRUNCATE ${partition}`];
    for (const text of [...attempts, ...direct]) {
      await expect(
        runStatement(installation.database.adminUrl, `${first} ${text}`),
      ).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('hold for partitions made later', async () => {
    await installation.sql('SELECT ensure_audit_partitions(5)');
    const guards = await installation.sql<{ name: string; guards: number }>(
      `SELECT c.relname AS name, count(t.*)::int AS guards FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
         LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgenabled = 'A' AND t.tgname LIKE 'append_only%'
        WHERE i.inhparent = 'audit_events'::regclass AND c.relkind = 'r' GROUP BY 1`,
    );
    expect(guards.length).toBeGreaterThanOrEqual(6);
    expect(guards.filter((each) => each.guards !== 2)).toEqual([]);
  });
});

describe('refusePowerfulSessions', () => {
  const check = async (open: () => ReturnType<typeof openDatabaseAsGiven>): Promise<unknown> => {
    const database = open();
    try {
      return await refusePowerfulSessions(database).then(
        () => 'accepted',
        (error: unknown) => (error as { code?: unknown }).code,
      );
    } finally {
      await database.close();
    }
  };

  it('accepts the logins that migrate makes', async () => {
    const { adminUrl } = installation.database;
    expect(await check(() => openDatabase(adminUrl, TEST_ROLE_SECRET))).toBe('accepted');
  });

  it('refuses a superuser, also behind the weak role', async () => {
    const { adminUrl } = installation.database;
    expect(await check(() => openDatabaseAsGiven(adminUrl))).toBe('configuration_error');
  });

  it('refuses a login that may become the owner or passes row-level security', async () => {
    const { adminUrl } = installation.database;
    const extra = 'cs_test_powerful';
    await runStatement(adminUrl, `DROP ROLE IF EXISTS ${extra}`);
    await runStatement(adminUrl, `CREATE ROLE ${extra} LOGIN IN ROLE cs_app, cs_system`);
    const url = new URL(adminUrl);
    url.username = extra;
    expect(await check(() => openDatabaseAsGiven(url.href))).toBe('accepted');
    await runStatement(adminUrl, `GRANT cs_owner TO ${extra}`);
    expect(await check(() => openDatabaseAsGiven(url.href))).toBe('configuration_error');
    await runStatement(adminUrl, `REVOKE cs_owner FROM ${extra}`);
    await runStatement(adminUrl, `ALTER ROLE ${extra} BYPASSRLS`);
    expect(await check(() => openDatabaseAsGiven(url.href))).toBe('configuration_error');
    await runStatement(adminUrl, `DROP ROLE ${extra}`);
  });
});
