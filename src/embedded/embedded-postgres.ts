import { existsSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ChildCommand, type RunningChild, adoptChild, startChild } from './child-process';
import { takeDataDirLock } from './data-dir-lock';
import { makePrivateFolder, prepareDataFolder, requireSupportedPlatform } from './owned-folder';
import { type PidRecord, readLivePidFile, removePidFile, writePidFile } from './pid-file';
import {
  type PostgresBinaries,
  type PostgresSource,
  findPostgresBinaries,
} from './postgres-binaries';
import { ADMIN_USER, ensureCluster } from './postgres-cluster';
import { SOCKET_PORT, answersOn, socketFolder, socketPathIn } from './postgres-socket';
import {
  endProcess,
  findProcess,
  identityOf,
  processesWorkingIn,
  signalProcess,
  sleep,
} from './process-identity';
import {
  type EmbeddedLog,
  type EmbeddedService,
  EmbeddedStartError,
  type OnRestart,
  explainAccess,
} from './service';
import { supervise } from './supervise';
import { type RunAs, chooseUnprivilegedUser, proveReachable } from './unprivileged-user';

export interface EmbeddedPostgresOptions {
  /** The folder of all embedded state (`COUNTERSIGN_DATA_DIR`); Postgres uses parts of it. */
  readonly dataDir: string;
  readonly log: EmbeddedLog;
  /** Gives up a start under way; has no effect once started. */
  readonly signal?: AbortSignal;
  readonly onRestart?: OnRestart;
  /** Where the server programs may come from; `auto` prefers the system's own. */
  readonly source?: PostgresSource;
  /** Also listen on this loopback port; without it only the unix socket exists. */
  readonly tcpPort?: number;
  /** Further server settings, for benchmarks and tests (for example `fsync: 'off'`). */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres extends EmbeddedService {
  /**
   * `postgresql://countersign_admin:…@/postgres?host=<socket folder>&port=5432`. Holds the password:
   * never log it.
   */
  readonly adminUrl: string;
  readonly binaries: PostgresBinaries;
}

const START_LIMIT_MS = 60_000;
/** Together under the 8 s a stop may take. */
const STOP_STEPS = [
  { signal: 'SIGINT', waitMs: 5_000 },
  { signal: 'SIGQUIT', waitMs: 1_500 },
  { signal: 'SIGKILL', waitMs: 1_000 },
] as const;

interface Layout {
  readonly clusterDir: string;
  readonly socketPath: string;
  readonly command: ChildCommand;
  readonly log: EmbeddedLog;
}

export const postgresLockPath = (dataDir: string): string => join(dataDir, 'postgres.lock');
const postgresPidFile = (dataDir: string): string => join(dataDir, 'postgres.pid');

function serverArguments(
  clusterDir: string,
  socketDir: string,
  options: EmbeddedPostgresOptions,
): readonly string[] {
  const settings: Readonly<Record<string, string>> = {
    port: String(options.tcpPort ?? SOCKET_PORT),
    listen_addresses: options.tcpPort === undefined ? '' : '127.0.0.1',
    unix_socket_directories: socketDir,
    unix_socket_permissions: '0700',
    max_connections: '200',
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...options.settings,
  };
  return [
    '-D',
    clusterDir,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

/** The pid in the server's own lock file, its first line. */
function pidInClusterLock(clusterDir: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8'), 10);
  } catch {
    return undefined;
  }
}

/**
 * Removes the server's own lock file when its pid now belongs to something else: the server would
 * take any living process of its user for another server on the same data.
 */
function removeRecycledLock(clusterDir: string): void {
  const pid = pidInClusterLock(clusterDir);
  if (pid === undefined || identityOf(pid) === undefined) return;
  if (findProcess([clusterDir], 'postgres')?.pid === pid) return;
  rmSync(join(clusterDir, 'postmaster.pid'), { force: true });
}

async function startServer(layout: Layout, signal: AbortSignal | undefined): Promise<RunningChild> {
  const until = Date.now() + START_LIMIT_MS;
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
    removeRecycledLock(layout.clusterDir);
    const logLength = statSync(layout.command.logFile, { throwIfNoEntry: false })?.size ?? 0;
    const child = await startChild(layout.command);
    let ended = false;
    void child.ended.then(() => {
      ended = true;
    });
    const hasEnded = (): boolean => ended;
    while (!hasEnded() && Date.now() < until && signal?.aborted !== true) {
      if (await answersOn(layout.socketPath, ADMIN_USER)) return child;
      await sleep(20);
    }
    if (!hasEnded()) await endProcess(child.identity, STOP_STEPS);
    if (signal?.aborted === true)
      throw new EmbeddedStartError('The start of Postgres was given up.');
    const tail = logSince(layout.command.logFile, logLength);
    const oldSessions = /shared memory block|lock file .* already exists/.test(tail);
    if (!oldSessions || Date.now() >= until) {
      throw new EmbeddedStartError(
        `Postgres did not start. The end of ${layout.command.logFile}:\n${tail}`,
      );
    }
    endOldSessions(layout);
    await sleep(pauseMs);
  }
}

/**
 * After a kill -9 of the server its old sessions hold the shared memory until they notice, which a
 * busy one does only when its statement ends. Nobody hears their result any more.
 */
function endOldSessions({ clusterDir }: Layout): void {
  if (findProcess([clusterDir], 'postgres') !== undefined) return;
  for (const session of processesWorkingIn(clusterDir, 'postgres: ')) {
    signalProcess(session, 'SIGQUIT');
  }
}

/** The end of what was written to the log after the given length. */
function logSince(logFile: string, offset: number): string {
  try {
    const text = readFileSync(logFile).subarray(offset).toString('utf8');
    return text.trimEnd().split('\n').slice(-8).join('\n');
  } catch {
    return '(no log)';
  }
}

async function endServer(
  layout: Layout,
  record: { pid: number; startedAt: string },
): Promise<void> {
  const gone = await endProcess(record, STOP_STEPS);
  if (gone) removePidFile(layout.command.pidFile);
  else layout.log({ level: 'error', msg: `Postgres (pid ${record.pid}) does not end` });
}

function leftoverServer(layout: Layout): PidRecord | undefined {
  const recorded = readLivePidFile(layout.command.pidFile);
  if (recorded !== undefined) return recorded;
  const found = findProcess([layout.clusterDir], 'postgres');
  return found === undefined ? undefined : { ...found, settings: 'unknown' };
}

/** Takes over a healthy server of an earlier process, or ends it; undefined when none is left. */
async function takeOver(layout: Layout): Promise<RunningChild | undefined> {
  const leftover = leftoverServer(layout);
  if (leftover === undefined) return undefined;
  const alike = leftover.settings === layout.command.settings;
  if (alike && (await answersOn(layout.socketPath, ADMIN_USER))) {
    writePidFile(layout.command.pidFile, leftover);
    layout.log({ level: 'info', msg: `Took over the running Postgres (pid ${leftover.pid})` });
    return adoptChild(leftover);
  }
  layout.log({
    level: 'info',
    msg: `Ending the Postgres left by an earlier run (${leftover.pid})`,
  });
  await endServer(layout, leftover);
  return undefined;
}

async function prepare(
  dataDir: string,
  options: EmbeddedPostgresOptions,
): Promise<{ layout: Layout; binaries: PostgresBinaries; adminUrl: string }> {
  const { log } = options;
  const user = chooseUnprivilegedUser();
  const dir = join(dataDir, 'postgres');
  const clusterDir = join(dir, 'data');
  const binaries = await findPostgresBinaries({
    source: options.source ?? 'auto',
    clusterDir,
    user,
    log,
  });
  await openFolder(dir, user);
  const socketDir = await socketFolder(dataDir, user, log);
  const passwordFile = join(dataDir, 'postgres-admin-password');
  const password = await ensureCluster({ binaries, dir, passwordFile, user, log });
  const args = serverArguments(clusterDir, socketDir, options);
  const command: ChildCommand = {
    program: binaries.postgres,
    args,
    user,
    logFile: join(dataDir, 'postgres.log'),
    pidFile: postgresPidFile(dataDir),
    settings: JSON.stringify([binaries.postgres, ...args]),
  };
  const port = options.tcpPort ?? SOCKET_PORT;
  const host = encodeURIComponent(socketDir);
  return {
    layout: { clusterDir, socketPath: socketPathIn(socketDir, port), command, log },
    binaries,
    adminUrl: `postgresql://${ADMIN_USER}:${password}@/postgres?host=${host}&port=${port}`,
  };
}

async function openFolder(dir: string, user: RunAs | undefined): Promise<void> {
  makePrivateFolder(dir, user);
  if (user !== undefined) await proveReachable(user, dir);
}

/**
 * Starts (or takes over) the embedded Postgres of a data folder and keeps it running until `stop`.
 * Throws `EmbeddedStartError` with the way to fix it.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  requireSupportedPlatform();
  prepareDataFolder(options.dataDir, chooseUnprivilegedUser());
  const dataDir = realpathSync(options.dataDir);
  const lock = takeDataDirLock(postgresLockPath(dataDir), `The Postgres data folder ${dataDir}`);
  try {
    const { layout, binaries, adminUrl } = await prepare(dataDir, options);
    const leftover = await takeOver(layout);
    const first = leftover ?? (await startServer(layout, options.signal));
    const supervised = supervise({
      name: 'Postgres',
      first,
      start: (signal) => startServer(layout, signal),
      end: (child) => endServer(layout, child.identity),
      onRestart: (pid) => options.onRestart?.({ service: 'postgres', pid }),
      log: options.log,
    });
    let stopping: Promise<void> | undefined;
    return {
      adopted: leftover !== undefined,
      adminUrl,
      binaries,
      pid: supervised.pid,
      stop: () => (stopping ??= supervised.stop().finally(() => lock.release())),
    };
  } catch (error) {
    lock.release();
    throw explainAccess(error, dataDir);
  }
}

/** Ends a server left by a process that is gone; used before its data is deleted. */
export async function endLeftoverPostgres(dataDir: string): Promise<void> {
  const recorded = readLivePidFile(postgresPidFile(dataDir));
  const leftover = recorded ?? findProcess([join(dataDir, 'postgres', 'data')], 'postgres');
  if (leftover !== undefined && existsSync(dataDir)) await endProcess(leftover, STOP_STEPS);
}
