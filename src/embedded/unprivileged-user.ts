import { readFileSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { childEnvironment } from './child-environment';
import { runCommand } from './run-command';
import { EmbeddedStartError } from './service';

/** The user a child runs as; `undefined` in its place means: as ourselves. */
export interface RunAs {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Tried in this order when we are root, which Postgres refuses to run as. */
const CANDIDATES = ['postgres', 'nobody', 'daemon'] as const;

/** Reads one account of an /etc/passwd text; never root. */
export function accountIn(passwd: string, name: string): RunAs | undefined {
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find((parts) => parts[0] === name);
  const uid = Number(fields?.[2]);
  const gid = Number(fields?.[3]);
  if (!Number.isInteger(uid) || !Number.isInteger(gid) || uid <= 0) return undefined;
  return { name, uid, gid };
}

/** The user for Postgres: ourselves (undefined) unless we are root. Throws `EmbeddedStartError`. */
export function chooseUnprivilegedUser(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = readFileSync('/etc/passwd', 'utf8');
  for (const name of CANDIDATES) {
    const account = accountIn(passwd, name);
    if (account !== undefined) return account;
  }
  throw new EmbeddedStartError(
    'Postgres refuses to run as root and none of the users postgres, nobody and daemon exists. ' +
      'Create one (useradd --system postgres), run Countersign as an ordinary user, or set DATABASE_URL.',
  );
}

/** `/a/b/c` → `/`, `/a`, `/a/b`, `/a/b/c`. */
function foldersDownTo(folder: string): readonly string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [...foldersDownTo(above), folder];
}

async function canPass(user: RunAs, folder: string): Promise<boolean> {
  const result = await runCommand('/bin/sh', ['-c', 'test -x "$1"', 'sh', `${folder}${sep}.`], {
    env: childEnvironment(),
    cwd: '/',
    limitMs: 5_000,
    uid: user.uid,
    gid: user.gid,
  });
  return result.ok;
}

/**
 * The first folder on the way to `folder` (itself included) that the user cannot pass; undefined when
 * the way is open. Asked of the operating system as that user, so access lists and mounts count too.
 */
export async function firstClosedFolder(user: RunAs, folder: string): Promise<string | undefined> {
  if (await canPass(user, folder)) return undefined;
  for (const part of foldersDownTo(folder)) {
    if (!(await canPass(user, part))) return part;
  }
  return undefined;
}

/** Throws `EmbeddedStartError` naming the folder to open when the user cannot reach `folder`. */
export async function proveReachable(user: RunAs, folder: string): Promise<void> {
  const closed = await firstClosedFolder(user, folder);
  if (closed === undefined) return;
  throw new EmbeddedStartError(
    `Postgres cannot start: it must not run as root, so it runs as user "${user.name}", and that user ` +
      `cannot pass through the folder ${closed} on the way to ${folder}. ` +
      `Open that folder (chmod o+x ${closed}), put the data elsewhere (COUNTERSIGN_DATA_DIR), ` +
      'run Countersign as an ordinary user, or set DATABASE_URL.',
  );
}
