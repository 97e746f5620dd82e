import { chmodSync, lchownSync, lstatSync, mkdirSync } from 'node:fs';
import { EmbeddedStartError } from './service';
import type { RunAs } from './unprivileged-user';

/**
 * Makes the data folder. When Postgres runs as another user than ours the folder lets that user pass
 * through without being able to list it; otherwise nobody else may enter.
 */
export function prepareDataFolder(dataDir: string, user: RunAs | undefined): void {
  const mode = user === undefined ? 0o700 : 0o711;
  const made = mkdirSync(dataDir, { recursive: true, mode });
  if (made !== undefined || user === undefined) return;
  const { mode: present, uid } = lstatSync(dataDir);
  if ((present & 0o001) === 0 && uid === process.getuid?.()) {
    chmodSync(dataDir, (present & 0o7777) | 0o011);
  }
}

/**
 * Makes a folder of mode 0700 that belongs to the user who runs the child. The folder above must be
 * ours: inside one of that user's, a link could turn our rights on something else.
 */
export function makePrivateFolder(folder: string, user: RunAs | undefined): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (isPrivateFolder(folder, user)) return;
  if (lstatSync(folder).isSymbolicLink()) {
    throw new EmbeddedStartError(`${folder} must be a folder, not a link.`);
  }
  if (user !== undefined) lchownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
}

/** True when the folder is real (no link), of mode 0700 and belongs to the user who runs the child. */
export function isPrivateFolder(folder: string, user: RunAs | undefined): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  return (
    stat?.isDirectory() === true &&
    (stat.mode & 0o777) === 0o700 &&
    stat.uid === (user?.uid ?? process.getuid?.())
  );
}

/** Refuses systems whose process model the supervision does not know. */
export function requireSupportedPlatform(): void {
  if (process.platform !== 'win32') return;
  throw new EmbeddedStartError(
    'The embedded Postgres and Temporal run on Linux and macOS. On Windows use WSL or ' +
      'docker compose, and set DATABASE_URL and TEMPORAL_ADDRESS.',
  );
}
