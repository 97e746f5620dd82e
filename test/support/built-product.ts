import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..', '..');
const SOURCES = ['src', 'workflows', 'activities'];
/** Written last by the build. */
const LAST_OUTPUT = join(ROOT, 'dist', 'workflow-bundle.js');
const LOCK = join(ROOT, '.cache', 'test-build.lock');
const BUILD_LIMIT_MS = 180_000;

/** The program that `npm start` runs. */
export const CLI = join(ROOT, 'dist', 'src', 'main', 'cli.js');

/** Builds when dist is missing or older than any source; two test processes build only once. */
export async function ensureBuilt(): Promise<void> {
  const until = Date.now() + BUILD_LIMIT_MS;
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  while (isStale()) {
    if (!takeLock(until)) {
      await new Promise((resume) => setTimeout(resume, 250));
      continue;
    }
    try {
      if (isStale()) build();
    } finally {
      rmSync(LOCK, { recursive: true, force: true });
    }
    return;
  }
}

function build(): void {
  try {
    execFileSync('npm', ['run', 'build'], { cwd: ROOT, stdio: 'pipe', encoding: 'utf8' });
  } catch (error) {
    // The compiler speaks on standard output, which the error of a failed command leaves out.
    const { stdout } = error as { readonly stdout?: unknown };
    throw new Error(`The build failed:\n${String(stdout)}`, { cause: error });
  }
}

function isStale(): boolean {
  const built = statSync(LAST_OUTPUT, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return SOURCES.some((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).some(
      (path) => /\.(ts|sql)$/.test(path) && statSync(join(ROOT, folder, path)).mtimeMs > built,
    ),
  );
}

/** A folder is made by one process only. A lock older than a build may take was left by a dead one. */
function takeLock(until: number): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    const since = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() > until) throw new Error(`Another test process holds ${LOCK} for too long.`);
    if (Date.now() - since > BUILD_LIMIT_MS) rmSync(LOCK, { recursive: true, force: true });
    return false;
  }
}
