import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { migrate } from '../../src/db/migrate';
import { startTestCluster } from './postgres-cluster';
import { runStatement, TEST_ROLE_SECRET, urlOfDatabase } from './postgres';
import { startTestTemporal } from './temporal-server';
import { publishTestServers, type TestServers } from './test-servers';

const ROOT = resolve(__dirname, '..', '..');
const TEMPLATE = 'cs_template';

declare global {
  var countersignStopTestServers: (() => Promise<void>) | undefined;
}

/** Starts the servers of the engine and browser projects, once for the whole run. */
export default async function startTestServers(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cs-test-'));
  const stops: (() => Promise<unknown>)[] = [
    () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
  ];
  globalThis.countersignStopTestServers = async () => {
    await Promise.allSettled(stops.map((stop) => stop()));
  };
  try {
    const [cluster, temporal, bundlePath] = await Promise.all([
      startTestCluster().then(async (started) => {
        stops.push(() => started.stop());
        await makeTemplate(started.adminUrl);
        return started;
      }),
      searchAttributes()
        .then(startTestTemporal)
        .then((started) => {
          stops.push(() => started.stop());
          return started;
        }),
      bundleWorkflows(join(folder, 'workflow-bundle.js')),
    ]);
    const servers: TestServers = {
      postgres: { adminUrl: cluster.adminUrl, templateName: TEMPLATE },
      temporal: {
        address: temporal.address,
        namespace: temporal.namespace,
        uiUrl: temporal.uiUrl,
      },
      ...(bundlePath === undefined ? {} : { workflowBundlePath: bundlePath }),
    };
    publishTestServers(join(folder, 'servers.json'), servers);
  } catch (error) {
    // Jest skips global teardown after a failed setup.
    await globalThis.countersignStopTestServers();
    throw error;
  }
}

/** The one place where tests meet the migration runner. */
async function makeTemplate(adminUrl: string): Promise<void> {
  await runStatement(adminUrl, `CREATE DATABASE ${TEMPLATE}`);
  await migrate(urlOfDatabase(adminUrl, TEMPLATE), TEST_ROLE_SECRET);
}

/** The one place where tests meet the list of search attributes: name to Temporal type. */
async function searchAttributes(): Promise<Readonly<Record<string, string>>> {
  const list = join(ROOT, 'src', 'temporal', 'search-attributes.ts');
  if (!existsSync(list)) return {};
  const { SEARCH_ATTRIBUTES } = (await import(list)) as {
    readonly SEARCH_ATTRIBUTES?: Readonly<Record<string, string>>;
  };
  return SEARCH_ATTRIBUTES ?? {};
}

/** One bundle for all suites: each Worker.create would otherwise spend a second or two on its own. */
async function bundleWorkflows(path: string): Promise<string | undefined> {
  const workflowsPath = join(ROOT, 'workflows', 'index.ts');
  if (!existsSync(workflowsPath)) return undefined;
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const silent = (): void => undefined;
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    logger: {
      log: silent,
      trace: silent,
      debug: silent,
      info: silent,
      warn: (message) => process.stderr.write(`workflow bundle: ${message}\n`),
      error: (message) => process.stderr.write(`workflow bundle: ${message}\n`),
    },
  });
  writeFileSync(path, code);
  return path;
}
