import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { openDatabase, type Database } from '../src/db/pool';
import { urlFor } from '../src/db/roles';
import { ADMIN_USER } from '../src/embedded/postgres-cluster';
import { loadOrCreateKeys } from '../src/evidence/keys';
import { PACKAGE_ROOT } from '../src/main/assets';
import { readRuntimeFile } from '../src/main/runtime-file';
import { withFolder } from './bench-folder';
import { withCleanUp } from './clean-up';
import { ADMIN_KEY, AGENT, REFUND_POLICY } from './database-bench';
import { createHttpClient, expectStatus, type HttpClient } from './http-client';
import { pauseMs } from './measure';

const START_LIMIT_MS = 120_000;

/** The product as `npm start` runs it, in a process of its own, and ways to look at it from outside. */
export interface ProductBench {
  readonly agent: HttpClient;
  /** Pools of this process, opened by the product's own function on the product's Postgres. */
  readonly database: Database;
  readonly temporalAddress: string;
  /** True at the first committed change of the execution after its submit; false when the limit passed. */
  changed(executionId: string, limitMs: number): Promise<boolean>;
}

/** A refund that policy allows; no two are the same request. */
export const smallRefund = (name: string): object => ({
  agent: AGENT,
  action: 'issue_refund',
  args: { order_id: name, amount: 45 },
});
export const largeRefund = (name: string): object => ({
  agent: AGENT,
  action: 'issue_refund',
  args: { order_id: name, amount: 450 },
});

function startProduct(dataDir: string): ChildProcess {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PORT: '0',
    HOST: '127.0.0.1',
    COUNTERSIGN_DATA_DIR: dataDir,
    COUNTERSIGN_BOOTSTRAP_ADMIN_KEY: ADMIN_KEY,
    COUNTERSIGN_LOG_LEVEL: 'error',
  };
  for (const name of ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'COUNTERSIGN_KEYS_DIR']) delete env[name];
  const cli = join(PACKAGE_ROOT, 'dist', 'src', 'main', 'cli.js');
  // Node's own switches go along, so that --cpu-prof profiles the product too.
  return spawn(process.execPath, [...process.execArgv, cli, 'start'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function waitForUrl(dataDir: string, product: ChildProcess): Promise<string> {
  for (const until = Date.now() + START_LIMIT_MS; Date.now() < until; await pauseMs(100)) {
    if (product.exitCode !== null) throw new Error('the product did not start');
    const url = readRuntimeFile(dataDir)?.apiUrl;
    if (url === undefined || url === '') continue;
    if ((await fetch(new URL('/readyz', url)).catch(() => undefined))?.ok === true) return url;
  }
  throw new Error('the product was not ready in time');
}

/** Runs `work` against the product on a new embedded stack, synchronous commits on. */
export async function withProduct<T>(work: (bench: ProductBench) => Promise<T>): Promise<T> {
  return withFolder((dataDir) => {
    const product = startProduct(dataDir);
    return withCleanUp(
      () => stop(product),
      async () => {
        const url = await waitForUrl(dataDir, product);
        return withViews(dataDir, url, work);
      },
    );
  });
}

async function withViews<T>(
  dataDir: string,
  url: string,
  work: (bench: ProductBench) => Promise<T>,
): Promise<T> {
  const databaseUrl = readRuntimeFile(dataDir)?.databaseUrl ?? '';
  const secret = loadOrCreateKeys({ dir: join(dataDir, 'keys'), create: false, env: {} }).token;
  await makeBareTable(dataDir, databaseUrl);
  const database = openDatabase(databaseUrl, secret);
  const changes = await listenForChanges(urlFor(databaseUrl, 'cs_system', secret));
  const agent = createHttpClient(url, await populate(url));
  const close = async (): Promise<void> => {
    agent.close();
    await changes.client.end();
    await database.close();
  };
  return withCleanUp(close, async () => {
    const temporalAddress = await temporalAddressOf(url);
    return work({ agent, database, temporalAddress, changed: changes.next });
  });
}

async function stop(product: ChildProcess): Promise<void> {
  if (product.exitCode !== null) return;
  const ended = once(product, 'exit');
  product.kill('SIGTERM');
  await ended;
}

/** The barest table there is: what one durable row costs. */
async function makeBareTable(dataDir: string, databaseUrl: string): Promise<void> {
  const passwordFile = join(dataDir, 'postgres-admin-password');
  if (!existsSync(passwordFile)) throw new Error('the embedded Postgres has no password file');
  const url = new URL(databaseUrl);
  url.username = ADMIN_USER;
  url.password = readFileSync(passwordFile, 'utf8').trim();
  const client = new Client({ connectionString: url.toString() });
  await client.connect();
  try {
    await client.query(
      'CREATE TABLE bench_bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text NOT NULL); GRANT INSERT ON bench_bare TO cs_app',
    );
  } finally {
    await client.end();
  }
}

export async function commitBareRow({ app }: Database): Promise<void> {
  await app.query({
    name: 'bare',
    text: 'INSERT INTO bench_bare (note) VALUES ($1)',
    values: ['one row'],
  });
}

async function listenForChanges(url: string) {
  const client = new Client({ connectionString: url, options: '-c role=cs_system' });
  const waiting = new Map<string, () => void>();
  const early = new Set<string>();
  client.on('notification', ({ payload }) => {
    const id = payload?.split(' ')[0] ?? '';
    const resolve = waiting.get(id);
    waiting.delete(id);
    if (resolve === undefined) early.add(id);
    else resolve();
  });
  await client.connect();
  await client.query('LISTEN countersign_execution');
  const next = (id: string, limitMs: number): Promise<boolean> =>
    new Promise((resolve) => {
      if (early.delete(id)) {
        resolve(true);
        return;
      }
      const timer = setTimeout(() => {
        waiting.delete(id);
        resolve(false);
      }, limitMs);
      waiting.set(id, () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  return { client, next };
}

/** An approver, a policy and an agent. Answers the agent's key. */
async function populate(url: string): Promise<string> {
  const admin = createHttpClient(url, ADMIN_KEY);
  const mia = { id: 'mia', email: 'mia@example.com', name: 'Mia', roles: ['Operator'] };
  const bot = { id: AGENT, owner: 'bob', riskLevel: 'medium', environment: 'prod' };
  expectStatus(
    await admin.post('/v1/users', { ...mia, approverRoles: ['support-manager'] }),
    200,
    201,
  );
  expectStatus(await admin.post('/v1/policies?id=refunds&publish=true', REFUND_POLICY), 201);
  const agent = expectStatus(await admin.post('/v1/agents', bot), 201);
  admin.close();
  return String(agent['key']);
}

async function temporalAddressOf(url: string): Promise<string> {
  const reply = await fetch(new URL('/v1/status', url), {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  const { temporal } = (await reply.json()) as {
    readonly temporal?: { readonly address?: string };
  };
  if (temporal?.address === undefined) throw new Error('the product tells no Temporal address');
  return temporal.address;
}
