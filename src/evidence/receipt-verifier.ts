import type { ReceiptVerifier } from '../core/audit/verify-receipt';
import { hmacSha256, sha256 } from './crypto';
import { isPublicJwk } from './keys';
import { type PublicJwks, createSignatureVerifier } from './signing';

/**
 * A verifier of receipts by the text of a published key set (JWKS), offline. Keys it does not know how to
 * use are passed over. Undefined when none is left, which a set of somebody else's keys is too.
 */
export function createReceiptVerifier(keysText: string): ReceiptVerifier | undefined {
  const jwks = parsePublishedKeys(keysText);
  if (jwks === undefined || jwks.keys.length === 0) return undefined;
  return {
    sha256,
    hmacSha256,
    verifyReceiptSignature: createSignatureVerifier(jwks, 'receipt'),
    verifyCheckpointSignature: createSignatureVerifier(jwks, 'checkpoint'),
  };
}

function parsePublishedKeys(text: string): PublicJwks | undefined {
  try {
    const value = JSON.parse(text) as { readonly keys?: unknown } | null;
    return Array.isArray(value?.keys) ? { keys: value.keys.filter(isPublicJwk) } : undefined;
  } catch {
    return undefined;
  }
}
