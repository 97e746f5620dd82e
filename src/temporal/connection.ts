import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { DomainError } from '../core/errors';
import { boundedCall } from './bounded-call';

const CONNECT_TIMEOUT_MS = 10_000;
const HEALTH_TIMEOUT_MS = 2_000;

export interface TemporalConnection {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
  /** Whether the server answers now; never throws. */
  isServing(): Promise<boolean>;
  /** Stop workers that use it first. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** `host:port`. */
  readonly address: string;
  readonly namespace: string;
  readonly connectTimeoutMs?: number;
}

/**
 * One native connection for the client and the workers of a process: eager start works only when they share
 * it. It reconnects by itself once it has been made. Call `installTemporalRuntime` before the first one.
 * @throws DomainError `unavailable` when the server does not answer in time
 */
export async function connectTemporal(options: ConnectOptions): Promise<TemporalConnection> {
  const { address, namespace } = options;
  const connection = await connectInTime(address, options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS);
  const client = new Client({ connection, namespace });
  return {
    connection,
    client,
    namespace,
    isServing: () => isServing(connection),
    close: () => connection.close(),
  };
}

async function connectInTime(address: string, timeoutMs: number): Promise<NativeConnection> {
  // Compression only costs on a local network, and proxies have broken it.
  const connecting = NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([connecting, late]);
  } catch (error) {
    connecting.then((connection) => connection.close()).catch(() => undefined);
    throw new DomainError('unavailable', {
      what: `Temporal does not answer at ${address}.`,
      why: 'The address is wrong, the server is not running, or a firewall is between.',
      howToFix: 'Check TEMPORAL_ADDRESS (host:port) and that the server runs, then start again.',
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

async function isServing(connection: NativeConnection): Promise<boolean> {
  try {
    await boundedCall(connection, HEALTH_TIMEOUT_MS, () =>
      connection.workflowService.getSystemInfo({}),
    );
    return true;
  } catch {
    return false;
  }
}
