import type { Json } from '../json';

const MAX_CHARACTERS = 80;
const PLAIN = /^[\x20-\x7e]{0,80}$/;
const ASCII = /^[\x20-\x7e]*$/;
/** Controls, line separators, and characters that hide or reorder text. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/u;
const SECRET_WORDS = new Set([
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'secret',
  'secrets',
  'token',
  'tokens',
  'key',
  'keys',
  'apikey',
  'authorization',
  'auth',
  'credential',
  'credentials',
  'cookie',
  'private',
  'pin',
  'cvv',
]);
export const REDACTED = '[redacted]';

/** Whether a field path or key names a secret by one of its words: `args.apiKey`, `db_password`, `Authorization`. */
export function namesSecret(path: string): boolean {
  const words = path.replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(/[^A-Za-z0-9]+/);
  return words.some((word) => SECRET_WORDS.has(word.toLowerCase()));
}

/** A value as bounded, well-formed text; members whose key names a secret are left out. */
export function displayValue(value: Json | undefined): string {
  if (value === undefined) return 'missing';
  return displayText(typeof value === 'string' ? value : displayJson(value, 3));
}

/** At most 80 characters; whatever could forge a line, a card or a direction of reading is replaced. */
export function displayText(text: string): string {
  if (PLAIN.test(text)) return text;
  // Twice as many code units hold the characters that are shown.
  const start = text.slice(0, 2 * MAX_CHARACTERS);
  if (ASCII.test(start)) return `${start.slice(0, MAX_CHARACTERS - 1)}…`;
  const characters = [...start];
  const isCut = characters.length > MAX_CHARACTERS || text.length > start.length;
  const kept = isCut ? characters.slice(0, MAX_CHARACTERS - 1) : characters;
  const shown = kept.map((character) => (UNSAFE.test(character) ? '\uFFFD' : character)).join('');
  return isCut ? `${shown}…` : shown;
}

function displayJson(value: Json, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, MAX_CHARACTERS));
  if (typeof value !== 'object' || value === null) return String(value);
  if (depth === 0) return '…';
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).slice(0, 10);
    return `[${items.map((item) => displayJson(item, depth - 1)).join(', ')}]`;
  }
  const parts: string[] = [];
  for (const [key, member] of Object.entries(value).slice(0, 10)) {
    const shown = namesSecret(key) ? REDACTED : displayJson(member, depth - 1);
    parts.push(`${key.slice(0, MAX_CHARACTERS)}: ${shown}`);
  }
  return `{${parts.join(', ')}}`;
}
