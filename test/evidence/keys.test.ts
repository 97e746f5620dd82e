import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDomainError } from '../../src/core/errors';
import { createPrivateFile } from '../../src/evidence/key-files';
import { type KeySource, loadOrCreateChannelKeys, loadOrCreateKeys } from '../../src/evidence/keys';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const source = (more: Partial<KeySource> = {}): KeySource => ({
  dir: join(root, 'keys'),
  create: true,
  env: {},
  ...more,
});

const FILES = [
  'checkpoint-signing-key.pem',
  'key-encryption.key',
  'receipt-signing-key.pem',
  'token.key',
];

function refusalOf(load: () => unknown): { what: string; howToFix: string } {
  try {
    load();
  } catch (error) {
    if (isDomainError(error) && error.code === 'configuration_error') {
      return { what: error.details.what ?? '', howToFix: error.details.howToFix ?? '' };
    }
    throw error;
  }
  throw new Error('the keys were accepted');
}

describe('loadOrCreateKeys', () => {
  it('makes all keys for the owner alone and finds the same ones again', () => {
    const made = loadOrCreateKeys(source());
    expect(readdirSync(join(root, 'keys')).sort()).toEqual(FILES);
    expect(statSync(join(root, 'keys')).mode & 0o777).toBe(0o700);
    for (const file of FILES) expect(statSync(join(root, 'keys', file)).mode & 0o777).toBe(0o600);
    const found = loadOrCreateKeys(source({ create: false }));
    expect(found.publicKeys()).toEqual(made.publicKeys());
    expect(found.token).toEqual(made.token);
    expect(found.keyEncryption).toEqual(made.keyEncryption);
  });

  it('publishes the public halves and nothing private', () => {
    const keys = loadOrCreateKeys(source());
    const published = keys.publicKeys().keys;
    expect(published.map(({ purpose }) => purpose)).toEqual(['checkpoint', 'receipt']);
    expect(published.map(({ kid }) => kid)).toEqual([keys.checkpoint.keyId, keys.receipt.keyId]);
    for (const jwk of published) {
      expect(jwk).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' });
      expect(jwk.kid).toMatch(/^[0-9a-f]{8}$/);
      expect(Buffer.from(jwk.x, 'base64url')).toHaveLength(32);
      expect(jwk).not.toHaveProperty('d');
    }
  });

  it('publishes retired public keys beside the present ones, and refuses a damaged list', () => {
    const old = loadOrCreateKeys(source({ dir: join(root, 'old') })).publicKeys();
    loadOrCreateKeys(source());
    const path = join(root, 'keys', 'retired-public-keys.json');
    writeFileSync(path, JSON.stringify(old), { mode: 0o644 });
    expect(loadOrCreateKeys(source()).publicKeys().keys.slice(2)).toEqual(old.keys);
    for (const damaged of ['{', '{}', '{"keys":[{"kty":"OKP"}]}', 'null']) {
      writeFileSync(path, damaged);
      expect(refusalOf(() => loadOrCreateKeys(source())).what).toContain(path);
    }
  });

  it('gives processes that start at once the same keys', () => {
    const path = join(root, 'race.key');
    createPrivateFile(path, 'first');
    createPrivateFile(path, 'second');
    expect(readFileSync(path, 'utf8')).toBe('first');
    expect(readdirSync(root)).toEqual(['race.key']);
  });

  it.each(FILES)('refuses to start without %s when it may not create keys', (file) => {
    loadOrCreateKeys(source());
    rmSync(join(root, 'keys', file));
    const { what, howToFix } = refusalOf(() => loadOrCreateKeys(source({ create: false })));
    expect(what).toContain(join(root, 'keys', file));
    expect(howToFix).toMatch(/COUNTERSIGN_\w+_FILE/);
    expect(existsSync(join(root, 'keys', file))).toBe(false);
  });

  it.each(FILES)('refuses %s when others may read it', (file) => {
    loadOrCreateKeys(source());
    const path = join(root, 'keys', file);
    chmodSync(path, 0o640);
    const { what, howToFix } = refusalOf(() => loadOrCreateKeys(source()));
    expect(what).toContain(path);
    expect(howToFix).toContain(`chmod 600 ${path}`);
  });

  it.each([
    ['checkpoint-signing-key.pem', 'not a key'],
    ['receipt-signing-key.pem', rsaPem()],
    ['token.key', 'AAAA\n'],
    ['key-encryption.key', `${'A'.repeat(43)}\n`],
    ['token.key', ''],
  ])('refuses a malformed %s without showing its content', (file, content) => {
    loadOrCreateKeys(source());
    const path = join(root, 'keys', file);
    writeFileSync(path, content);
    const { what } = refusalOf(() => loadOrCreateKeys(source()));
    expect(what).toContain(`${path} is malformed`);
    if (content.length > 4) expect(what).not.toContain(content.trim());
  });

  it('refuses a folder that others may write to', () => {
    mkdirSync(join(root, 'keys'));
    chmodSync(join(root, 'keys'), 0o777);
    expect(refusalOf(() => loadOrCreateKeys(source())).howToFix).toContain('chmod 700');
  });

  it('refuses a folder that cannot be made', () => {
    writeFileSync(join(root, 'file'), '');
    const dir = join(root, 'file', 'keys');
    expect(refusalOf(() => loadOrCreateKeys(source({ dir }))).what).toContain(dir);
  });

  it.each([
    ['COUNTERSIGN_CHECKPOINT_KEY_FILE', 'checkpoint-signing-key.pem', 'checkpoint'],
    ['COUNTERSIGN_RECEIPT_KEY_FILE', 'receipt-signing-key.pem', 'receipt'],
    ['COUNTERSIGN_TOKEN_KEY_FILE', 'token.key', 'token'],
    ['COUNTERSIGN_KEY_ENCRYPTION_KEY_FILE', 'key-encryption.key', 'keyEncryption'],
  ] as const)('reads the key %s names instead of the folder', (variable, file, name) => {
    const mounted = loadOrCreateKeys(source({ dir: join(root, 'mounted') }));
    const path = join(root, 'mounted', file);
    chmodSync(path, 0o440);
    const env = { [variable]: path };
    const keys = loadOrCreateKeys(source({ env }));
    expect(keys[name].keyId).toBe(mounted[name].keyId);
    expect(existsSync(join(root, 'keys', file))).toBe(false);
    chmodSync(path, 0o444);
    expect(refusalOf(() => loadOrCreateKeys(source({ env }))).what).toContain(path);
    rmSync(path);
    const { what } = refusalOf(() => loadOrCreateKeys(source({ env })));
    expect(what).toContain(variable);
    expect(existsSync(path)).toBe(false);
  });

  it('treats an empty variable as unset', () => {
    expect(
      loadOrCreateKeys(source({ env: { COUNTERSIGN_TOKEN_KEY_FILE: '' } })).token.keyId,
    ).toMatch(/^[0-9a-f]{8}$/);
  });

  it('writes PEM that other tools read', () => {
    loadOrCreateKeys(source());
    const path = join(root, 'keys', 'receipt-signing-key.pem');
    expect(readFileSync(path, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    const shown = spawnSync('openssl', ['pkey', '-in', path, '-noout', '-text'], {
      encoding: 'utf8',
    });
    if (shown.error === undefined) expect(shown.stdout).toContain('ED25519');
  });
});

describe('loadOrCreateChannelKeys', () => {
  it('needs and makes the token and the key-encryption key only', () => {
    const keys = loadOrCreateChannelKeys(source());
    expect(readdirSync(join(root, 'keys')).sort()).toEqual(['key-encryption.key', 'token.key']);
    expect(loadOrCreateKeys(source()).token).toEqual(keys.token);
  });
});

function rsaPem(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
