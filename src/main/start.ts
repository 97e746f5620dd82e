import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

import type { Logger } from '../app/ports';
import { readConfig, type Config } from '../contract/config';
import { DomainError } from '../core/errors';
import { ensureDatabase } from '../db/create-database';
import { migrate } from '../db/migrate';
import { parseDatabaseUrl } from '../db/roles';
import {
  resetEmbeddedState,
  startEmbeddedStack,
  type EmbeddedStack,
} from '../embedded/embedded-stack';
import { loadOrCreateKeys, type KeySet } from '../evidence/keys';
import { createLogger } from '../observability/logger';
import { SEARCH_ATTRIBUTES } from '../temporal/search-attributes';
import { VERSION } from './assets';
import { downloadTemporal } from './download-temporal';
import { startLocalSlack, type LocalSlack } from './local-slack';
import { writeRuntimeFile } from './runtime-file';
import { startServerProcess, type ServerProcess } from './server-process';

export interface StartInput {
  readonly port?: number;
  readonly host?: string;
  readonly dataDir?: string;
  readonly reset: boolean;
}

export interface RunningStack {
  readonly url: string;
  readonly temporalUiUrl: string | undefined;
  readonly adminKey: string | undefined;
  /** URL with administrator rights of the database, for tools on this machine. */
  readonly databaseUrl: string;
  readonly keys: KeySet;
  /** The stand-in for Slack, where no real one is set up. */
  readonly localSlack?: LocalSlack;
  stop(): Promise<void>;
}

type Say = (line: string) => void;

/** Flags beat the environment. */
export function configOf(input: StartInput, env: NodeJS.ProcessEnv): Config {
  return readConfig({
    ...env,
    ...(input.port === undefined ? {} : { PORT: String(input.port) }),
    ...(input.host === undefined ? {} : { HOST: input.host }),
    ...(input.dataDir === undefined ? {} : { COUNTERSIGN_DATA_DIR: input.dataDir }),
  });
}

/** A taken port is told at once, before anything is booted. */
async function requireFreePort(port: number, host: string): Promise<void> {
  if (port === 0) return;
  await new Promise<void>((resolvePort, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') {
        resolvePort();
        return;
      }
      const what = `Port ${String(port)} on ${host} is taken by another process.`;
      reject(
        new DomainError('configuration_error', {
          what,
          why: 'Two programs cannot listen on one port.',
          howToFix: 'Set PORT (or --port) to a free port, or stop the other process.',
          problems: [{ path: 'PORT', message: what }],
        }),
      );
    });
    probe.listen(port, host, () =>
      probe.close(() => {
        resolvePort();
      }),
    );
  });
}

const serviceLog =
  (logger: Logger, say: Say) =>
  (event: { readonly level: 'info' | 'warn' | 'error'; readonly msg: string }): void => {
    if (event.level === 'info') say(`  ${event.msg}`);
    else logger[event.level]({ component: 'embedded' }, event.msg);
  };

async function bootServices(
  config: Config,
  logger: Logger,
  say: Say,
): Promise<EmbeddedStack | undefined> {
  const needPostgres = config.databaseUrl === undefined;
  const needTemporal = config.temporalAddress === undefined;
  if (!needPostgres && !needTemporal) return undefined;
  return startEmbeddedStack({
    dataDir: resolve(config.dataDir),
    needPostgres,
    needTemporal,
    temporal: {
      searchAttributes: SEARCH_ATTRIBUTES as Parameters<
        typeof startEmbeddedStack
      >[0]['temporal']['searchAttributes'],
      namespace: config.temporalNamespace,
      downloadTemporal,
    },
    log: serviceLog(logger, say),
    onRestart: ({ service, pid }) => {
      logger.warn({ service, pid }, 'An embedded service had died and was started again');
    },
  });
}

export async function migrateOrExplain(url: string, keys: KeySet): Promise<readonly string[]> {
  try {
    return (await migrate(url, { secret: keys.token.secret })).applied;
  } catch (error) {
    if (error instanceof DomainError) throw error;
    const parsed = parseDatabaseUrl(url);
    throw new DomainError('configuration_error', {
      what: `The database ${parsed.pathname.slice(1)} at ${parsed.searchParams.get('host') ?? parsed.host} could not be prepared.`,
      why:
        error instanceof Error && error.message !== ''
          ? error.message
          : String((error as { code?: unknown }).code ?? error),
      howToFix:
        'Check DATABASE_URL: host, port, database, user and password; the server must run and accept this user.',
      problems: [{ path: 'DATABASE_URL', message: 'does not lead to a usable database' }],
      cause: error,
    });
  }
}

