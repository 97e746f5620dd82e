import { Connection } from '@temporalio/client';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  type EmbeddedStack,
  type EmbeddedStackOptions,
  resetEmbeddedState,
  startEmbeddedStack,
} from '../../src/embedded/embedded-stack';
import { identityOf } from '../../src/embedded/process-identity';
import { compiledEmbedded, startAndStop, startParent } from './parent-process';
import { eventually, recordingLog, removeScratchFolders, scratchFolder } from './scratch-folder';

jest.setTimeout(40_000);

const running: EmbeddedStack[] = [];

const BASE = {
  needPostgres: true,
  needTemporal: true,
  temporal: { searchAttributes: { CsTenant: 'Keyword' } },
} as const;

async function start(
  dataDir: string,
  changes: Partial<EmbeddedStackOptions> = {},
): Promise<EmbeddedStack> {
  const stack = await startEmbeddedStack({ ...BASE, dataDir, log: () => undefined, ...changes });
  running.push(stack);
  return stack;
}

async function ask(url: string | undefined, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url ?? '' });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

/** Start-workflow calls and reads go through the same frontend, so one description is proof enough. */
async function describeNamespace(address: string | undefined): Promise<string> {
  const connection = await Connection.connect({ address: address ?? '', connectTimeout: 5_000 });
  try {
    const { namespaceInfo } = await connection.workflowService.describeNamespace({
      namespace: 'default',
    });
    return namespaceInfo?.id ?? '';
  } finally {
    await connection.close();
  }
}

async function attributesOf(stack: EmbeddedStack): Promise<Record<string, string>> {
  const url = `${stack.temporalUiUrl ?? ''}/api/v1/namespaces/default/search-attributes`;
  const body = (await (await fetch(url)).json()) as { customAttributes: Record<string, string> };
  return body.customAttributes;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((stack) => stack.stop()));
});
afterAll(removeScratchFolders);

