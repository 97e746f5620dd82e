import { join } from 'node:path';
import type { Caller } from '../src/app/caller';
import type { Cryptography, Logger, WorkflowStarter } from '../src/app/ports';
import { createBootstrap } from '../src/app/bootstrap';
import { ensureDatabase } from '../src/db/create-database';
import { migrate } from '../src/db/migrate';
import { openDatabase, type Database } from '../src/db/pool';
import { startEmbeddedStack } from '../src/embedded/embedded-stack';
import { loadOrCreateKeys } from '../src/evidence/keys';
import { bundleText } from '../src/main/assets';
import { createCoreParts, type CoreParts } from '../src/main/core-parts';
import { createCryptography } from '../src/main/cryptography';
import { withFolder } from './bench-folder';
import { withCleanUp } from './clean-up';

/** What a process needs to join the benchmark's installation. */
export interface Installation {
  readonly databaseUrl: string;
  readonly keysDir: string;
}

/** One api composition on the benchmark's Postgres; workflows are left to the outbox. */
export interface ApiComposition {
  readonly database: Database;
  readonly core: CoreParts;
  readonly crypto: Cryptography;
  readonly callerOf: (key: string) => Promise<Caller>;
  stop(): Promise<void>;
}

export interface DatabaseBench extends ApiComposition {
  readonly installation: Installation;
  readonly adminKey: string;
  readonly agentKey: string;
}

export const ADMIN_KEY = 'bench-admin-key-0123456789';
export const AGENT = 'bench-bot';
/** Refunds up to 100 are allowed, larger ones ask for a person. */
export const REFUND_POLICY = JSON.stringify({
  rules: [
    {
      id: 'APPROVE_LARGE_REFUND',
      description: 'A manager signs refunds above 100',
      match: { tool_name: 'issue_refund', environment: '*' },
      when: { amount_greater_than: 100 },
      outcome: 'REQUIRE_APPROVAL',
      approver_role: 'support-manager',
    },
  ],
  defaults: { outcome: 'ALLOW' },
});

const print = (_fields: Readonly<Record<string, unknown>>, message: string): void => {
  process.stderr.write(`  ${message}\n`);
};
export const benchLogger: Logger = {
  info: () => undefined,
  warn: print,
  error: (fields, message) => {
    print(fields, `${message} ${JSON.stringify(fields)}`);
  },
};

const noStarter: WorkflowStarter = { startSoon: () => undefined, nudgeSoon: () => undefined };

export function composeApi({ databaseUrl, keysDir }: Installation): ApiComposition {
  const keys = loadOrCreateKeys({ dir: keysDir, create: false, env: {} });
  const crypto = createCryptography(keys);
  const database = openDatabase(databaseUrl, { secret: keys.token.secret });
  const core = createCoreParts({
    database,
    crypto,
    logger: benchLogger,
    starter: noStarter,
    maxStartLagMs: 3_600_000,
    keyEnvironment: 'dev',
    status: () => Promise.reject(new Error('the benchmark asks for no status')),
  });
  return {
    database,
    core,
    crypto,
    callerOf: (key) => core.useCases.authenticate(key, undefined),
    stop: async () => {
      await core.stop();
      await database.close();
    },
  };
}

/** A new Postgres of its own, synchronous commits on, with one agent, one approver and one policy. */
export async function withDatabase<T>(work: (bench: DatabaseBench) => Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    const stack = await startEmbeddedStack({
      dataDir: folder,
      needPostgres: true,
      needTemporal: false,
      temporal: { searchAttributes: {} },
      log: () => undefined,
    });
    return withCleanUp(
      () => stack.stop(),
      async () => {
        const keysDir = join(folder, 'keys');
        const keys = loadOrCreateKeys({ dir: keysDir, create: true, env: {} });
        const databaseUrl = await ensureDatabase(stack.adminUrl ?? '', 'countersign');
        await migrate(databaseUrl, { secret: keys.token.secret });
        const installation = { databaseUrl, keysDir };
        const api = composeApi(installation);
        return withCleanUp(api.stop, async () => {
          const agentKey = await populate(api);
          return work({ ...api, installation, adminKey: ADMIN_KEY, agentKey });
        });
      },
    );
  });
}

async function populate({ core, crypto, callerOf }: ApiComposition): Promise<string> {
  const bootstrap = createBootstrap({
    committer: core.committer,
    crypto,
    reads: core.registry,
    lookup: core.lookup,
    snapshots: core.snapshots,
    keyEnvironment: 'dev',
  });
  await bootstrap({
    bundle: { id: 'development', text: bundleText('development') },
    adminKey: ADMIN_KEY,
  });
  const admin = await callerOf(ADMIN_KEY);
  const { useCases } = core;
  await useCases.createUser(admin, {
    id: 'mia',
    email: 'mia@example.com',
    name: 'Mia',
    roles: ['Operator'],
    approverRoles: ['support-manager'],
  });
  await useCases.publishPolicy(admin, {
    id: 'refunds',
    text: REFUND_POLICY,
    contentType: 'json',
    publish: true,
  });
  const agent = await useCases.registerAgent(admin, {
    id: AGENT,
    owner: 'bob',
    riskLevel: 'medium',
    environment: 'prod',
    environments: ['prod'],
    policies: [],
    tags: [],
    tools: {},
  });
  return agent.key;
}
