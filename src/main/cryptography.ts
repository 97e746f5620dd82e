import { createHmac } from 'node:crypto';

import type { Cryptography } from '../app/ports';
import { constantTimeEqual, createCrypto } from '../evidence/crypto';
import type { KeySet } from '../evidence/keys';

/** The app layer's port over the evidence adapter. */
export function createCryptography(keys: KeySet): Cryptography {
  const crypto = createCrypto(keys);
  return {
    sha256: crypto.sha256,
    hmacSha256: crypto.hmacSha256,
    randomBytes: crypto.randomBytes,
    newSalt: crypto.newSalt,
    uuidv7: () => crypto.uuidv7(),
    commit: crypto.commit,
    sealPayload: crypto.sealPayload,
    openPayload: crypto.openPayload,
    signCheckpoint: crypto.signCheckpoint,
    receiptKeyId: crypto.receiptKeyId,
    signReceipt: crypto.signReceipt,
    verifyCheckpointSignature: crypto.verifyCheckpointSignature,
    releaseToken: crypto.releaseToken,
    macOf: (text) =>
      createHmac('sha256', keys.token.secret)
        .update(`workflow credential\0${text}`)
        .digest('base64url'),
    equal: (a, b) => constantTimeEqual(Buffer.from(a), Buffer.from(b)),
  };
}