describe('embedded stack', () => {
  it('keeps state, addresses and UI over a restart and learns new search attributes', async () => {
    const dataDir = join(scratchFolder(), 'state');
    const first = await start(dataDir);
    const namespaceId = await describeNamespace(first.temporalAddress);
    const begun = Date.now();
    await first.stop();
    expect(Date.now() - begun).toBeLessThan(8_000);
    expect(first.pids()).toEqual({});
    const second = await start(dataDir, {
      temporal: { searchAttributes: { CsTenant: 'Keyword', CsRisk: 'Int' } },
    });
    expect(second.temporalAddress).toBe(first.temporalAddress);
    expect(second.temporalUiUrl).toBe(first.temporalUiUrl);
    expect(second.adminUrl).toBe(first.adminUrl);
    expect(await describeNamespace(second.temporalAddress)).toBe(namespaceId);
    expect(await attributesOf(second)).toEqual({
      CsRisk: 'INDEXED_VALUE_TYPE_INT',
      CsTenant: 'INDEXED_VALUE_TYPE_KEYWORD',
    });
  });

  it('serves the UI without its write actions', async () => {
    const stack = await start(join(scratchFolder(), 'state'), { needPostgres: false });
    const url = stack.temporalUiUrl ?? '';
    const settings = await fetch(`${url}/api/v1/settings`);
    expect(await settings.json()).toMatchObject({ DisableWriteActions: true });
    const page = await fetch(url);
    expect(await page.text()).toContain('<html');
    const created = await fetch(`${url}/api/v1/namespaces/default/workflows/w`, {
      method: 'POST',
      body: '{}',
    });
    expect(created.status).toBe(405);
  });

  it('brings Temporal back on the same address after kill -9', async () => {
    const restarts: string[] = [];
    const stack = await start(join(scratchFolder(), 'state'), {
      needPostgres: false,
      onRestart: ({ service, pid }) => restarts.push(`${service} ${pid}`),
    });
    const namespaceId = await describeNamespace(stack.temporalAddress);
    const killed = stack.pids().temporal ?? 0;
    process.kill(killed, 'SIGKILL');
    await eventually(() => restarts.length === 1);
    expect(restarts).toEqual([`temporal ${stack.pids().temporal ?? ''}`]);
    expect(stack.pids().temporal).not.toBe(killed);
    expect(await describeNamespace(stack.temporalAddress)).toBe(namespaceId);
  });

  it('takes over healthy children after kill -9 of their parent, and still watches them', async () => {
    const dataDir = join(scratchFolder(), 'state');
    const { child, report } = await startParent(compiledEmbedded(), { ...BASE, dataDir });
    const { postgres = 0, temporal = 0 } = report.pids;
    await expect(start(dataDir)).rejects.toThrow(`in use by process ${child.pid ?? ''}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect([identityOf(postgres), identityOf(temporal)]).not.toContain(undefined);

    const { lines, log } = recordingLog();
    const restarts: string[] = [];
    const stack = await start(dataDir, { log, onRestart: (e) => restarts.push(e.service) });
    expect(stack.pids()).toEqual(report.pids);
    expect(stack.adminUrl).toBe(report.adminUrl);
    expect(stack.temporalAddress).toBe(report.temporalAddress);
    expect(stack.temporalUiUrl).toBe(report.temporalUiUrl);
    expect(lines.filter((line) => line.includes('Took over'))).toHaveLength(2);
    expect((await fetch(stack.temporalUiUrl ?? '')).status).toBe(200);

    process.kill(postgres, 'SIGKILL');
    await eventually(() => restarts.includes('postgres'));
    expect(await ask(stack.adminUrl, 'SELECT 1')).toBe(1);
    await stack.stop();
    expect(identityOf(temporal)).toBeUndefined();
  });

  it('ends children of a killed parent that other settings started, even without pid files', async () => {
    const dataDir = join(scratchFolder(), 'state');
    const { child, report } = await startParent(compiledEmbedded(), { ...BASE, dataDir });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const record = JSON.parse(readFileSync(join(dataDir, 'postgres.pid'), 'utf8')) as object;
    writeFileSync(join(dataDir, 'postgres.pid'), JSON.stringify({ ...record, settings: 'old' }));
    writeFileSync(join(dataDir, 'temporal.pid'), '');
    const stack = await start(dataDir);
    const { postgres = 0, temporal = 0 } = report.pids;
    expect(stack.pids()).not.toEqual(report.pids);
    expect([identityOf(postgres), identityOf(temporal)]).toEqual([undefined, undefined]);
    expect(stack.temporalAddress).toBe(report.temporalAddress);
    expect(await ask(stack.adminUrl, 'SELECT 1')).toBe(1);
  });

  it('stops to the end in a process that does nothing else, its own children and adopted ones', async () => {
    const dataDir = join(scratchFolder(), 'state');
    const compiled = compiledEmbedded();
    expect(await startAndStop(compiled, { ...BASE, dataDir })).toMatch(/stopped\n$/);
    const { child } = await startParent(compiled, { ...BASE, dataDir });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const printed = await startAndStop(compiled, { ...BASE, dataDir });
    expect(printed).toContain('Took over the running Postgres');
    expect(printed).toMatch(/stopped\n$/);
    const left = readdirSync(dataDir).filter((name) => /\.(pid|lock)$/.test(name));
    expect(left).toEqual([]);
  });

  it('runs several copies beside each other', async () => {
    const folder = scratchFolder();
    const [one, two] = await Promise.all([start(join(folder, '1')), start(join(folder, '2'))]);
    expect(one.temporalAddress).not.toBe(two.temporalAddress);
    expect(one.adminUrl).not.toBe(two.adminUrl);
    const ids = await Promise.all(
      [one, two].map((stack) => describeNamespace(stack.temporalAddress)),
    );
    expect(new Set(ids).size).toBe(2);
  });

  it('starts nothing that is not needed', async () => {
    const stack = await start(join(scratchFolder(), 'state'), {
      needPostgres: false,
      needTemporal: false,
    });
    expect(stack.pids()).toEqual({});
    expect('adminUrl' in stack || 'temporalAddress' in stack).toBe(false);
  });

  it('stops the one part when the other cannot start', async () => {
    const dataDir = join(scratchFolder(), 'state');
    const attempt = start(dataDir, {
      temporal: { searchAttributes: {}, executable: '/nonexistent/temporal' },
    });
    await expect(attempt).rejects.toThrow('No Temporal server can be started here');
    expect(existsSync(join(dataDir, 'postgres.pid'))).toBe(false);
    expect(existsSync(join(dataDir, 'countersign.lock'))).toBe(false);
  });
});

describe('reset', () => {
  it('is refused while the folder is in use', async () => {
    const dataDir = join(scratchFolder(), 'state');
    const stack = await start(dataDir, { needTemporal: false });
    await expect(resetEmbeddedState(dataDir)).rejects.toThrow(`process ${process.pid}`);
    expect(await ask(stack.adminUrl, 'SELECT 1')).toBe(1);
  });

  it('ends what a killed parent left, deletes its state and nothing else', async () => {
    const dataDir = join(scratchFolder(), 'state');
    mkdirSync(join(dataDir, 'keys'), { recursive: true });
    writeFileSync(join(dataDir, 'keys', 'receipt.pem'), 'mine');
    const { child, report } = await startParent(compiledEmbedded(), { ...BASE, dataDir });
    await ask(report.adminUrl, 'CREATE TABLE gone ()');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const deleted = await resetEmbeddedState(dataDir);
    expect(deleted).toContain(join(dataDir, 'postgres'));
    expect(identityOf(report.pids.postgres ?? 0)).toBeUndefined();
    expect(identityOf(report.pids.temporal ?? 0)).toBeUndefined();
    expect(readFileSync(join(dataDir, 'keys', 'receipt.pem'), 'utf8')).toBe('mine');
    const fresh = await start(dataDir, { needTemporal: false });
    expect(await ask(fresh.adminUrl, "SELECT to_regclass('gone')")).toBeNull();
  });

  it('has nothing to do for a folder that is not there', async () => {
    expect(await resetEmbeddedState(join(scratchFolder(), 'none'))).toEqual([]);
  });
});
