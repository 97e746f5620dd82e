import {
  type JsonWebKey,
  type KeyObject,
  createHash,
  createPublicKey,
  sign,
  verify,
} from 'node:crypto';
import { CHECKPOINT_KEY_NAME } from '../core/audit/checkpoint';
import type { SignatureCheck, VerifySignature } from '../core/audit/verify';

/** What a signing key may sign; a signature of one purpose is never accepted for another. */
export type SigningPurpose = 'checkpoint' | 'receipt';

export interface SigningKey {
  readonly purpose: SigningPurpose;
  readonly keyId: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** One published public key (RFC 8037) with its purpose as a further member. */
export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly alg: 'EdDSA';
  readonly use: 'sig';
  /** The raw public key, base64url. */
  readonly x: string;
  readonly kid: string;
  readonly purpose: SigningPurpose;
}

export interface PublicJwks {
  readonly keys: readonly PublicJwk[];
}

/** Key names as they stand in signed notes. */
const KEY_NAMES: Readonly<Record<SigningPurpose, string>> = {
  checkpoint: CHECKPOINT_KEY_NAME,
  receipt: 'countersign-receipt',
};

const ED25519_NOTE_ALGORITHM = Uint8Array.of(0x01);

/**
 * First 8 hex digits of SHA-256(name ‖ newline ‖ 0x01 ‖ public key): the key hash of signed notes,
 * so that other note verifiers accept our checkpoints.
 */
export function signingKeyId(purpose: SigningPurpose, publicKey: KeyObject): string {
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const hash = createHash('sha256').update(`${KEY_NAMES[purpose]}\n`);
  return hash.update(ED25519_NOTE_ALGORITHM).update(raw).digest('hex').slice(0, 8);
}

export const publicJwkOf = ({ purpose, keyId, publicKey }: SigningKey): PublicJwk => ({
  kty: 'OKP',
  crv: 'Ed25519',
  alg: 'EdDSA',
  use: 'sig',
  x: publicKey.export({ format: 'jwk' }).x ?? '',
  kid: keyId,
  purpose,
});

/** Ed25519 signature, 64 bytes. */
export const signWith = (key: SigningKey, message: Uint8Array): Uint8Array =>
  sign(null, message, key.privateKey);

/**
 * A verifier over published keys, offline. Key ids are recomputed from the keys, so a set that
 * files a foreign key under our id is of no use.
 */
export function createSignatureVerifier(
  jwks: PublicJwks,
  purpose: SigningPurpose,
): VerifySignature {
  const keys = new Map<string, KeyObject>();
  for (const jwk of jwks.keys) {
    if (jwk.purpose !== purpose) continue;
    const publicKey = publicKeyOf(jwk);
    if (publicKey !== undefined) keys.set(signingKeyId(purpose, publicKey), publicKey);
  }
  return (keyId, message, signature): SignatureCheck => {
    const key = keys.get(keyId);
    if (key === undefined) return 'unknown_key';
    return verify(null, message, key, signature) ? 'ok' : 'bad';
  };
}

/** Undefined for a key that is not a readable Ed25519 public key. */
function publicKeyOf({ kty, crv, x }: PublicJwk): KeyObject | undefined {
  try {
    const jwk: JsonWebKey = { kty, crv, x };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}
