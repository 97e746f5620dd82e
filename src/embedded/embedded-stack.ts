import { existsSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockHolder, takeDataDirLock } from './data-dir-lock';
import {
  type EmbeddedPostgresOptions,
  endLeftoverPostgres,
  postgresLockPath,
  startEmbeddedPostgres,
} from './embedded-postgres';
import {
  type EmbeddedTemporalOptions,
  endLeftoverTemporal,
  startEmbeddedTemporal,
  temporalLockPath,
} from './embedded-temporal';
import { prepareDataFolder } from './owned-folder';
import {
  type EmbeddedLog,
  type EmbeddedService,
  EmbeddedStartError,
  type OnRestart,
} from './service';
import { NOTE_NAME, rememberedSocketFolder } from './postgres-socket';
import { chooseUnprivilegedUser } from './unprivileged-user';

type PostgresPart = Omit<EmbeddedPostgresOptions, 'dataDir' | 'log' | 'signal' | 'onRestart'>;
type TemporalPart = Omit<EmbeddedTemporalOptions, 'dataDir' | 'log' | 'signal' | 'onRestart'>;

export interface EmbeddedStackOptions {
  /** `COUNTERSIGN_DATA_DIR`; made when it is missing. */
  readonly dataDir: string;
  /** False when DATABASE_URL names a real server. */
  readonly needPostgres: boolean;
  /** False when TEMPORAL_ADDRESS names a real server. */
  readonly needTemporal: boolean;
  readonly postgres?: PostgresPart;
  readonly temporal: TemporalPart;
  readonly log: EmbeddedLog;
  readonly signal?: AbortSignal;
  readonly onRestart?: OnRestart;
}

export interface EmbeddedStack {
  /** Superuser of the embedded Postgres, for migrations and role set-up only. Never log it. */
  readonly adminUrl?: string;
  readonly temporalAddress?: string;
  readonly temporalUiUrl?: string;
  /** The children now running. */
  readonly pids: () => { readonly postgres?: number; readonly temporal?: number };
  /** Ends both in good order within 8 s and frees the data folder. */
  readonly stop: () => Promise<void>;
}

const stackLockPath = (dataDir: string): string => join(dataDir, 'countersign.lock');

/** All that the embedded parts keep in the data folder; keys and the program cache are not theirs. */
const STATE_NAMES = [
  'postgres',
  'postgres-admin-password',
  'postgres.log',
  'postgres.log.1',
  'postgres.pid',
  'postgres-socket',
  NOTE_NAME,
  'temporal',
  'temporal.log',
  'temporal.log.1',
  'temporal.pid',
  'temporal-ports.json',
] as const;

/** Waits for both; when one fails, gives up and stops the other, then throws that first failure. */
async function startTogether<P extends EmbeddedService, T extends EmbeddedService>(
  giveUp: AbortController,
  postgres: Promise<P | undefined>,
  temporal: Promise<T | undefined>,
): Promise<[P | undefined, T | undefined]> {
  try {
    return await Promise.all([postgres, temporal]);
  } catch (error) {
    giveUp.abort();
    for (const result of await Promise.allSettled([postgres, temporal])) {
      if (result.status === 'fulfilled') await result.value?.stop();
    }
    throw error;
  }
}

/**
 * Starts what is needed of the embedded default, or takes over what an earlier process left running.
 * One data folder serves one process: a second start throws `EmbeddedStartError` naming the first.
 */
export async function startEmbeddedStack(options: EmbeddedStackOptions): Promise<EmbeddedStack> {
  prepareDataFolder(options.dataDir, chooseUnprivilegedUser());
  const dataDir = realpathSync(options.dataDir);
  const lock = takeDataDirLock(stackLockPath(dataDir), `The data folder ${dataDir}`);
  const { log, onRestart } = options;
  const giveUp = new AbortController();
  const shared = {
    dataDir,
    log,
    signal: AbortSignal.any([giveUp.signal, ...(options.signal ? [options.signal] : [])]),
    ...(onRestart === undefined ? {} : { onRestart }),
  };
  try {
    const [postgres, temporal] = await startTogether(
      giveUp,
      options.needPostgres
        ? startEmbeddedPostgres({ ...options.postgres, ...shared })
        : Promise.resolve(undefined),
      options.needTemporal
        ? startEmbeddedTemporal({ ...options.temporal, ...shared })
        : Promise.resolve(undefined),
    );
    const stop = async (): Promise<void> => {
      await Promise.all([postgres?.stop(), temporal?.stop()]).finally(() => lock.release());
    };
    let stopping: Promise<void> | undefined;
    return {
      ...(postgres === undefined ? {} : { adminUrl: postgres.adminUrl }),
      ...(temporal === undefined
        ? {}
        : { temporalAddress: temporal.address, temporalUiUrl: temporal.uiUrl }),
      pids: () => pidsOf(postgres, temporal),
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function pidsOf(
  postgres: EmbeddedService | undefined,
  temporal: EmbeddedService | undefined,
): { readonly postgres?: number; readonly temporal?: number } {
  const postgresPid = postgres?.pid();
  const temporalPid = temporal?.pid();
  return {
    ...(postgresPid === undefined ? {} : { postgres: postgresPid }),
    ...(temporalPid === undefined ? {} : { temporal: temporalPid }),
  };
}

/**
 * Deletes the embedded database and Temporal state for `--reset`, after ending servers that a killed
 * process left behind. Keys and foreign files stay. Throws `EmbeddedStartError` while a process uses
 * the folder.
 * @returns the deleted paths
 */
export async function resetEmbeddedState(dataDir: string): Promise<readonly string[]> {
  if (!existsSync(dataDir)) return [];
  const folder = realpathSync(dataDir);
  const lock = takeDataDirLock(stackLockPath(folder), `The data folder ${folder}`);
  try {
    for (const path of [postgresLockPath(folder), temporalLockPath(folder)]) {
      const holder = lockHolder(path);
      if (holder === undefined) continue;
      throw new EmbeddedStartError(
        `Nothing was deleted: process ${holder.pid} uses ${folder}. Stop it first (kill ${holder.pid}).`,
      );
    }
    await Promise.all([endLeftoverPostgres(folder), endLeftoverTemporal(folder)]);
    const socket = rememberedSocketFolder(folder, chooseUnprivilegedUser());
    const paths = STATE_NAMES.map((name) => join(folder, name)).filter((path) => existsSync(path));
    for (const path of paths) rmSync(path, { recursive: true, force: true });
    if (socket !== undefined) rmSync(socket, { recursive: true, force: true });
    return paths;
  } finally {
    lock.release();
  }
}
