/**
 * Last line of defence: credentials must not reach the chain even when a caller forgets to classify
 * a field. Keys are judged by their ending, values by the fixed shapes of well-known credentials.
 */
export const REDACTED = '[redacted]';

const SECRET_KEY_ENDINGS = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'token',
  'apikey',
  'accesskey',
  'privatekey',
  'signingkey',
  'authorization',
  'cookie',
  'credential',
  'credentials',
  'cvv',
  'cvc',
  'ssn',
  'salt',
] as const;

const SECRET_SHAPES: readonly RegExp[] = [
  /\b(?:bearer|basic)\s+[\w.~+/=-]{8,}/giu,
  /\bcs_[A-Za-z0-9_-]{16,}/gu,
  /\bxox[abeprs]-[A-Za-z0-9-]{8,}/gu,
  /\bxapp-[A-Za-z0-9-]{8,}/gu,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/gu,
  /\bgh[opsu]_[A-Za-z0-9]{20,}/gu,
  /\bsk-[A-Za-z0-9_-]{16,}/gu,
  /\beyJ[\w-]{8,512}\.[\w-]{8,4096}\.[\w-]*/gu,
  /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,32}PRIVATE KEY-----)?/gu,
];

/**
 * Whether a member of this name must never be stored in the clear: `api_key`, `X-Auth-Token`,
 * `userPassword`.
 */
export function isSecretKey(key: string): boolean {
  const name = key.toLowerCase().replace(/[^a-z0-9]/g, '');
  return SECRET_KEY_ENDINGS.some((ending) => name.endsWith(ending));
}

/** The text with everything of a known credential's shape replaced. */
export function redactText(text: string): string {
  let clean = text;
  for (const shape of SECRET_SHAPES) clean = clean.replace(shape, REDACTED);
  return clean;
}
