import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { hydrateLibraryLinks } from '../../src/embedded/packaged-postgres';
import { removeScratchFolders, scratchFolder } from './scratch-folder';

afterAll(removeScratchFolders);

function packageWith(links: unknown): string {
  const folder = scratchFolder();
  mkdirSync(join(folder, 'native', 'lib'), { recursive: true });
  writeFileSync(join(folder, 'native', 'lib', 'libx.so.6.1'), 'code');
  writeFileSync(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(links));
  return folder;
}

const LINK = { source: 'native/lib/libx.so.6.1', target: 'native/lib/libx.so.6' };

describe('library links of the packaged server', () => {
  it('are made where install scripts were off, and made once', () => {
    const folder = packageWith([LINK]);
    hydrateLibraryLinks(folder);
    hydrateLibraryLinks(folder);
    const link = join(folder, LINK.target);
    expect(readlinkSync(link)).toBe('libx.so.6.1');
    expect(readFileSync(link, 'utf8')).toBe('code');
  });

  it('never replace a file', () => {
    const folder = packageWith([LINK]);
    writeFileSync(join(folder, LINK.target), 'real');
    hydrateLibraryLinks(folder);
    expect(lstatSync(join(folder, LINK.target)).isSymbolicLink()).toBe(false);
  });

  it('never leave the package', () => {
    const outside = `../escaped-${process.pid}`;
    const folder = packageWith([
      { source: LINK.source, target: outside },
      { source: '/etc/passwd', target: 'native/lib/passwd' },
      { source: 1 },
    ]);
    hydrateLibraryLinks(folder);
    expect(existsSync(join(folder, outside))).toBe(false);
    expect(existsSync(join(folder, 'native/lib/passwd'))).toBe(false);
  });

  it('are not needed where the package has no list of them', () => {
    const folder = scratchFolder();
    hydrateLibraryLinks(folder);
    expect(existsSync(join(folder, 'native'))).toBe(false);
  });
});
