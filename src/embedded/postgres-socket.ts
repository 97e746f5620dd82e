import { connect } from 'node:net';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPrivateFolder, makePrivateFolder } from './owned-folder';
import { EmbeddedStartError, type EmbeddedLog } from './service';
import { readStateFile, writeJsonState } from './state-file';
import { type RunAs, proveReachable } from './unprivileged-user';

/** Names the socket file only; no TCP port is opened by it. */
export const SOCKET_PORT = 5432;

/** The kernel's limit for a socket path without its closing zero byte. */
export const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

export const socketPathIn = (folder: string, port: number = SOCKET_PORT): string =>
  join(folder, `.s.PGSQL.${port}`);

const fits = (folder: string): boolean =>
  Buffer.byteLength(socketPathIn(folder)) <= MAX_SOCKET_PATH_BYTES;

export const NOTE_NAME = 'postgres-socket.json';

/** The socket folder outside the data folder that an earlier start made, if it is still private. */
export function rememberedSocketFolder(
  dataDir: string,
  user: RunAs | undefined,
): string | undefined {
  const folder = readStateFile(join(dataDir, NOTE_NAME))?.['folder'];
  return typeof folder === 'string' && isPrivateFolder(folder, user) ? folder : undefined;
}

/**
 * The folder of the server's socket, mode 0700: `<dataDir>/postgres-socket`, or a private folder under the
 * temporary directory (remembered for the next start) when that path is too long for a socket.
 */
export async function socketFolder(
  dataDir: string,
  user: RunAs | undefined,
  log: EmbeddedLog,
): Promise<string> {
  const usual = join(dataDir, 'postgres-socket');
  if (fits(usual)) {
    makePrivateFolder(usual, user);
    return usual;
  }
  const remembered = rememberedSocketFolder(dataDir, user);
  if (remembered !== undefined) return remembered;
  // A random name: a fixed one could be taken by another user of this machine before us.
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'countersign-'));
  if (!fits(folder)) {
    throw new EmbeddedStartError(
      `Neither ${usual} nor ${folder} is short enough for a unix socket ` +
        `(${MAX_SOCKET_PATH_BYTES} bytes). Set TMPDIR or COUNTERSIGN_DATA_DIR to a shorter path.`,
    );
  }
  makePrivateFolder(folder, user);
  if (user !== undefined) await proveReachable(user, folder);
  writeJsonState(join(dataDir, NOTE_NAME), { folder });
  log({
    level: 'warn',
    msg: `The data folder's path is too long for a unix socket; the socket is in ${folder}`,
  });
  return folder;
}

/** A start-up message of protocol 3.0: the least that makes the server say whether it takes sessions. */
function startupMessage(user: string): Buffer {
  const body = Buffer.from(`user\0${user}\0database\0postgres\0\0`, 'latin1');
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, body]);
}

/**
 * Asks the server behind the socket whether it takes sessions: it answers a start-up message with a
 * request to authenticate (true) or with an error such as "is starting up" (false).
 */
export function answersOn(socketPath: string, user: string, limitMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(limitMs, () => finish(false));
    socket.once('connect', () => socket.write(startupMessage(user)));
    socket.once('data', (data) => finish(data[0] === 'R'.charCodeAt(0)));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
  });
}
