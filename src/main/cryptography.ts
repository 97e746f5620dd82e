import { createHmac } from 'node:crypto';

import type { Cryptography } from '../app/ports';
import {
  constantTimeEqual,
  createChannelCrypto,
  createCrypto,
  type ChannelCrypto,
} from '../evidence/crypto';
import type { ChannelKeys, KeySet } from '../evidence/keys';

type Unsigned = Omit<
  Cryptography,
  'signCheckpoint' | 'receiptKeyId' | 'signReceipt' | 'verifyCheckpointSignature'
>;

function unsigned(crypto: ChannelCrypto, keys: ChannelKeys): Unsigned {
  return {
    sha256: crypto.sha256,
    hmacSha256: crypto.hmacSha256,
    randomBytes: crypto.randomBytes,
    newSalt: crypto.newSalt,
    uuidv7: () => crypto.uuidv7(),
    commit: crypto.commit,
    sealPayload: crypto.sealPayload,
    openPayload: crypto.openPayload,
    releaseToken: crypto.releaseToken,
    macOf: (text) =>
      createHmac('sha256', keys.token.secret)
        .update(`workflow credential\0${text}`)
        .digest('base64url'),
    equal: (a, b) => constantTimeEqual(Buffer.from(a), Buffer.from(b)),
  };
}

/** The app layer's port over the evidence adapter. */
export function createCryptography(keys: KeySet): Cryptography {
  const crypto = createCrypto(keys);
  return {
    ...unsigned(crypto, keys),
    signCheckpoint: crypto.signCheckpoint,
    receiptKeyId: crypto.receiptKeyId,
    signReceipt: crypto.signReceipt,
    verifyCheckpointSignature: crypto.verifyCheckpointSignature,
  };
}

/** The same port in a process that holds no signing keys: it signs and vouches for nothing. */
export function createChannelCryptography(keys: ChannelKeys): Cryptography {
  const refuse = (): never => {
    throw new Error('a channels process holds no signing keys');
  };
  return {
    ...unsigned(createChannelCrypto(keys), keys),
    signCheckpoint: refuse,
    receiptKeyId: 'none',
    signReceipt: refuse,
    verifyCheckpointSignature: () => 'unknown_key',
  };
}
