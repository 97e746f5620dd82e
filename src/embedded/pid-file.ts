import { rmSync } from 'node:fs';
import { type ProcessIdentity, isAlive } from './process-identity';
import { readStateFile, writeJsonState } from './state-file';

/** What a pid file holds: which process, and the settings it was started with. */
export interface PidRecord extends ProcessIdentity {
  /** A child is adopted only when today's settings would start it alike. */
  readonly settings: string;
}

export const writePidFile = (path: string, record: PidRecord): void => writeJsonState(path, record);

export const removePidFile = (path: string): void => rmSync(path, { force: true });

/** The recorded process if exactly that one still lives. */
export function readLivePidFile(path: string): PidRecord | undefined {
  const { pid, startedAt, settings } = readStateFile(path) ?? {};
  if (typeof pid !== 'number' || typeof startedAt !== 'string' || typeof settings !== 'string') {
    return undefined;
  }
  const record = { pid, startedAt, settings };
  return isAlive(record) ? record : undefined;
}
