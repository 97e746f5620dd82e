import {
  type KeyObject,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import { join } from 'node:path';
import { createPrivateFile, ensurePrivateDir, fileRefused, readPrivateFile } from './key-files';
import {
  type PublicJwk,
  type PublicJwks,
  type SigningKey,
  type SigningPurpose,
  publicJwkOf,
  signingKeyId,
} from './signing';

export interface SecretKey {
  readonly keyId: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** What a process needs that sends cards but signs nothing. */
export interface ChannelKeys {
  readonly token: SecretKey;
  readonly keyEncryption: SecretKey;
}

export interface KeySet extends ChannelKeys {
  readonly checkpoint: SigningKey;
  readonly receipt: SigningKey;
  /** For /.well-known/countersign-keys.json: today's public keys, then the retired ones. */
  readonly publicKeys: () => PublicJwks;
}

export interface KeySource {
  readonly dir: string;
  /** Whether to make keys that are missing: only where one process owns the folder's life. */
  readonly create: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface KeyFile {
  readonly title: string;
  readonly file: string;
  readonly variable: string;
  readonly make: () => string;
}

const SECRET_BYTES = 32;
/** Secrets mounted by an orchestrator are often readable by the group of the service. */
const MOUNTED_FORBIDDEN_MODE = 0o037;
const RETIRED_FILE = 'retired-public-keys.json';

const makeSigningKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const makeSecret = (): string => `${randomBytes(SECRET_BYTES).toString('base64')}\n`;

const KEY_FILES = {
  checkpoint: {
    title: 'checkpoint signing key',
    file: 'checkpoint-signing-key.pem',
    variable: 'COUNTERSIGN_CHECKPOINT_KEY_FILE',
    make: makeSigningKey,
  },
  receipt: {
    title: 'receipt signing key',
    file: 'receipt-signing-key.pem',
    variable: 'COUNTERSIGN_RECEIPT_KEY_FILE',
    make: makeSigningKey,
  },
  token: {
    title: 'token key',
    file: 'token.key',
    variable: 'COUNTERSIGN_TOKEN_KEY_FILE',
    make: makeSecret,
  },
  keyEncryption: {
    title: 'key-encryption key',
    file: 'key-encryption.key',
    variable: 'COUNTERSIGN_KEY_ENCRYPTION_KEY_FILE',
    make: makeSecret,
  },
} as const satisfies Readonly<Record<string, KeyFile>>;

/**
 * All keys of a process, from the folder or from the files its variables name. With `create`,
 * missing ones are made; two processes that start at once end with the same. Throws
 * `configuration_error` naming file and remedy when a key is missing, malformed or open to others.
 */
export function loadOrCreateKeys(source: KeySource): KeySet {
  const checkpoint = signingKey(source, 'checkpoint');
  const receipt = signingKey(source, 'receipt');
  const retired = retiredKeys(source.dir);
  const published = { keys: [publicJwkOf(checkpoint), publicJwkOf(receipt), ...retired] };
  return { ...loadOrCreateChannelKeys(source), checkpoint, receipt, publicKeys: () => published };
}

/** The two keys a process without signing keys needs; fails like `loadOrCreateKeys`. */
export const loadOrCreateChannelKeys = (source: KeySource): ChannelKeys => ({
  token: secretKey(source, 'token'),
  keyEncryption: secretKey(source, 'keyEncryption'),
});

function signingKey(source: KeySource, purpose: SigningPurpose): SigningKey {
  const { path, content } = readKeyFile(source, KEY_FILES[purpose]);
  const privateKey = parsePrivateKey(content);
  if (privateKey?.asymmetricKeyType !== 'ed25519') {
    throw malformed(KEY_FILES[purpose], path, 'an Ed25519 private key in PKCS #8 PEM');
  }
  const publicKey = createPublicKey(privateKey);
  return { purpose, keyId: signingKeyId(purpose, publicKey), privateKey, publicKey };
}

function secretKey(source: KeySource, name: 'token' | 'keyEncryption'): SecretKey {
  const { path, content } = readKeyFile(source, KEY_FILES[name]);
  const encoded = content.trim();
  const secret = Buffer.from(encoded, 'base64');
  if (secret.length !== SECRET_BYTES || secret.toString('base64') !== encoded) {
    throw malformed(KEY_FILES[name], path, `${SECRET_BYTES} bytes in base64`);
  }
  const hash = createHash('sha256').update(`countersign ${name} key id\n`).update(secret);
  return { keyId: hash.digest('hex').slice(0, 8), secret };
}

function readKeyFile(source: KeySource, key: KeyFile): { path: string; content: string } {
  const named = source.env[key.variable];
  if (named) {
    const read = readPrivateFile(named, MOUNTED_FORBIDDEN_MODE);
    if ('content' in read) return { path: named, content: read.content };
    throw fileRefused(
      `The ${key.title} is missing: ${named}, named by ${key.variable}, does not exist.`,
      `Put the key there, or unset ${key.variable} to use the keys folder.`,
    );
  }
  const path = join(source.dir, key.file);
  if (source.create) {
    ensurePrivateDir(source.dir);
    if ('missing' in readPrivateFile(path)) createPrivateFile(path, key.make());
  }
  const read = readPrivateFile(path);
  if ('content' in read) return { path, content: read.content };
  throw fileRefused(
    `The ${key.title} is missing: ${path} does not exist.`,
    `Copy it from the process that made it, name it by ${key.variable}, ` +
      'or set COUNTERSIGN_KEYS_DIR to the shared folder.',
  );
}

const malformed = (key: KeyFile, path: string, expected: string) =>
  fileRefused(
    `The ${key.title} in ${path} is malformed: expected ${expected}.`,
    'Restore the file from a backup. With a new key, what the old one signed or sealed no longer opens.',
  );

function parsePrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, format: 'pem' });
  } catch {
    return undefined;
  }
}

/** Public keys of earlier rotations: what they signed stays verifiable. */
function retiredKeys(dir: string): readonly PublicJwk[] {
  const path = join(dir, RETIRED_FILE);
  const read = readPrivateFile(path, 0o022);
  if ('missing' in read) return [];
  const keys = parseJwks(read.content);
  if (keys === undefined) {
    throw fileRefused(
      `${path} is malformed: expected {"keys":[…]} of Ed25519 public keys.`,
      'Restore the file from a backup, or remove it if no key was ever rotated.',
    );
  }
  return keys;
}

function parseJwks(text: string): readonly PublicJwk[] | undefined {
  try {
    const { keys } = JSON.parse(text) as { readonly keys?: unknown };
    return Array.isArray(keys) && keys.every(isPublicJwk) ? keys : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it is a public key for one of our purposes; never one that holds a private part. */
export const isPublicJwk = (value: unknown): value is PublicJwk => {
  if (typeof value !== 'object' || value === null || 'd' in value) return false;
  const { kty, crv, x, kid, purpose } = value as Partial<Record<keyof PublicJwk, unknown>>;
  const isText = typeof x === 'string' && typeof kid === 'string';
  return isText && kty === 'OKP' && crv === 'Ed25519' && isPurpose(purpose);
};

const isPurpose = (value: unknown): value is SigningPurpose =>
  value === 'checkpoint' || value === 'receipt';
