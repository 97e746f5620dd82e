import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually';
import { type RunningProduct, startProduct } from './running-product';
import { isReady, type ServerChild, startServerChild } from './server-child';

/** Parts of the embedded default, each a process of its own. */
export const PARTS = ['node', 'postgres', 'temporal'] as const;
export type Part = (typeof PARTS)[number];

const RECOVERY_LIMIT_MS = 60_000;

export interface KillableProduct {
  readonly product: RunningProduct;
  /**
   * SIGKILLs the part at once, and resolves when everything is ready again. The API process is started
   * again here, as an operator's supervisor would; the product itself replaces its own children.
   */
  killAndRecover(part: Part): Promise<void>;
  stop(): Promise<void>;
}

export async function startKillableProduct(): Promise<KillableProduct> {
  const product = await startProduct();
  const dataDir = product.folder.path;
  const port = Number(new URL(product.server.url).port);
  let server: ServerChild = product.server;
  const pidOf = (part: 'postgres' | 'temporal'): number | undefined => {
    try {
      const text = readFileSync(join(dataDir, `${part}.pid`), 'utf8');
      return (JSON.parse(text) as { pid: number }).pid;
    } catch {
      return undefined;
    }
  };
  return {
    product,
    killAndRecover: async (part) => {
      if (part === 'node') {
        server.kill('SIGKILL');
        await server.exited;
        server = await startServerChild({ dataDir, port });
        return;
      }
      const pid = pidOf(part);
      if (pid === undefined) throw new Error(`${part} does not run, so it cannot be killed`);
      process.kill(pid, 'SIGKILL');
      const recovered = async (): Promise<boolean> => {
        const next = pidOf(part);
        return next !== undefined && next !== pid && (await isReady(product.server.url));
      };
      await eventually(recovered, { limitMs: RECOVERY_LIMIT_MS, what: `recovery of ${part}` });
    },
    stop: async () => {
      await server.stop();
      await product.folder.remove();
    },
  };
}
