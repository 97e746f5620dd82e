import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTrustStore } from '../../src/evidence/trust-store';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-trust-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const ORIGIN = 'countersign/acme';
const headOf = (size: number, fill = 1) => ({ size, root: new Uint8Array(32).fill(fill) });
const fileOf = (dir: string): string => join(dir, readdirSync(dir)[0] ?? '');

describe('the trust store', () => {
  it('knows nothing at first and then the last tree head of each origin', () => {
    const store = createTrustStore(join(root, 'trust'));
    expect(store.read(ORIGIN)).toBeUndefined();
    expect(store.remember(ORIGIN, headOf(5))).toBe('remembered');
    expect(store.remember('countersign/other', headOf(9, 2))).toBe('remembered');
    expect(store.remember(ORIGIN, headOf(7, 3))).toBe('remembered');
    const reopened = createTrustStore(join(root, 'trust'));
    expect(reopened.read(ORIGIN)).toEqual(headOf(7, 3));
    expect(reopened.read('countersign/other')).toEqual(headOf(9, 2));
  });

  it.each([
    ['a smaller tree', headOf(4), 'older'],
    ['the same tree', headOf(5), 'unchanged'],
    ['another tree of the same size', headOf(5, 2), 'conflict'],
  ])('never goes back: %s', (_name, head, expected) => {
    const store = createTrustStore(root);
    store.remember(ORIGIN, headOf(5));
    expect(store.remember(ORIGIN, head)).toBe(expected);
    expect(store.read(ORIGIN)).toEqual(headOf(5));
  });

  it('keeps its files for the owner and leaves no temporary ones', () => {
    const dir = join(root, 'trust');
    createTrustStore(dir).remember(ORIGIN, headOf(5));
    createTrustStore(dir).remember(ORIGIN, headOf(6));
    expect(readdirSync(dir)).toEqual(['countersign%2Facme.json']);
    expect(statSync(fileOf(dir)).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['cut', '{"origin":"countersign/acme","si'],
    ['of another origin', `{"origin":"x","size":5,"root":"${'A'.repeat(43)}="}`],
    ['without a whole root', '{"origin":"countersign/acme","size":5,"root":"AAAA"}'],
    [
      'with a size that is no count',
      `{"origin":"${ORIGIN}","size":-1,"root":"${'A'.repeat(43)}="}`,
    ],
    ['empty', ''],
    ['null', 'null'],
  ])('refuses a memory that is damaged (%s) instead of starting anew', (_name, content) => {
    const store = createTrustStore(root);
    store.remember(ORIGIN, headOf(5));
    writeFileSync(fileOf(root), content);
    expect(() => store.read(ORIGIN)).toThrow(fileOf(root));
    expect(() => store.remember(ORIGIN, headOf(6))).toThrow(fileOf(root));
  });

  it('refuses a memory that others may write to', () => {
    const store = createTrustStore(root);
    store.remember(ORIGIN, headOf(5));
    chmodSync(fileOf(root), 0o666);
    expect(() => store.read(ORIGIN)).toThrow(/open to others/);
  });
});
