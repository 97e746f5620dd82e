import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockHolder, takeDataDirLock } from '../../src/embedded/data-dir-lock';
import { identityOf } from '../../src/embedded/process-identity';
import { EmbeddedStartError } from '../../src/embedded/service';
import { removeScratchFolders, scratchFolder } from './scratch-folder';

afterAll(removeScratchFolders);

function lockIn(folder: string): string {
  return join(folder, 'countersign.lock');
}

describe('data folder lock', () => {
  it('refuses a second holder and names the first, also within one process', () => {
    const path = lockIn(scratchFolder());
    takeDataDirLock(path, 'The data folder /srv/cs');
    const again = () => takeDataDirLock(path, 'The data folder /srv/cs');
    expect(again).toThrow(EmbeddedStartError);
    expect(again).toThrow(
      new RegExp(`^The data folder /srv/cs is in use by process ${process.pid}\\.`),
    );
  });

  it('is free again after release', () => {
    const path = lockIn(scratchFolder());
    takeDataDirLock(path, 'x').release();
    expect(lockHolder(path)).toBeUndefined();
    expect(takeDataDirLock(path, 'x')).toBeDefined();
    expect(lockHolder(path)?.pid).toBe(process.pid);
  });

  it.each([
    ['a pid that now belongs to another process', { pid: process.pid, startedAt: 'earlier' }],
    ['a process that is gone', { pid: 2 ** 22 - 1, startedAt: 'x' }],
    ['something else', { hello: 'world' }],
  ])('takes over a lock that names %s', (_, content) => {
    const folder = scratchFolder();
    writeFileSync(lockIn(folder), JSON.stringify(content));
    takeDataDirLock(lockIn(folder), 'x');
    expect(lockHolder(lockIn(folder))).toEqual(identityOf(process.pid));
    expect(readdirSync(folder)).toEqual(['countersign.lock']);
  });

  it('takes over a lock file that was cut off', () => {
    const path = lockIn(scratchFolder());
    writeFileSync(path, '{"pid":');
    takeDataDirLock(path, 'x');
    expect(lockHolder(path)?.pid).toBe(process.pid);
  });

  it('does not remove a lock that another process holds by now', () => {
    const path = lockIn(scratchFolder());
    const lock = takeDataDirLock(path, 'x');
    const other = identityOf(process.ppid);
    writeFileSync(path, JSON.stringify(other));
    lock.release();
    expect(lockHolder(path)?.pid).toBe(process.ppid);
  });
});
