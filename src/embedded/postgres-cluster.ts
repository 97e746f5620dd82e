import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchownSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { childEnvironment } from './child-environment';
import type { PostgresBinaries } from './postgres-binaries';
import { runCommand } from './run-command';
import { type EmbeddedLog, EmbeddedStartError } from './service';
import { writeStateFile } from './state-file';
import type { RunAs } from './unprivileged-user';

export const ADMIN_USER = 'countersign_admin';

/** Text order is by bytes, the same on every machine; upper and lower case know all of Unicode. */
const LOCALES = [['--locale=C', '--lc-ctype=C.UTF-8'], ['--locale=C']] as const;

/** The administrator's password: made once, kept beside the cluster with mode 0600. Never logged. */
function adminPassword(passwordFile: string): string {
  if (!existsSync(passwordFile)) writeStateFile(passwordFile, randomBytes(24).toString('hex'));
  return readFileSync(passwordFile, 'utf8').trim();
}

/** Writes a new file of mode 0600 that belongs to the user; never through a link. */
function writeFor(user: RunAs | undefined, path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    if (user !== undefined) fchownSync(file, user.uid, user.gid);
  } finally {
    closeSync(file);
  }
}

async function runInitdb(
  binaries: PostgresBinaries,
  input: {
    readonly clusterDir: string;
    readonly passwordCopy: string;
    readonly user: RunAs | undefined;
  },
): Promise<void> {
  let output = '';
  for (const locale of LOCALES) {
    rmSync(input.clusterDir, { recursive: true, force: true });
    const result = await runCommand(
      binaries.initdb,
      [
        `--pgdata=${input.clusterDir}`,
        `--username=${ADMIN_USER}`,
        `--pwfile=${input.passwordCopy}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--data-checksums',
        ...locale,
      ],
      {
        env: childEnvironment(),
        cwd: '/',
        limitMs: 120_000,
        ...(input.user === undefined ? {} : { uid: input.user.uid, gid: input.user.gid }),
      },
    );
    if (result.ok) return;
    output = result.output;
  }
  throw new EmbeddedStartError(
    `Postgres could not make its data folder ${input.clusterDir}:\n${output}\n` +
      'Check free disk space and the rights on that folder, or set DATABASE_URL.',
  );
}

/**
 * Makes the cluster in `<dir>/data` unless it is there, and returns the administrator's password.
 * A start cut off half-way leaves no half-made cluster: it is built aside and renamed when whole.
 */
export async function ensureCluster(input: {
  readonly binaries: PostgresBinaries;
  readonly dir: string;
  readonly passwordFile: string;
  readonly user: RunAs | undefined;
  readonly log: EmbeddedLog;
}): Promise<string> {
  const clusterDir = join(input.dir, 'data');
  if (existsSync(join(clusterDir, 'PG_VERSION'))) {
    if (!existsSync(input.passwordFile)) {
      throw new EmbeddedStartError(
        `The password file ${input.passwordFile} of the existing database is missing. ` +
          'Restore it from a backup, or start afresh with --reset (deletes the embedded data).',
      );
    }
    return adminPassword(input.passwordFile);
  }
  const password = adminPassword(input.passwordFile);
  const unfinished = join(input.dir, 'data.unfinished');
  const passwordCopy = join(input.dir, 'initial-password');
  input.log({ level: 'info', msg: `Creating the Postgres data folder ${clusterDir}` });
  rmSync(passwordCopy, { force: true });
  writeFor(input.user, passwordCopy, password);
  try {
    await runInitdb(input.binaries, { clusterDir: unfinished, passwordCopy, user: input.user });
    renameSync(unfinished, clusterDir);
  } finally {
    rmSync(passwordCopy, { force: true });
    rmSync(unfinished, { recursive: true, force: true });
  }
  return password;
}