function keepAdminKey(config: Config, key: string): string {
  mkdirSync(config.dataDir, { recursive: true });
  const path = join(config.dataDir, 'bootstrap-admin.key');
  writeFileSync(path, `${key}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
  return path;
}

async function reset(config: Config, say: Say): Promise<void> {
  if (config.databaseUrl !== undefined) {
    throw new DomainError('configuration_error', {
      what: '--reset wipes the embedded state only, and DATABASE_URL names another database.',
      howToFix: 'Unset DATABASE_URL, or drop that database yourself.',
    });
  }
  await resetEmbeddedState(resolve(config.dataDir));
  // The remembered checkpoints are of the log that is gone; a new one would look cut against them.
  for (const name of ['runtime.json', 'bootstrap-admin.key', 'trusted-checkpoints'])
    rmSync(join(config.dataDir, name), { recursive: true, force: true });
  if (config.keysDir === join(config.dataDir, 'keys'))
    rmSync(config.keysDir, { recursive: true, force: true });
  say('  The embedded state was wiped.');
}

/** Where offline commands on this machine find what runs; no secret in it. */
function rememberPlaces(config: Config, databaseUrl: string, apiUrl: string): void {
  const bare = parseDatabaseUrl(databaseUrl);
  bare.username = '';
  bare.password = '';
  writeRuntimeFile(config.dataDir, {
    databaseUrl: bare.toString(),
    keysDir: resolve(config.keysDir),
    apiUrl,
  });
}

/** Boots everything that is not named by a variable, migrates, and serves api and worker in this process. */
export async function startStack(
  input: StartInput,
  env: NodeJS.ProcessEnv,
  say: Say,
): Promise<RunningStack> {
  const config = configOf(input, env);
  const logger = createLogger({ level: config.logLevel, base: { service: 'countersign' } });
  if (input.reset) await reset(config, say);
  await requireFreePort(config.port, config.host);
  const services = await bootServices(config, logger, say);
  let server: ServerProcess | undefined;
  let stopLocal: (() => Promise<void>) | undefined;
  try {
    const keys = loadOrCreateKeys({ dir: config.keysDir, create: true, env });
    const databaseUrl =
      config.databaseUrl ?? (await ensureDatabase(services?.adminUrl ?? '', 'countersign'));
    const applied = await migrateOrExplain(databaseUrl, keys);
    if (applied.length > 0) say(`  Database migrated: ${applied.join(', ')}`);
    const temporalUiUrl = config.temporalUiUrl ?? services?.temporalUiUrl;
    const localSlack = await startLocalSlack(
      config,
      () => server?.url,
      async () => server?.people() ?? [],
    );
    stopLocal = localSlack?.stop;
    const slack = config.slack ?? localSlack?.settings;
    server = await startServerProcess({
      config,
      keys,
      logger,
      databaseUrl,
      temporalAddress: config.temporalAddress ?? services?.temporalAddress ?? '',
      retentionDays: config.temporalAddress === undefined ? 7 : 30,
      serves: 'both',
      ...(slack === undefined ? {} : { slack }),
      ...(localSlack === undefined ? {} : { mounts: [localSlack.mount] }),
      ...(temporalUiUrl === undefined ? {} : { temporalUiUrl }),
    });
    const running = server;
    rememberPlaces(config, databaseUrl, running.url ?? '');
    if (running.madeKey !== undefined)
      say(
        `  Admin key (shown this once, kept in ${keepAdminKey(config, running.madeKey)}): ${running.madeKey}`,
      );
    else if (config.bootstrapAdminKey !== undefined) keepAdminKey(config, config.bootstrapAdminKey);
    return {
      url: running.url ?? '',
      temporalUiUrl,
      adminKey: running.madeKey ?? config.bootstrapAdminKey,
      databaseUrl,
      keys,
      ...(localSlack === undefined ? {} : { localSlack }),
      stop: async () => {
        await running.stop();
        await localSlack?.stop();
        await services?.stop();
      },
    };
  } catch (error) {
    await server?.stop();
    await stopLocal?.();
    await services?.stop();
    throw error;
  }
}

/** `countersign start`: serves until SIGTERM or SIGINT, then stops cleanly. Resolves to the exit code. */
export async function runStart(
  input: StartInput,
  env: NodeJS.ProcessEnv,
  say: Say,
): Promise<number> {
  const startedAt = Date.now();
  say(`Countersign ${VERSION}`);
  const stop = new Promise<NodeJS.Signals>((resolveSignal) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        resolveSignal(signal);
      });
  });
  const stack = await startStack(input, env, say);
  say('');
  say(`  Ready in ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`);
  say(`  API and pages      ${stack.url}`);
  say(`  API documentation  ${stack.url}/docs`);
  say(`  Pending approvals  ${stack.url}/pending`);
  if (stack.temporalUiUrl !== undefined) say(`  Temporal UI        ${stack.temporalUiUrl}`);
  if (stack.localSlack !== undefined) say(`  Local Slack        ${stack.localSlack.pageUrl()}`);
  say('  Stop with Ctrl-C; state is kept.');
  say('');
  await stop;
  say('Stopping');
  await stack.stop();
  say('Stopped');
  return 0;
}
