import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { DomainError } from '../core/errors';

export type PrivateFile = { readonly content: string } | { readonly missing: true };

const OTHERS_WRITE = 0o022;
const hasPosixModes = process.platform !== 'win32';

/** A refusal to start that names the file and the remedy, and nothing of the file's content. */
export const fileRefused = (what: string, howToFix: string): DomainError =>
  new DomainError('configuration_error', { what, howToFix });

/**
 * Reads a file only its owner may read. `forbiddenMode` holds the permission bits that must not be
 * set. Throws `configuration_error` when they are or when the file cannot be read.
 */
export function readPrivateFile(path: string, forbiddenMode = 0o077): PrivateFile {
  try {
    const { mode } = statSync(path);
    if (hasPosixModes && (mode & forbiddenMode) !== 0) {
      const bits = (mode & 0o777).toString(8).padStart(4, '0');
      throw fileRefused(
        `${path} is open to others (mode ${bits}).`,
        `Run: chmod 600 ${path}. If others may have read it, replace the key.`,
      );
    }
    return { content: readFileSync(path, 'utf8') };
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return { missing: true };
    if (error instanceof DomainError) throw error;
    throw fileRefused(
      `${path} cannot be read (${systemCode(error)}).`,
      'Let the user that runs this process own the file, with mode 600.',
    );
  }
}

/**
 * Makes a folder for its owner alone; throws `configuration_error` when others may write to an
 * existing one.
 */
export function ensurePrivateDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileRefused(
      `The folder ${path} cannot be made (${systemCode(error)}).`,
      'Name a folder that the user of this process may write to.',
    );
  }
  if (hasPosixModes && (statSync(path).mode & OTHERS_WRITE) !== 0) {
    throw fileRefused(`Others may write to the folder ${path}.`, `Run: chmod 700 ${path}`);
  }
}

/**
 * Creates the file with this content unless it exists; the file is never seen half written. Of
 * several processes that create it at once one wins, and all then read the winner's content.
 */
export function createPrivateFile(path: string, content: string): void {
  const temporary = writeTemporary(path, content);
  try {
    linkSync(temporary, path);
    syncDir(path);
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Puts this content in place of the old at once. */
export function replacePrivateFile(path: string, content: string): void {
  const temporary = writeTemporary(path, content);
  try {
    renameSync(temporary, path);
    syncDir(path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function writeTemporary(path: string, content: string): string {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return temporary;
}

/** Without it a power failure may forget the new name. */
function syncDir(path: string): void {
  if (!hasPosixModes) return;
  const dir = openSync(dirname(path), 'r');
  try {
    fsyncSync(dir);
  } finally {
    closeSync(dir);
  }
}

const systemCode = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'error';

const isSystemError = (error: unknown, code: string): boolean => systemCode(error) === code;
