import { createHash, randomUUID } from 'node:crypto';
import { migrate, readMigrations, type Migration } from '../../src/db/migrate';
import { runStatement, TEST_ROLE_SECRET, urlOfDatabase } from '../support/postgres';
import { testServers } from '../support/test-servers';

const shipped = readMigrations();
const named = (number: number, sql: string): Migration => ({
  number,
  name: `${String(number).padStart(6, '0')}_made_up.sql`,
  sql,
  sha256: createHash('sha256').update(sql).digest('hex'),
  breaking: sql.startsWith('--! breaking'),
});
const next = shipped.length + 1;

describe('migrate', () => {
  const made: string[] = [];
  const { adminUrl } = testServers().postgres;
  const emptyDatabase = async (): Promise<string> => {
    const name = `m_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
    await runStatement(adminUrl, `CREATE DATABASE ${name}`);
    made.push(name);
    return urlOfDatabase(adminUrl, name);
  };
  const run = (url: string, migrations?: readonly Migration[]) =>
    migrate(url, TEST_ROLE_SECRET, migrations);

  afterAll(async () => {
    for (const name of made)
      await runStatement(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });

  it('brings an empty database to this version, and a second run changes nothing', async () => {
    const url = await emptyDatabase();
    expect((await run(url)).applied).toEqual(shipped.map(({ name }) => name));
    await runStatement(url, 'SELECT seq FROM tenant_heads');
    expect((await run(url)).applied).toEqual([]);
  });

  it('applies each migration once when eight processes start at the same moment', async () => {
    const url = await emptyDatabase();
    const runs = await Promise.all(Array.from({ length: 8 }, () => run(url)));
    expect(runs.flatMap(({ applied }) => applied)).toEqual(shipped.map(({ name }) => name));
  });

  it('applies only what is missing, in order, when a version adds migrations', async () => {
    const url = await emptyDatabase();
    await run(url);
    const added = [
      named(next, 'CREATE TABLE added_first (id int)'),
      named(next + 1, 'ALTER TABLE added_first ADD COLUMN late int'),
    ];
    expect((await run(url, [...shipped, ...added])).applied).toEqual(added.map(({ name }) => name));
  });

  it('leaves nothing of a migration that fails half way, and goes on once it is corrected', async () => {
    const url = await emptyDatabase();
    await run(url);
    const broken = named(next, 'CREATE TABLE half_made (id int); SELECT no_such_column');
    await expect(run(url, [...shipped, broken])).rejects.toMatchObject({ code: '42703' });
    await expect(runStatement(url, 'SELECT 1 FROM half_made')).rejects.toMatchObject({
      code: '42P01',
    });
    const corrected = named(next, 'CREATE TABLE half_made (id int)');
    expect((await run(url, [...shipped, corrected])).applied).toEqual([corrected.name]);
  });

  it('refuses to run when an applied migration was edited', async () => {
    const url = await emptyDatabase();
    await run(url);
    const edited = shipped.map((migration) =>
      migration.number === 1 ? { ...migration, sha256: 'f'.repeat(64) } : migration,
    );
    await expect(run(url, edited)).rejects.toMatchObject({ code: 'configuration_error' });
  });

  it.each([
    ['refuses a newer database whose migration is breaking', '--! breaking\nSELECT 1', false],
    ['accepts a newer database whose migrations are compatible', 'SELECT 1', true],
  ])('%s', async (_name, sql, accepted) => {
    const url = await emptyDatabase();
    await run(url, [...shipped, named(next, sql)]);
    const older = run(url);
    if (accepted) expect((await older).applied).toEqual([]);
    else await expect(older).rejects.toMatchObject({ code: 'configuration_error' });
  });
});
