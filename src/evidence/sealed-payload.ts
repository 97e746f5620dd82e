import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { SecretKey } from './keys';

/**
 * A payload at rest. Destroying `wrappedKey` erases the payload for good; the commitment in the
 * chain stays.
 */
export interface SealedPayload {
  readonly wrappedKey: Uint8Array;
  readonly ciphertext: Uint8Array;
}

export type OpenedSeal =
  | { readonly ok: true; readonly plaintext: Uint8Array }
  | { readonly ok: false; readonly reason: 'erased' | 'unknown_key' | 'damaged' };

const CIPHER = 'aes-256-gcm';
const VERSION = 1;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_BYTES = 4;
const WRAP_SALT_BYTES = 16;

/**
 * Encrypts with AES-256-GCM under a random key of its own, wrapped by the key-encryption key.
 * `kind` and `aad` (where the payload belongs) are bound in: a payload moved elsewhere does not
 * open. Ciphertext = version 1 ‖ nonce ‖ data ‖ tag; wrapped key = version 1 ‖ key id ‖ salt ‖
 * nonce ‖ data ‖ tag.
 */
export function sealPayload(
  kek: SecretKey,
  kind: string,
  plaintext: Uint8Array,
  aad: string,
): SealedPayload {
  const bound = boundTo(kind, aad);
  const random = randomBytes(KEY_BYTES + WRAP_SALT_BYTES);
  const dataKey = random.subarray(0, KEY_BYTES);
  const salt = random.subarray(KEY_BYTES);
  const head = Buffer.concat([Uint8Array.of(VERSION), Buffer.from(kek.keyId, 'hex'), salt]);
  return {
    wrappedKey: Buffer.concat([head, encrypt(wrappingKey(kek, salt), dataKey, bound)]),
    ciphertext: Buffer.concat([Uint8Array.of(VERSION), encrypt(dataKey, plaintext, bound)]),
  };
}

/** Opens a sealed payload; a null `wrappedKey` is an erased one. Never throws on stored bytes. */
export function openPayload(
  kek: SecretKey,
  kind: string,
  sealed: { readonly wrappedKey: Uint8Array | null; readonly ciphertext: Uint8Array },
  aad: string,
): OpenedSeal {
  if (sealed.wrappedKey === null) return { ok: false, reason: 'erased' };
  const wrapped = Buffer.from(sealed.wrappedKey);
  const headBytes = 1 + KEY_ID_BYTES + WRAP_SALT_BYTES;
  if (wrapped.length < headBytes || wrapped[0] !== VERSION || sealed.ciphertext[0] !== VERSION) {
    return { ok: false, reason: 'damaged' };
  }
  if (wrapped.toString('hex', 1, 1 + KEY_ID_BYTES) !== kek.keyId) {
    return { ok: false, reason: 'unknown_key' };
  }
  const bound = boundTo(kind, aad);
  const salt = wrapped.subarray(1 + KEY_ID_BYTES, headBytes);
  const dataKey = decrypt(wrappingKey(kek, salt), wrapped.subarray(headBytes), bound);
  if (dataKey?.length !== KEY_BYTES) return { ok: false, reason: 'damaged' };
  const plaintext = decrypt(dataKey, sealed.ciphertext.subarray(1), bound);
  return plaintext === undefined ? { ok: false, reason: 'damaged' } : { ok: true, plaintext };
}

/** Prefixed with its length, so that no other pair of kind and aad gives the same bytes. */
const boundTo = (kind: string, aad: string): Buffer =>
  Buffer.from(`payload ${kind.length} ${kind} ${aad}`);

/** One wrapping key a payload: random nonces under a single key would run out of safe uses. */
const wrappingKey = (kek: SecretKey, salt: Uint8Array): Uint8Array =>
  createHmac('sha256', kek.secret).update('wrap payload key').update(salt).digest();

function encrypt(key: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(aad);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Buffer | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const data = sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES);
  try {
    return Buffer.concat([decipher.update(data), decipher.final()]);
  } catch {
    return undefined; // the tag does not match
  }
}
