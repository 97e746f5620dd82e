import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { createBootstrap } from '../../src/app/bootstrap';
import type { Caller } from '../../src/app/caller';
import { createCheckpointLog } from '../../src/app/checkpoint-log';
import type { Cryptography, StoredExecution, WorkflowStarter } from '../../src/app/ports';
import { createVerifyAudit } from '../../src/app/verify-audit';
import type { Role } from '../../src/core/access/permissions';
import type { VerifyResult } from '../../src/core/audit/verify';
import { DEFAULT_TENANT } from '../../src/core/ids';
import { openDatabase, type Database } from '../../src/db/pool';
import { loadOrCreateKeys } from '../../src/evidence/keys';
import { createCoreParts, type CoreParts } from '../../src/main/core-parts';
import { createCryptography } from '../../src/main/cryptography';
import { createTestDatabase, TEST_ROLE_SECRET, type TestDatabase } from './postgres';
import { ROOT } from './repository-files';

/** Refunds to 100 pass, above it a support-manager decides; deleting a customer is denied. */
export const SUPPORT_POLICY = readFileSync(
  join(ROOT, 'examples', 'scenarios', 'support.rules.json'),
  'utf8',
);
const BUNDLE = readFileSync(join(ROOT, 'policies', 'bundles', 'development.policy.yaml'), 'utf8');
const LIMITS = { maxConnections: 16 };

export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
}

export interface PersonOptions {
  readonly roles?: readonly Role[];
  readonly approverRoles?: readonly string[];
  readonly email?: string;
  /** Who makes the account and the key; the bootstrap admin unless named. */
  readonly by?: Caller;
}

export interface AgentOptions {
  readonly owner?: string;
  readonly team?: string;
  readonly tags?: readonly string[];
  readonly environments?: readonly string[];
  readonly by?: Caller;
}

/** One process of the product without HTTP and Temporal, on a database of its own, as its real roles. */
export interface TestInstallation {
  readonly database: TestDatabase;
  readonly sessions: Database;
  readonly core: CoreParts;
  readonly crypto: Cryptography;
  readonly admin: Caller;
  /** Where its keys are kept. */
  readonly keysDir: string;
  readonly log: LogEntry[];
  /** Executions whose workflow would have been started, and nudges that would have been sent. */
  readonly starts: StoredExecution[];
  /** A second process on the same database: pools, snapshots and committer of its own. */
  twin(options?: { readonly databaseUrl?: string }): Promise<CoreParts>;
  person(id: string, options?: PersonOptions): Promise<Caller>;
  agent(id: string, options?: AgentOptions): Promise<Caller>;
  publish(id: string, text: string): Promise<void>;
  /** One statement as the superuser, past every guard of the application. */
  sql<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<readonly Row[]>;
  /** Signs a checkpoint if the chain has grown, then judges the whole chain. */
  verify(): Promise<VerifyResult>;
  checkpoint(): Promise<number | undefined>;
  stop(): Promise<void>;
}

export interface InstallationOptions {
  readonly maxStartLagMs?: number;
  /** Publishes SUPPORT_POLICY; default true. */
  readonly support?: boolean;
}

/** Call it in beforeAll and `stop` it in afterAll; about 300 ms. */
export async function createTestInstallation(
  options: InstallationOptions = {},
): Promise<TestInstallation> {
  const database = await createTestDatabase();
  const keysDir = mkdtempSync(join(tmpdir(), 'cs-keys-'));
  const crypto = createCryptography(loadOrCreateKeys({ dir: keysDir, create: true, env: {} }));
  const log: LogEntry[] = [];
  const starts: StoredExecution[] = [];
  const stops: (() => Promise<unknown>)[] = [];
  const open = (url: string): { core: CoreParts; sessions: Database } => {
    const sessions = openDatabase(url, TEST_ROLE_SECRET, LIMITS);
    const core = composeCore(sessions, crypto, { log, starts, options });
    stops.unshift(() => core.stop().then(() => sessions.close()));
    return { core, sessions };
  };
  const { core, sessions } = open(database.adminUrl);
  const superuser = new Client({ connectionString: database.adminUrl });
  superuser.on('error', () => undefined);
  await superuser.connect();
  const bootstrap = createBootstrap({
    committer: core.committer,
    crypto,
    reads: core.registry,
    lookup: core.lookup,
    snapshots: core.snapshots,
    keyEnvironment: 'dev',
  });
  const { madeKey } = await bootstrap({ bundle: { id: 'development', text: BUNDLE } });
  const admin = await core.useCases.authenticate(madeKey, '127.0.0.1');
  const { useCases, auditLog, reads } = core;
  const verify = createVerifyAudit({ log: auditLog, crypto });
  const checkpoint = createCheckpointLog({ log: auditLog, crypto, reads });
  const publish = async (id: string, text: string): Promise<void> => {
    await useCases.publishPolicy(admin, { id, text, contentType: 'yaml', publish: true });
  };
  if (options.support ?? true) await publish('support', SUPPORT_POLICY);
  return {
    ...{ database, sessions, core, crypto, admin, keysDir, log, starts, publish },
    twin: async ({ databaseUrl } = {}) => open(databaseUrl ?? database.adminUrl).core,
    person: async (id, { roles = [], approverRoles = [], email, by = admin } = {}) => {
      const user = { id, name: id, email: email ?? `${id}@example.com`, roles, approverRoles };
      await useCases.createUser(by, user);
      const { key } = await useCases.issueUserKey(by, id, {});
      return useCases.authenticate(key, '127.0.0.1');
    },
    agent: async (
      id,
      { owner = 'owner', environments = ['prod'], by = admin, tags = [], team } = {},
    ) => {
      const { key } = await useCases.registerAgent(by, {
        ...{ id, owner, environments, riskLevel: 'medium', environment: environments[0] ?? 'prod' },
        ...{ policies: [], tags, tools: {} },
        ...(team === undefined ? {} : { team }),
      });
      return useCases.authenticate(key, '127.0.0.1');
    },
    sql: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      (await superuser.query<Row & Record<string, unknown>>(text, [...values])).rows,
    checkpoint: () => checkpoint(DEFAULT_TENANT),
    verify: async () => {
      await checkpoint(DEFAULT_TENANT);
      return verify(DEFAULT_TENANT);
    },
    stop: async () => {
      for (const stop of stops) await stop();
      await superuser.end();
      await database.drop();
      rmSync(keysDir, { recursive: true, force: true });
    },
  };
}

function composeCore(
  database: Database,
  crypto: Cryptography,
  kept: {
    readonly log: LogEntry[];
    readonly starts: StoredExecution[];
    readonly options: InstallationOptions;
  },
): CoreParts {
  const note = (level: LogEntry['level']) => (_fields: unknown, message: string) => {
    kept.log.push({ level, message });
  };
  const starter: WorkflowStarter = {
    startSoon: (execution) => void kept.starts.push(execution),
    nudgeSoon: () => undefined,
  };
  return createCoreParts({
    ...{ database, crypto, starter, keyEnvironment: 'dev' },
    logger: { info: note('info'), warn: note('warn'), error: note('error') },
    maxStartLagMs: kept.options.maxStartLagMs ?? 60_000,
    status: ({ startLagMs }) =>
      Promise.resolve({
        ...{ version: 'test', environment: 'test', startLagMs, auditBacklog: 0 },
        ...{ database: { ready: true }, temporal: { ready: false } },
      }),
  });
}
