import { base64Of, bytesEqual, bytesOfBase64, textOf, utf8 } from './bytes';

/**
 * The compact JWS (RFC 7515) of a receipt. One key id has one header, compared byte for byte: there is
 * no algorithm to choose, no `crit`, no embedded key, so nothing a sender writes there is believed.
 */
const RECEIPT_JWS_TYPE = 'countersign-receipt+jws';

const SIGNATURE_BYTES = 64;
const JWS_LENGTH_MAX = 1_048_576;
const KEY_ID = /^[0-9a-f]{8}$/;

export const base64UrlOf = (bytes: Uint8Array): string =>
  base64Of(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

/** Undefined unless `text` is exactly what `base64UrlOf` writes. */
export function bytesOfBase64Url(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const padded = text.replaceAll('-', '+').replaceAll('_', '/');
  return bytesOfBase64(padded + '='.repeat((4 - (padded.length % 4)) % 4));
}

/** The signing input of a receipt: header and payload, base64url, joined by a dot. */
export const receiptSigningInput = (keyId: string, payload: Uint8Array): string =>
  `${base64UrlOf(headerBytes(keyId))}.${base64UrlOf(payload)}`;

export const compactJws = (signingInput: string, signature: Uint8Array): string =>
  `${signingInput}.${base64UrlOf(signature)}`;

/** The members in the order RFC 8785 gives them. */
const headerBytes = (keyId: string): Uint8Array =>
  utf8(`{"alg":"EdDSA","kid":"${keyId}","typ":"${RECEIPT_JWS_TYPE}"}`);

export type ParsedReceiptJws =
  | {
      readonly ok: true;
      readonly keyId: string;
      readonly payload: Uint8Array;
      readonly signingInput: Uint8Array;
      readonly signature: Uint8Array;
    }
  | { readonly ok: false; readonly reason: string };

/** Takes a JWS apart; the signature is not judged here. Never throws. */
export function parseReceiptJws(jws: string): ParsedReceiptJws {
  if (jws.length > JWS_LENGTH_MAX) return refused('it is too long');
  const parts = jws.split('.');
  if (parts.length !== 3) return refused('it does not have three parts');
  const [header, payload, signature] = parts.map(bytesOfBase64Url);
  if (header === undefined || payload === undefined || signature === undefined) {
    return refused('a part is not base64url');
  }
  const keyId = keyIdOf(header);
  if (keyId === undefined || !bytesEqual(header, headerBytes(keyId))) {
    return refused(
      `its header is not the one of a receipt: alg EdDSA, an 8-digit kid, typ ${RECEIPT_JWS_TYPE}, nothing else`,
    );
  }
  if (signature.length !== SIGNATURE_BYTES) return refused('the signature has not 64 bytes');
  const signingInput = utf8(`${parts[0] ?? ''}.${parts[1] ?? ''}`);
  return { ok: true, keyId, payload, signingInput, signature };
}

const refused = (reason: string): ParsedReceiptJws => ({ ok: false, reason });

function keyIdOf(header: Uint8Array): string | undefined {
  const keyId = /"kid":"([^"]*)"/.exec(textOf(header))?.[1];
  return keyId !== undefined && KEY_ID.test(keyId) ? keyId : undefined;
}
