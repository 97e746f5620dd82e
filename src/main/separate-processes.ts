import type { Config } from '../contract/config';
import { DomainError } from '../core/errors';
import { loadOrCreateKeys } from '../evidence/keys';
import { createLogger } from '../observability/logger';
import { startServerProcess } from './server-process';
import { configOf, migrateOrExplain, type StartInput } from './start';

function realParts(config: Config): {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
} {
  const { databaseUrl, temporalAddress } = config;
  const missing = [
    ...(databaseUrl === undefined ? ['DATABASE_URL'] : []),
    ...(temporalAddress === undefined ? ['TEMPORAL_ADDRESS'] : []),
  ];
  if (databaseUrl === undefined || temporalAddress === undefined) {
    throw new DomainError('configuration_error', {
      what: `Not set: ${missing.join(', ')}.`,
      why: 'Separate processes share a real Postgres and a real Temporal; only "start" brings its own.',
      howToFix: 'Set the variables, or run "countersign start".',
      problems: missing.map((path) => ({ path, message: 'is required' })),
    });
  }
  return { databaseUrl, temporalAddress };
}

type Say = (line: string) => void;

/** `countersign api` or `worker`: one stateless process on real parts; any number of each. */
export async function runSeparate(
  serves: 'api' | 'worker',
  input: StartInput,
  env: NodeJS.ProcessEnv,
  say: Say,
): Promise<number> {
  const config = configOf(input, env);
  const parts = realParts(config);
  const keys = loadOrCreateKeys({ dir: config.keysDir, create: false, env });
  const logger = createLogger({
    level: config.logLevel,
    base: { service: `countersign-${serves}` },
  });
  const stop = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        resolve();
      });
  });
  const running = await startServerProcess({
    config,
    keys,
    logger,
    ...parts,
    retentionDays: 30,
    serves,
    ...(config.temporalUiUrl === undefined ? {} : { temporalUiUrl: config.temporalUiUrl }),
  });
  say(serves === 'api' ? `API at ${running.url ?? ''}` : 'Worker runs');
  if (running.madeKey !== undefined) say(`Admin key (shown this once): ${running.madeKey}`);
  await stop;
  await running.stop();
  return 0;
}

/** `countersign migrate`: roles, logins and schema. Makes the keys where this process owns their folder. */
export async function runMigrate(
  input: StartInput,
  env: NodeJS.ProcessEnv,
  say: Say,
): Promise<number> {
  const config = configOf(input, env);
  if (config.databaseUrl === undefined) {
    throw new DomainError('configuration_error', {
      what: 'Not set: DATABASE_URL.',
      howToFix: 'Name a role that may create roles and owns the database.',
      problems: [{ path: 'DATABASE_URL', message: 'is required' }],
    });
  }
  const keys = loadOrCreateKeys({ dir: config.keysDir, create: true, env });
  const applied = await migrateOrExplain(config.databaseUrl, keys);
  say(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}`);
  return 0;
}
