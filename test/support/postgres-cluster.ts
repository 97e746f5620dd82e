import { execFileSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Client } from 'pg';
import { startTethered, type TetheredProcess } from './tethered-process';

/** The superuser of the throwaway cluster. Tests act as the roles that the migrations make. */
const ADMIN = 'cs_test_admin';
const START_LIMIT_MS = 20_000;

export interface TestCluster {
  /** Superuser URL of the maintenance database, over a unix socket. */
  readonly adminUrl: string;
  stop(): Promise<void>;
}

/** The folder that holds initdb and postgres, newest major version first after those on the PATH. */
function findPostgresBinaries(): string {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? readdirSync(debian)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(debian, version, 'bin'))
    : [];
  const candidates = [...(process.env['PATH'] ?? '').split(delimiter), ...versions];
  const found = candidates.find((folder) =>
    ['initdb', 'postgres'].every((name) => isExecutable(join(folder, name))),
  );
  if (found === undefined) {
    throw new Error(
      'No Postgres server binaries (initdb, postgres) on the PATH or in /usr/lib/postgresql. ' +
        'On Debian: apt-get install postgresql',
    );
  }
  return found;
}

/**
 * Starts one cluster in a short private folder. It trades durability for speed and trusts every user name,
 * because only its owner reaches the socket; the roles and row-level security on it are real.
 */
export async function startTestCluster(): Promise<TestCluster> {
  const binaries = findPostgresBinaries();
  const folder = mkdtempSync(join(tmpdir(), 'cs-pg-'));
  const user = unprivilegedUser();
  chmodSync(folder, 0o700);
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  execFileSync(
    join(binaries, 'initdb'),
    ['-D', data, '-U', ADMIN, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
    { cwd: '/', stdio: 'pipe', ...(user === undefined ? {} : user) },
  );
  const server = startTethered({
    command: join(binaries, 'postgres'),
    args: ['-D', data, '-k', folder, ...serverSettings()],
    folder,
    // Immediate shutdown: nothing here is worth a checkpoint.
    stopSignal: 'QUIT',
    ...(user === undefined ? {} : { user }),
  });
  const adminUrl = `postgresql://${ADMIN}@localhost:5432/postgres?host=${encodeURIComponent(folder)}`;
  await waitUntilReady(adminUrl, server);
  return { adminUrl, stop: () => server.stop() };
}

function serverSettings(): readonly string[] {
  const settings = {
    listen_addresses: '',
    port: '5432',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
    shared_buffers: '64MB',
    max_wal_size: '2GB',
    autovacuum_naptime: '1h',
    timezone: 'UTC',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function waitUntilReady(adminUrl: string, server: TetheredProcess): Promise<void> {
  const limit = Date.now() + START_LIMIT_MS;
  for (;;) {
    const client = new Client({ connectionString: adminUrl });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (Date.now() > limit) {
        await server.stop();
        throw new Error(`Postgres did not start:\n${server.output()}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Postgres refuses to run as root, so root hands it to another user. */
function unprivilegedUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const ask = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { stdio: 'pipe' }));
      return { uid: ask('-u'), gid: ask('-g') };
    } catch {
      continue;
    }
  }
  throw new Error('Postgres does not run as root and neither user "postgres" nor "nobody" exists.');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
