import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AttemptId, ExecutionId } from '../core/ids';
import type { SecretKey } from './keys';

/**
 * What a release token vouches for: this attempt may run these arguments of this execution until
 * then.
 */
export interface ReleaseClaim {
  readonly execution: ExecutionId;
  readonly attempt: AttemptId;
  readonly digest: string;
}

export type ReleaseTokenCheck = 'valid' | 'expired' | 'invalid' | 'unknown_key';

const PREFIX = 'crt1';
const TOKEN = /^crt1\.([0-9a-f]{8})\.(\d{1,16})\.([A-Za-z0-9_-]{43})$/;

/** `crt1.<key id>.<expiry in ms>.<MAC, base64url>`. */
export function releaseToken(key: SecretKey, claim: ReleaseClaim, expiresAtMs: number): string {
  const mac = macOf(key, claim, expiresAtMs).toString('base64url');
  return `${PREFIX}.${key.keyId}.${expiresAtMs}.${mac}`;
}

/** Judges a token against what the caller is about to run. Compares in constant time. */
export function checkReleaseToken(
  key: SecretKey,
  token: string,
  claim: ReleaseClaim,
  nowMs: number,
): ReleaseTokenCheck {
  const [, keyId, expiry, mac] = TOKEN.exec(token) ?? [];
  if (keyId === undefined || mac === undefined) return 'invalid';
  if (keyId !== key.keyId) return 'unknown_key';
  const expiresAtMs = Number(expiry);
  // Compared as text: base64url has several spellings of the same bytes, and a token has only one.
  const expected = Buffer.from(macOf(key, claim, expiresAtMs).toString('base64url'));
  if (!timingSafeEqual(expected, Buffer.from(mac))) return 'invalid';
  return nowMs < expiresAtMs ? 'valid' : 'expired';
}

function macOf(key: SecretKey, claim: ReleaseClaim, expiresAtMs: number): Buffer {
  const fields = [PREFIX, claim.execution, claim.attempt, claim.digest, expiresAtMs];
  return createHmac('sha256', key.secret).update(JSON.stringify(fields)).digest();
}
