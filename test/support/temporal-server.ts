import { chmodSync, mkdtempSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { findTemporalBinary } from '../../src/embedded/temporal-binary';
import { startTethered, type TetheredProcess } from './tethered-process';

const START_LIMIT_MS = 30_000;
const NAMESPACE = 'default';

export interface TestTemporal {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string;
  stop(): Promise<void>;
}

/**
 * Starts one in-memory dev server. Suites share its namespace, so each uses a task queue and workflow ids
 * of its own.
 * @param searchAttributes name to type, as `temporal server start-dev --search-attribute` takes them
 */
export async function startTestTemporal(
  searchAttributes: Readonly<Record<string, string>>,
): Promise<TestTemporal> {
  const [port, uiPort, metricsPort] = await freePorts(3);
  const folder = mkdtempSync(join(tmpdir(), 'cs-temporal-'));
  chmodSync(folder, 0o700);
  const { path } = await findTemporalBinary({ dataDir: folder, log: () => undefined });
  const server = startTethered({
    command: path,
    args: [
      ...['server', 'start-dev', '--log-level', 'error', '--ip', '127.0.0.1'],
      ...['--port', String(port), '--ui-port', String(uiPort)],
      ...['--metrics-port', String(metricsPort), '--namespace', NAMESPACE],
      ...Object.entries(searchAttributes).flatMap(([name, type]) => [
        '--search-attribute',
        `${name}=${type}`,
      ]),
    ],
    folder,
    stopSignal: 'TERM',
    // Keeps the machine's own Temporal profile out of the tests.
    env: { TEMPORAL_CONFIG_FILE: join(folder, 'absent.toml'), HOME: folder },
  });
  const address = `127.0.0.1:${String(port)}`;
  await waitUntilReady(address, server);
  return {
    address,
    namespace: NAMESPACE,
    uiUrl: `http://127.0.0.1:${String(uiPort)}`,
    stop: () => server.stop(),
  };
}

async function waitUntilReady(address: string, server: TetheredProcess): Promise<void> {
  const limit = Date.now() + START_LIMIT_MS;
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 1_000 });
      await connection.workflowService.describeNamespace({ namespace: NAMESPACE });
      await connection.close();
      return;
    } catch (error) {
      if (Date.now() > limit) {
        await server.stop();
        throw new Error(`Temporal did not start:\n${server.output()}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Ports that were free a moment ago; all are held open together so that they differ. */
async function freePorts(count: number): Promise<readonly number[]> {
  const held = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
      });
      return server;
    }),
  );
  const ports = held.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
