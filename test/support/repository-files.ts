import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const ROOT = resolve(__dirname, '..', '..');
const SKIPPED = new Set(['.git', 'node_modules', 'dist', 'coverage', '.countersign', '.cache']);

/** Paths, relative to the root, of all files that are or would be committed. */
export function repositoryFiles(): readonly string[] {
  const listed = gitFiles() ?? walk(ROOT);
  return listed.filter((path) => existsSync(join(ROOT, path))).sort();
}

/** Undefined outside a Git checkout, for instance in an unpacked release. */
function gitFiles(): readonly string[] | undefined {
  try {
    const printed = execFileSync(
      'git',
      ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
      { cwd: ROOT, encoding: 'utf8', stdio: 'pipe', maxBuffer: 64 * 1024 * 1024 },
    );
    return printed.split('\0').filter((path) => path !== '');
  } catch {
    return undefined;
  }
}

function walk(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [relative(ROOT, path)];
  });
}
