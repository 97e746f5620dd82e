import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../src/embedded/embedded-postgres';
import { resetEmbeddedState } from '../../src/embedded/embedded-stack';
import { MAX_SOCKET_PATH_BYTES } from '../../src/embedded/postgres-socket';
import { choosePorts } from '../../src/embedded/temporal-ports';
import {
  IS_ROOT,
  eventually,
  recordingLog,
  removeScratchFolders,
  scratchFolder,
} from './scratch-folder';

jest.setTimeout(40_000);

const running: EmbeddedPostgres[] = [];

async function start(
  dataDir: string,
  changes: Partial<EmbeddedPostgresOptions> = {},
): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, ...changes });
  running.push(postgres);
  return postgres;
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

function pidOf(postgres: EmbeddedPostgres): number {
  const pid = postgres.pid();
  if (pid === undefined) throw new Error('Postgres is not running');
  return pid;
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

afterEach(async () => {
  await Promise.all(running.splice(0).map((postgres) => postgres.stop()));
});
afterAll(removeScratchFolders);

describe('embedded Postgres', () => {
  it('keeps its data and its address over a stop and a start', async () => {
    const dataDir = join(scratchFolder(), 'state');
    const first = await start(dataDir);
    await ask(first.adminUrl, "CREATE TABLE kept AS SELECT 'here' AS v");
    await first.stop();
    expect(first.pid()).toBeUndefined();
    const second = await start(dataDir);
    expect(second.adopted).toBe(false);
    expect(second.adminUrl).toBe(first.adminUrl);
    expect(await ask(second.adminUrl, 'SELECT v FROM kept')).toBe('here');
  });

  it('is closed to others: socket 0700, password 0600, scram, no TCP', async () => {
    const dataDir = join(scratchFolder(), 'state');
    const { lines, log } = recordingLog();
    const postgres = await start(dataDir, { log });
    const url = new URL(postgres.adminUrl.replace('@/', '@local/'));
    const socketDir = url.searchParams.get('host') ?? '';
    expect(modeOf(socketDir)).toBe(0o700);
    expect(modeOf(join(dataDir, 'postgres'))).toBe(0o700);
    expect(modeOf(join(dataDir, 'postgres-admin-password'))).toBe(0o600);
    expect(modeOf(join(dataDir, 'postgres.log'))).toBe(0o600);
    expect(modeOf(join(dataDir, 'postgres.pid'))).toBe(0o600);
    expect(modeOf(dataDir)).toBe(IS_ROOT ? 0o711 : 0o700);
    expect(existsSync(join(dataDir, 'postgres', 'initial-password'))).toBe(false);
    expect(await ask(postgres.adminUrl, 'SHOW listen_addresses')).toBe('');
    expect(await ask(postgres.adminUrl, 'SHOW max_connections')).toBe('200');
    const hba = 'SELECT string_agg(DISTINCT auth_method, $$,$$) FROM pg_hba_file_rules';
    expect(await ask(postgres.adminUrl, hba)).toBe('scram-sha-256');
    await expect(ask(postgres.adminUrl.replace(url.password, 'wrong'), 'SELECT 1')).rejects.toThrow(
      /password authentication failed/,
    );
    expect(lines.join('\n')).not.toContain(url.password);
  });

  it('comes back on the same address after kill -9, with everything committed', async () => {
    const restarts: number[] = [];
    const dataDir = join(scratchFolder(), 'state');
    const postgres = await start(dataDir, {
      onRestart: ({ service, pid }) => restarts.push(service === 'postgres' ? pid : -1),
    });
    await ask(postgres.adminUrl, 'CREATE TABLE kept AS SELECT 7 AS v');
    // A session busy at the kill notices nothing and keeps the shared memory of the old server.
    const loop = "WHILE clock_timestamp() < now() + interval '30 s' LOOP END LOOP;";
    const busy = ask(postgres.adminUrl, `DO $$ BEGIN ${loop} END $$`).catch(() => 'cut');
    await eventually(async () =>
      Boolean(
        await ask(
          postgres.adminUrl,
          "SELECT count(*)::int FROM pg_stat_activity WHERE query LIKE 'DO %' AND state = 'active'",
        ),
      ),
    );
    const killed = pidOf(postgres);
    process.kill(killed, 'SIGKILL');
    await eventually(() => restarts.length === 1, 20_000);
    expect(await busy).toBe('cut');
    expect(readFileSync(join(dataDir, 'postgres.log'), 'utf8')).toContain('shared memory block');
    expect(restarts).toEqual([pidOf(postgres)]);
    expect(restarts).not.toContain(killed);
    expect(await ask(postgres.adminUrl, 'SELECT v FROM kept')).toBe(7);
  });

  it('refuses a second start on the same folder and names the process', async () => {
    const dataDir = join(scratchFolder(), 'state');
    const first = await start(dataDir);
    await expect(start(dataDir)).rejects.toThrow(`in use by process ${process.pid}`);
    expect(await ask(first.adminUrl, 'SELECT 1')).toBe(1);
  });

  it('moves the socket to a short private folder when the path is too long, and says so', async () => {
    const dataDir = join(scratchFolder(), 'd'.repeat(MAX_SOCKET_PATH_BYTES));
    const { lines, log } = recordingLog();
    const first = await start(dataDir, { log });
    expect(await ask(first.adminUrl, 'SELECT 1')).toBe(1);
    const socketDir = new URL(first.adminUrl.replace('@/', '@x/')).searchParams.get('host') ?? '';
    expect(modeOf(socketDir)).toBe(0o700);
    expect(
      lines.filter((line) => line.startsWith('warn:') && line.includes(socketDir)),
    ).toHaveLength(1);
    await first.stop();
    const second = await start(dataDir);
    expect(second.adminUrl).toBe(first.adminUrl);
    await second.stop();
    await resetEmbeddedState(dataDir);
    expect(existsSync(socketDir)).toBe(false);
  });

  it('runs on the packaged server when told so', async () => {
    const postgres = await start(join(scratchFolder(), 'state'), { source: 'package' });
    expect(postgres.binaries).toMatchObject({ origin: 'package' });
    expect(postgres.binaries.folder).toContain('@embedded-postgres');
    expect(await ask(postgres.adminUrl, "SELECT lower('É')")).toBe('é');
  });

  it('does not take a data folder of another major version', async () => {
    const dataDir = join(scratchFolder(), 'state');
    mkdirSync(join(dataDir, 'postgres', 'data'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres', 'data', 'PG_VERSION'), '13\n');
    await expect(start(dataDir)).rejects.toThrow(
      /No Postgres 13 can be started here[\s\S]*but the data needs 13[\s\S]*--reset/,
    );
  });

  it('starts although its old pid now belongs to another process', async () => {
    const dataDir = join(scratchFolder(), 'state');
    const first = await start(dataDir);
    const lockFile = join(dataDir, 'postgres', 'data', 'postmaster.pid');
    const left = readFileSync(lockFile, 'utf8');
    await first.stop();
    writeFileSync(lockFile, left.replace(/^\d+/, String(process.pid)));
    const second = await start(dataDir);
    expect(await ask(second.adminUrl, 'SELECT 1')).toBe(1);
  });

  it('can be given up while it starts, and leaves nothing running', async () => {
    const dataDir = join(scratchFolder(), 'state');
    const gaveUp = start(dataDir, { signal: AbortSignal.abort() });
    await expect(gaveUp).rejects.toThrow('given up');
    expect(existsSync(join(dataDir, 'postgres.pid'))).toBe(false);
    expect(await ask((await start(dataDir)).adminUrl, 'SELECT 1')).toBe(1);
  });

  it('says which folder to open when its user cannot pass', async () => {
    const closed = join(scratchFolder(), 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const attempt = start(join(closed, 'state'));
    if (!IS_ROOT) return expect((await attempt).pid()).toBeGreaterThan(0);
    return expect(attempt).rejects.toThrow(`cannot pass through the folder ${closed}`);
  });

  it('opens a loopback port only when asked', async () => {
    const { grpc: tcpPort } = await choosePorts(join(scratchFolder(), 'ports.json'), {});
    const postgres = await start(join(scratchFolder(), 'state'), { tcpPort });
    expect(await ask(postgres.adminUrl, 'SHOW listen_addresses')).toBe('127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(tcpPort, '127.0.0.1', () => resolve(socket.destroy().destroyed));
      socket.once('error', () => resolve(false));
    });
    expect(open).toBe(true);
  });
});
