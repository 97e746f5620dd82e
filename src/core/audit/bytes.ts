/** SHA-256 as the caller's platform provides it; the core holds no cryptography. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;
/** HMAC-SHA256 as the caller's platform provides it. */
export type HmacSha256 = (key: Uint8Array, bytes: Uint8Array) => Uint8Array;

export const HASH_BYTES = 32;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const utf8 = (text: string): Uint8Array => encoder.encode(text);
/** Malformed UTF-8 reads as U+FFFD; callers compare digests of the bytes, never of the text. */
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);

export function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

export function base64Of(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Undefined unless `text` is exactly what `base64Of` writes: padded, canonical, no white space. */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const binary = atob(text);
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return base64Of(bytes) === text ? bytes : undefined;
}

/** Not constant time: for public hashes only. */
export function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at += 1) if (left[at] !== right[at]) return false;
  return true;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
