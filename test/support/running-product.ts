import { ensureBuilt } from './built-product';
import { type Cast, introduceCast } from './cast';
import { createRest } from './rest';
import {
  type DataFolder,
  freePort,
  makeDataFolder,
  type ServerChild,
  startServerChild,
} from './server-child';

/** Time for a build, when one is needed, and a first start. */
export const FIRST_START_LIMIT_MS = 240_000;

const ADMIN_KEY = 'e2e-bootstrap-admin-key';

/** The whole product in a process and a data folder of its own, with the cast of the story on it. */
export interface RunningProduct {
  readonly server: ServerChild;
  readonly folder: DataFolder;
  readonly adminKey: string;
  readonly cast: Cast;
  stop(): Promise<void>;
}

export async function startProduct(
  env: Readonly<Record<string, string>> = {},
): Promise<RunningProduct> {
  await ensureBuilt();
  const folder = makeDataFolder();
  try {
    const server = await startServerChild({
      dataDir: folder.path,
      port: await freePort(),
      env: { COUNTERSIGN_BOOTSTRAP_ADMIN_KEY: ADMIN_KEY, ...env },
    });
    const cast = await introduceCast(createRest(server.url, ADMIN_KEY));
    const stop = async (): Promise<void> => {
      await server.stop();
      await folder.remove();
    };
    return { server, folder, adminKey: ADMIN_KEY, cast, stop };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}
