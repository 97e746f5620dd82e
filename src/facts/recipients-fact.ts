import { domainToASCII } from 'node:url';
import type { Json, JsonObject } from '../core/json';
import type { FactValue } from '../core/policy/model';
import type { FactParser } from './parser-thread';

const RECIPIENT_ARGUMENT = /^(to|cc|bcc|recipients?)$/i;
/** An address without comments, quotes or display name, which needs no parser. */
const PLAIN_ADDRESS =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+$/;
const ADDRESS_LIKE = /[^\s<>(),;:"@[\]]+@[^\s<>(),;:"@[\]]+/g;
const MAX_TEXT_CHARACTERS = 20_000;
const MAX_TOTAL_CHARACTERS = 500_000;

interface Address {
  readonly local: string;
  readonly domain: string;
}

/**
 * The distinct addresses of `to`, `cc`, `bcc` and `recipients`. Every text there must be an address list; an address that
 * hides in a display name or a comment counts too, as mail software differs in what it makes of it.
 */
export async function gatherRecipients(
  args: JsonObject,
  parser: FactParser,
  deadlineMs: number,
): Promise<FactValue> {
  const texts = recipientTexts(args);
  if (texts === undefined) return { error: 'no readable recipients among the arguments' };
  if (texts.reduce((sum, text) => sum + text.length, 0) > MAX_TOTAL_CHARACTERS) {
    return { error: 'the recipients are too long' };
  }
  const addresses = new Set<string>();
  const domains = new Set<string>();
  for (const text of texts) {
    const found = await addressesOf(text, parser, deadlineMs);
    if (found === undefined) return { error: 'a recipient is no address' };
    for (const { local, domain } of found) {
      const ascii = asciiDomain(domain);
      if (ascii === undefined) return { error: 'a recipient has no valid domain' };
      addresses.add(`${local}@${ascii}`);
      domains.add(ascii);
    }
  }
  return { value: { count: addresses.size, domains: [...domains].sort() } };
}

/** `undefined` when there is no such argument, or one that holds something else than texts. */
function recipientTexts(args: JsonObject): readonly string[] | undefined {
  const named = Object.entries(args).filter(
    ([key, value]) => RECIPIENT_ARGUMENT.test(key) && value !== null,
  );
  if (named.length === 0) return undefined;
  const texts: string[] = [];
  const isReadable = named.every(([, value]) => collect(value, texts, 0));
  return isReadable ? texts : undefined;
}

function collect(value: Json, texts: string[], depth: number): boolean {
  if (depth > 4) return false;
  if (typeof value === 'string') return texts.push(value) > 0;
  if (Array.isArray(value)) {
    return (value as readonly Json[]).every((item) => collect(item, texts, depth + 1));
  }
  if (typeof value !== 'object' || value === null) return false;
  // An object such as { name, email }: a name is not an address, but every text with an @ must be one.
  const members = Object.values(value as JsonObject);
  const withAt = members.filter(
    (member) => typeof member === 'object' || String(member).includes('@'),
  );
  return withAt.length > 0 && withAt.every((member) => collect(member, texts, depth + 1));
}

async function addressesOf(
  text: string,
  parser: FactParser,
  deadlineMs: number,
): Promise<readonly Address[] | undefined> {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.every((part) => PLAIN_ADDRESS.test(part))) return parts.map(splitAddress);
  if (text.length > MAX_TEXT_CHARACTERS) return undefined;
  const answer = await parser.parse({ kind: 'addresses', text }, deadlineMs - performance.now());
  if (!answer.ok) return undefined;
  const parsed = answer.value as readonly Address[];
  const alike = text.match(ADDRESS_LIKE) ?? [];
  // Every @ must belong to an address that was seen.
  if (text.split('@').length - 1 > Math.max(alike.length, parsed.length)) return undefined;
  return [...parsed, ...alike.map(splitAddress)];
}

function splitAddress(address: string): Address {
  const at = address.lastIndexOf('@');
  return { local: address.slice(0, at), domain: address.slice(at + 1) };
}

/** Lower case, internationalised names in their ASCII form, so that one domain has one spelling. */
function asciiDomain(domain: string): string | undefined {
  if (/^\[[0-9A-Za-z.:]+\]$/.test(domain)) return domain.toLowerCase();
  const ascii = domainToASCII(domain.replace(/\.$/, ''));
  return ascii === '' || !/^[a-z0-9.-]+$/.test(ascii) ? undefined : ascii;
}
