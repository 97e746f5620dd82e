import { linkSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { type ProcessIdentity, identityOf, isAlive } from './process-identity';
import { readStateFile, writeJsonState } from './state-file';
import { EmbeddedStartError } from './service';

/** Held until `release`, or until this process ends, however it ends. */
export interface DataDirLock {
  readonly release: () => void;
}

function liveHolder(lockPath: string): ProcessIdentity | undefined {
  const { pid, startedAt } = readStateFile(lockPath) ?? {};
  if (typeof pid !== 'number' || typeof startedAt !== 'string') return undefined;
  return isAlive({ pid, startedAt }) ? { pid, startedAt } : undefined;
}

/** Puts a stale lock aside; false when another process replaced it in the same moment. */
function removeStale(lockPath: string, staleText: string): boolean {
  const aside = `${lockPath}.${randomBytes(6).toString('hex')}.stale`;
  try {
    renameSync(lockPath, aside);
  } catch {
    return true;
  }
  try {
    if (readFileSync(aside, 'utf8') === staleText) return true;
    linkSync(aside, lockPath);
    return false;
  } catch {
    return false;
  } finally {
    rmSync(aside, { force: true });
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const refusal = (what: string, holder: ProcessIdentity | undefined): EmbeddedStartError =>
  new EmbeddedStartError(
    `${what} is in use by ${holder === undefined ? 'another process' : `process ${holder.pid}`}. ` +
      `Two copies must not share one data folder. Stop ${
        holder === undefined ? 'that process' : `it (kill ${holder.pid})`
      }, or give this copy a folder of its own with COUNTERSIGN_DATA_DIR.`,
  );

/**
 * Takes the lock file or throws `EmbeddedStartError` naming the process that holds it. A lock whose
 * process is gone (also after kill -9) is taken over.
 * @param what named in the refusal, for example `The data folder /srv/cs`
 */
export function takeDataDirLock(lockPath: string, what: string): DataDirLock {
  const self = identityOf(process.pid);
  if (self === undefined)
    throw new EmbeddedStartError('The start time of this process is unknown.');
  const own = `${lockPath}.${randomBytes(6).toString('hex')}.own`;
  writeJsonState(own, self);
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      try {
        // A hard link appears whole or not at all, unlike an exclusive create followed by a write.
        linkSync(own, lockPath);
        return { release: () => releaseLock(lockPath, self) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const text = readText(lockPath);
      const holder = liveHolder(lockPath);
      if (holder !== undefined) throw refusal(what, holder);
      if (text !== undefined && !removeStale(lockPath, text)) throw refusal(what, undefined);
    }
    throw refusal(what, liveHolder(lockPath));
  } finally {
    rmSync(own, { force: true });
  }
}

function releaseLock(lockPath: string, self: ProcessIdentity): void {
  const holder = liveHolder(lockPath);
  if (holder?.pid === self.pid && holder.startedAt === self.startedAt) {
    rmSync(lockPath, { force: true });
  }
}

/** The process holding the lock now, if any. */
export const lockHolder = (lockPath: string): ProcessIdentity | undefined => liveHolder(lockPath);
