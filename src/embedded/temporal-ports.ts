import { createServer } from 'node:net';
import { readStateFile, writeJsonState } from './state-file';
import { EmbeddedStartError } from './service';

export const LOOPBACK = '127.0.0.1';

/** The loopback ports of one embedded Temporal. */
export interface TemporalPorts {
  readonly grpc: number;
  /** The read-only Web UI that people open. */
  readonly ui: number;
  /** The server's own UI behind it. */
  readonly uiBackend: number;
}

/**
 * Below the range from which the kernel takes ports for outgoing connections, so a port stays ours to
 * take again after a restart.
 */
const FIRST_PORT = 20_000;
const PORT_COUNT = 12_000;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}

async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new EmbeddedStartError('No free loopback port was found for Temporal.');
}

/**
 * Chooses the ports: those asked for, else those of the last start while they are free, else free ones;
 * remembers them in `file` so that links into the UI stay good.
 */
export async function choosePorts(
  file: string,
  asked: Partial<TemporalPorts>,
): Promise<TemporalPorts> {
  const remembered = readStateFile(file) ?? {};
  const taken = new Set<number>(Object.values(asked));
  const choose = async (name: keyof TemporalPorts): Promise<number> => {
    const wanted = asked[name];
    if (wanted !== undefined) return wanted;
    const last = remembered[name];
    const reuse = typeof last === 'number' && !taken.has(last) && (await isFree(last));
    const port = reuse ? last : await freePort(taken);
    taken.add(port);
    return port;
  };
  const ports = {
    grpc: await choose('grpc'),
    ui: await choose('ui'),
    uiBackend: await choose('uiBackend'),
  };
  writeJsonState(file, ports);
  return ports;
}

/** The ports of the last start, whether free or not. */
export function rememberedPorts(file: string): TemporalPorts | undefined {
  const { grpc, ui, uiBackend } = readStateFile(file) ?? {};
  return typeof grpc === 'number' && typeof ui === 'number' && typeof uiBackend === 'number'
    ? { grpc, ui, uiBackend }
    : undefined;
}
