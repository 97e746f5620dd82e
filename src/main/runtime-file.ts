import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the parts of an embedded installation are, for commands that must work without its API. No secrets. */
export interface RuntimeFile {
  /** URL of the database without user and password. */
  readonly databaseUrl: string;
  readonly keysDir: string;
  readonly apiUrl: string;
}

const pathIn = (dataDir: string): string => join(dataDir, 'runtime.json');

export function writeRuntimeFile(dataDir: string, file: RuntimeFile): void {
  mkdirSync(dataDir, { recursive: true });
  const temporary = `${pathIn(dataDir)}.new`;
  writeFileSync(temporary, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, pathIn(dataDir));
}

export function readRuntimeFile(dataDir: string): RuntimeFile | undefined {
  try {
    return JSON.parse(readFileSync(pathIn(dataDir), 'utf8')) as RuntimeFile;
  } catch {
    return undefined;
  }
}
