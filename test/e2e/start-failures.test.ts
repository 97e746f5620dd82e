import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Client } from 'pg';
import { ensureBuilt } from '../support/built-product';
import { introduceCast, must } from '../support/cast';
import { createTestDatabase, runStatement, urlOfDatabase } from '../support/postgres';
import { createRest } from '../support/rest';
import {
  type CliChild,
  type DataFolder,
  freePort,
  makeDataFolder,
  runCliChild,
  startServerChild,
} from '../support/server-child';
import { testServers } from '../support/test-servers';

const BAD_SETTINGS = 2;
const UNAVAILABLE = 9;

/** Processes whose command line names the folder: whatever a start left behind. */
function processesNaming(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(text) ? [line] : [];
      } catch {
        return [];
      }
    });
}

describe('countersign start that cannot work', () => {
  let folder: DataFolder;
  beforeAll(() => ensureBuilt(), 240_000);
  beforeEach(() => {
    folder = makeDataFolder();
  });
  afterEach(() => folder.remove());

  const start = async (env: Readonly<Record<string, string>>): Promise<CliChild> =>
    runCliChild(['start'], {
      PORT: String(await freePort()),
      COUNTERSIGN_DATA_DIR: folder.path,
      ...env,
    });
  /** It must end by itself, say what is wrong, and leave nothing running. */
  const expectRefusal = async (
    child: CliChild,
    code: number,
    says: readonly RegExp[],
  ): Promise<void> => {
    const exit = await child.exited;
    expect([exit.code, child.output()]).toEqual([code, expect.stringMatching(/\S/)]);
    for (const text of says) expect(child.output()).toMatch(text);
    expect(child.output()).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
    expect(processesNaming(folder.path)).toEqual([]);
  };

  it('says that the port is taken, before it boots anything', async () => {
    const holder: Server = createServer();
    holder.listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const port = String((holder.address() as AddressInfo).port);
    try {
      await expectRefusal(await start({ PORT: port }), BAD_SETTINGS, [
        new RegExp(`Port ${port} .* is taken`),
        /PORT/,
      ]);
    } finally {
      holder.close();
      await once(holder, 'close');
    }
  }, 60_000);

  it('says that no database answers at DATABASE_URL, without its password', async () => {
    const port = String(await freePort());
    const child = await start({
      DATABASE_URL: `postgres://someone:s3cret-word@127.0.0.1:${port}/gone`,
    });
    await expectRefusal(child, BAD_SETTINGS, [/DATABASE_URL/, new RegExp(port)]);
    expect(child.output()).not.toContain('s3cret-word');
  }, 60_000);

  it('says that the database of DATABASE_URL does not exist', async () => {
    const url = urlOfDatabase(testServers().postgres.adminUrl, 'never_made');
    await expectRefusal(await start({ DATABASE_URL: url }), BAD_SETTINGS, [
      /never_made/,
      /DATABASE_URL/,
    ]);
  }, 60_000);

  it('says that no Temporal answers at TEMPORAL_ADDRESS', async () => {
    const address = `127.0.0.1:${String(await freePort())}`;
    const child = await start({ TEMPORAL_ADDRESS: address });
    await expectRefusal(child, UNAVAILABLE, [new RegExp(address), /TEMPORAL_ADDRESS/]);
  }, 60_000);

  it('lists every wrong setting at once', async () => {
    const child = await start({ PORT: 'eighty', COUNTERSIGN_ENV: 'staging' });
    await expectRefusal(child, BAD_SETTINGS, [/PORT/, /COUNTERSIGN_ENV/]);
  }, 60_000);

  it('refuses to be separate processes without real parts and keys', async () => {
    const place = { COUNTERSIGN_DATA_DIR: folder.path };
    await expectRefusal(runCliChild(['api'], place), BAD_SETTINGS, [
      /DATABASE_URL/,
      /TEMPORAL_ADDRESS/,
    ]);
    const { postgres, temporal } = testServers();
    const parts = { DATABASE_URL: postgres.adminUrl, TEMPORAL_ADDRESS: temporal.address };
    await expectRefusal(runCliChild(['worker'], { ...place, ...parts }), BAD_SETTINGS, [/key/i]);
  }, 60_000);
});

describe('countersign start on parts that exist', () => {
  beforeAll(() => ensureBuilt(), 240_000);

  it('takes an administrator URL of Postgres, migrates, and runs as the weak role', async () => {
    const folder = makeDataFolder();
    const database = await createTestDatabase();
    const bare = `${database.name}_bare`;
    await runStatement(database.adminUrl, `CREATE DATABASE ${bare}`);
    const url = urlOfDatabase(database.adminUrl, bare);
    try {
      const server = await startServerChild({
        dataDir: folder.path,
        port: await freePort(),
        env: {
          DATABASE_URL: url,
          TEMPORAL_ADDRESS: testServers().temporal.address,
          TEMPORAL_TASK_QUEUE: bare,
          COUNTERSIGN_BOOTSTRAP_ADMIN_KEY: 'key-on-real-parts',
        },
      });
      try {
        const cast = await introduceCast(createRest(server.url, 'key-on-real-parts'));
        must(
          await cast.bot.post('/v1/executions', {
            agent: 'support-bot',
            action: 'issue_refund',
            args: { amount: 45 },
          }),
          200,
        );
        const sessions = await sessionsOf(url, bare);
        expect(sessions.length).toBeGreaterThan(0);
        for (const session of sessions)
          expect(session).toMatchObject({ superuser: false, owner: false, weak: true });
        expect(processesNaming(folder.path)).toEqual([]);
      } finally {
        expect((await server.stop()).code).toBe(0);
      }
    } finally {
      await folder.remove();
      await runStatement(database.adminUrl, `DROP DATABASE IF EXISTS ${bare} WITH (FORCE)`);
      await database.drop();
    }
  }, 90_000);

  it('plays the demo in a throwaway stack and exits 0, leaving nothing', async () => {
    const demo = runCliChild(['demo'], {});
    const exit = await demo.exited;
    expect([exit.code, demo.output()]).toEqual([0, expect.stringContaining('TAMPERED')]);
    expect(processesNaming('countersign-demo-')).toEqual([]);
  }, 90_000);
});

interface SessionRow {
  readonly superuser: boolean;
  /** May act as the owner of the schema. */
  readonly owner: boolean;
  /** Acts as one of the two application roles. */
  readonly weak: boolean;
}

/** Who is logged in to the database, without the one that asks. */
async function sessionsOf(url: string, name: string): Promise<readonly SessionRow[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<SessionRow>(
      `SELECT DISTINCT usename, rolsuper AS superuser,
              pg_has_role(usename, 'cs_owner', 'MEMBER') AS owner,
              pg_has_role(usename, 'cs_app', 'MEMBER')
                OR pg_has_role(usename, 'cs_system', 'MEMBER') AS weak
         FROM pg_stat_activity JOIN pg_roles ON rolname = usename
        WHERE datname = $1 AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
      [name],
    );
    return rows;
  } finally {
    await client.end();
  }
}
