import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  accountIn,
  chooseUnprivilegedUser,
  firstClosedFolder,
  proveReachable,
} from '../../src/embedded/unprivileged-user';
import { IS_ROOT, removeScratchFolders, scratchFolder } from './scratch-folder';

afterAll(removeScratchFolders);

const PASSWD = [
  'root:x:0:0:root:/root:/bin/sh',
  'toor:x:0:0::/root:/bin/sh',
  'postgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash',
  'broken:x',
].join('\n');

describe('accounts', () => {
  it.each([
    ['postgres', { name: 'postgres', uid: 101, gid: 104 }],
    ['root', undefined],
    ['toor', undefined],
    ['broken', undefined],
    ['post', undefined],
  ])('%s', (name, expected) => {
    expect(accountIn(PASSWD, name)).toEqual(expected);
  });
});

describe('the user for Postgres', () => {
  it('is another one exactly when we are root', () => {
    const user = chooseUnprivilegedUser();
    expect(user === undefined).toBe(!IS_ROOT);
    expect(user?.uid).not.toBe(0);
  });

  it('is refused with the name of the closed folder on the way', async () => {
    const user = chooseUnprivilegedUser();
    const closed = join(scratchFolder(), 'closed');
    const inner = join(closed, 'a', 'b');
    mkdirSync(inner, { recursive: true });
    chmodSync(closed, 0o700);
    if (user === undefined) return expect(IS_ROOT).toBe(false);
    expect(await firstClosedFolder(user, inner)).toBe(closed);
    const message = `cannot pass through the folder ${closed} on the way to ${inner}`;
    await expect(proveReachable(user, inner)).rejects.toThrow(message);
    chmodSync(closed, 0o711);
    await expect(proveReachable(user, inner)).resolves.toBeUndefined();
  });
});
