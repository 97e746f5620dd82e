import { createHmac, hash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { type HmacSha256, type Sha256, utf8 } from '../core/audit/bytes';
import {
  type Checkpoint,
  CHECKPOINT_KEY_NAME,
  checkpointNote,
  checkpointText,
} from '../core/audit/checkpoint';
import { compactJws, receiptSigningInput } from '../core/audit/receipt-jws';
import type { VerifySignature } from '../core/audit/verify';
import type { ChannelKeys, KeySet, SecretKey } from './keys';
import {
  type ReleaseClaim,
  type ReleaseTokenCheck,
  checkReleaseToken,
  releaseToken,
} from './release-token';
import { type OpenedSeal, type SealedPayload, openPayload, sealPayload } from './sealed-payload';
import { createSignatureVerifier, signWith } from './signing';

const SALT_BYTES = 32;

export const sha256: Sha256 = (bytes) => hash('sha256', bytes, 'buffer');

export const hmacSha256: HmacSha256 = (key, bytes) =>
  createHmac('sha256', key).update(bytes).digest();

/** For secrets: the time taken says nothing of where two values differ. */
export const constantTimeEqual = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && timingSafeEqual(left, right);

/** Salted commitment to a payload: HMAC-SHA256(salt, canonical bytes), lower-case hex. */
const commit = (salt: Uint8Array, canonicalBytes: Uint8Array): string =>
  createHmac('sha256', salt).update(canonicalBytes).digest('hex');

/** A UUID of version 7: ordered by its millisecond, random within it. */
export function uuidv7(nowMs: number = Date.now()): string {
  const time = nowMs.toString(16).padStart(12, '0');
  // A version-4 UUID supplies the variant and the random bits behind the version digit.
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${randomUUID().slice(15)}`;
}

/** Everything a process without signing keys needs. */
export interface ChannelCrypto {
  readonly sha256: Sha256;
  readonly hmacSha256: HmacSha256;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly newSalt: () => Uint8Array;
  readonly constantTimeEqual: (left: Uint8Array, right: Uint8Array) => boolean;
  readonly commit: (salt: Uint8Array, canonicalBytes: Uint8Array) => string;
  readonly uuidv7: (nowMs?: number) => string;
  /** `aad` says where the payload belongs; it opens with the same `kind` and `aad` only. */
  readonly sealPayload: (kind: string, plaintext: Uint8Array, aad: string) => SealedPayload;
  readonly openPayload: (
    kind: string,
    sealed: { readonly wrappedKey: Uint8Array | null; readonly ciphertext: Uint8Array },
    aad: string,
  ) => OpenedSeal;
  readonly releaseToken: (claim: ReleaseClaim, expiresAtMs: number) => string;
  readonly checkReleaseToken: (
    token: string,
    claim: ReleaseClaim,
    nowMs: number,
  ) => ReleaseTokenCheck;
}

export interface Crypto extends ChannelCrypto {
  /** The signed note of a checkpoint. */
  readonly signCheckpoint: (checkpoint: Checkpoint) => string;
  readonly receiptKeyId: string;
  /** Compact JWS over the bytes of a receipt's body. */
  readonly signReceipt: (payload: Uint8Array) => string;
  readonly verifyCheckpointSignature: VerifySignature;
  readonly verifyReceiptSignature: VerifySignature;
}

/** All cryptography of a process that shows and takes in, but signs nothing. */
export function createChannelCrypto(keys: ChannelKeys): ChannelCrypto {
  const kek: SecretKey = keys.keyEncryption;
  return {
    sha256,
    hmacSha256,
    randomBytes: (count) => randomBytes(count),
    newSalt: () => randomBytes(SALT_BYTES),
    constantTimeEqual,
    commit,
    uuidv7,
    sealPayload: (kind, plaintext, aad) => sealPayload(kek, kind, plaintext, aad),
    openPayload: (kind, sealed, aad) => openPayload(kek, kind, sealed, aad),
    releaseToken: (claim, expiresAtMs) => releaseToken(keys.token, claim, expiresAtMs),
    checkReleaseToken: (token, claim, nowMs) => checkReleaseToken(keys.token, token, claim, nowMs),
  };
}

/** All cryptography of the api and the worker, over the keys of `loadOrCreateKeys`. */
export function createCrypto(keys: KeySet): Crypto {
  const { checkpoint, receipt } = keys;
  return {
    ...createChannelCrypto(keys),
    signCheckpoint: (tree) => {
      const text = checkpointText(tree);
      const signature = signWith(checkpoint, utf8(text));
      return checkpointNote(text, [
        { name: CHECKPOINT_KEY_NAME, keyId: checkpoint.keyId, signature },
      ]);
    },
    receiptKeyId: receipt.keyId,
    signReceipt: (payload) => {
      const input = receiptSigningInput(receipt.keyId, payload);
      return compactJws(input, signWith(receipt, utf8(input)));
    },
    verifyCheckpointSignature: createSignatureVerifier(keys.publicKeys(), 'checkpoint'),
    verifyReceiptSignature: createSignatureVerifier(keys.publicKeys(), 'receipt'),
  };
}
