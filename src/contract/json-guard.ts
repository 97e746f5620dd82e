import { DomainError } from '../core/errors';
import type { Json } from '../core/json';

export interface JsonLimits {
  /** UTF-8 bytes of the whole text. */
  readonly maxBytes: number;
  /** Objects and arrays inside each other; a bare value has depth 0. */
  readonly maxDepth: number;
  /** Keys of all objects together. */
  readonly maxKeys: number;
}

export const JSON_LIMITS: JsonLimits = { maxBytes: 262_144, maxDepth: 32, maxKeys: 1_000 };

type Frame =
  | { readonly kind: 'object'; readonly keys: Set<string>; key: string }
  | { readonly kind: 'array'; index: number };

type Expectation = 'value' | 'value_or_end' | 'key' | 'key_or_end' | 'comma_or_end' | 'end';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERAL = /true|false|null/y;
const LONE_SURROGATE = /\p{Surrogate}/u;
const POLLUTING_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const CLOSES = { object: '}', array: ']' } as const;
const SHOWN_KEY_LENGTH = 60;
/** What a double holds at most; the shortest text of every double has no more. */
const MAX_SIGNIFICANT_DIGITS = 17;

/**
 * Parses JSON text from outside. Everything a later step would change silently is refused here, on the
 * text itself and without recursion: a value that is rounded or replaced after an approval was given on
 * what was shown would approve something else.
 *
 * @throws DomainError `payload_too_large` over the byte limit, `validation_failed` with line and column
 * (both from 1) for everything else.
 */
export function parseGuardedJson(text: string, limits: JsonLimits = JSON_LIMITS): Json {
  assertSize(text, limits.maxBytes);
  new JsonScanner(text, limits).scan();
  return JSON.parse(text) as Json;
}

/** @throws DomainError `payload_too_large` when the text is longer than `maxBytes` in UTF-8. */
function assertSize(text: string, maxBytes: number): void {
  if (utf8Length(text, maxBytes) > maxBytes) {
    throw new DomainError('payload_too_large', {
      what: `The body is larger than ${String(maxBytes)} bytes.`,
    });
  }
}

/** Bytes of the text in UTF-8; stops counting once over `enough`. */
function utf8Length(text: string, enough: number): number {
  if (text.length > enough) return text.length;
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** Checks the grammar of RFC 8259 and the guards of this product in one pass. */
class JsonScanner {
  private at = 0;
  private keyCount = 0;
  private readonly stack: Frame[] = [];

  constructor(
    private readonly text: string,
    private readonly limits: JsonLimits,
  ) {}

  scan(): void {
    const lone = LONE_SURROGATE.exec(this.text);
    if (lone !== null) this.refuseSurrogate(lone.index);
    let expected: Expectation = 'value';
    for (;;) {
      this.skipWhitespace();
      if (expected === 'end') {
        if (this.at < this.text.length) this.malformed('the end of the text');
        return;
      }
      expected = this.next(expected);
    }
  }

  private next(expected: Exclude<Expectation, 'end'>): Expectation {
    const frame = this.stack.at(-1);
    const character = this.text[this.at];
    const closing = frame === undefined ? undefined : CLOSES[frame.kind];
    switch (expected) {
      case 'value':
        return this.value(character);
      case 'value_or_end':
        return character === closing ? this.close() : this.value(character);
      case 'key':
        return this.key();
      case 'key_or_end':
        return character === closing ? this.close() : this.key();
      case 'comma_or_end': {
        if (frame === undefined) return 'end';
        if (character === closing) return this.close();
        if (character !== ',') this.malformed(`"," or "${CLOSES[frame.kind]}"`);
        this.at += 1;
        if (frame.kind === 'object') return 'key';
        frame.index += 1;
        return 'value';
      }
    }
  }

  private value(character: string | undefined): Expectation {
    if (character === '{') {
      this.open({ kind: 'object', keys: new Set(), key: '' });
      return 'key_or_end';
    }
    if (character === '[') {
      this.open({ kind: 'array', index: 0 });
      return 'value_or_end';
    }
    if (character === '"') this.string();
    else if (!this.literal() && !this.number()) this.malformed('a value');
    return 'comma_or_end';
  }

  private open(frame: Frame): void {
    if (this.stack.length >= this.limits.maxDepth) {
      this.refuse(
        this.at,
        `nested deeper than ${String(this.limits.maxDepth)} levels`,
        'Flatten the structure.',
      );
    }
    this.stack.push(frame);
    this.at += 1;
  }

  private close(): Expectation {
    this.stack.pop();
    this.at += 1;
    return 'comma_or_end';
  }

  private key(): Expectation {
    const start = this.at;
    if (this.text[start] !== '"') this.malformed('a key in double quotes');
    const key = this.string();
    const frame = this.stack.at(-1);
    if (frame?.kind === 'object') {
      if (frame.keys.has(key)) {
        this.refuse(
          start,
          `the key ${shown(key)} stands twice in one object`,
          'Send each key once.',
        );
      }
      frame.keys.add(key);
      frame.key = key;
    }
    if (POLLUTING_KEYS.has(key)) {
      this.refuse(start, `the key ${shown(key)} is reserved`, 'Use another key.');
    }
    this.keyCount += 1;
    if (this.keyCount > this.limits.maxKeys) {
      this.refuse(
        start,
        `more than ${String(this.limits.maxKeys)} keys`,
        'Send fewer keys; pass a reference to large content.',
      );
    }
    this.skipWhitespace();
    if (this.text[this.at] !== ':') this.malformed('":" after the key');
    this.at += 1;
    return 'value';
  }

  /** Reads the string at the position and returns its decoded content. */
  private string(): string {
    const start = this.at;
    let escaped = false;
    let at = start + 1;
    for (; this.text[at] !== '"'; at += 1) {
      const code = this.text.charCodeAt(at);
      // NaN, past the end, is not below 0x20 either.
      if (at >= this.text.length) this.malformed('a closing quote', start);
      if (code < 0x20) this.malformed('control characters in a string as escapes', at);
      if (code === 0x5c) {
        escaped = true;
        at += this.escapeLength(at) - 1;
      }
    }
    this.at = at + 1;
    if (!escaped) return this.text.slice(start + 1, at);
    const decoded = JSON.parse(this.text.slice(start, this.at)) as string;
    if (decoded.includes('\u0000')) {
      this.refuse(start, 'text with the character U+0000', 'Remove the NUL character.');
    }
    if (LONE_SURROGATE.test(decoded)) this.refuseSurrogate(start);
    return decoded;
  }

  private escapeLength(at: number): number {
    const kind = this.text[at + 1] ?? '';
    if (kind !== '' && '"\\/bfnrt'.includes(kind)) return 2;
    if (kind === 'u' && /^[0-9a-fA-F]{4}$/.test(this.text.slice(at + 2, at + 6))) return 6;
    return this.malformed('a valid escape after the backslash', at);
  }

  private literal(): boolean {
    LITERAL.lastIndex = this.at;
    const found = LITERAL.exec(this.text);
    if (found === null) return false;
    this.at = LITERAL.lastIndex;
    return true;
  }

  private number(): boolean {
    NUMBER.lastIndex = this.at;
    const token = NUMBER.exec(this.text)?.[0];
    if (token === undefined) return false;
    const value = Number(token);
    const asText = 'Send the number as text, in quotes.';
    if (!Number.isFinite(value)) this.refuse(this.at, 'a number too large to be held', asText);
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      this.refuse(this.at, 'a number beyond 9007199254740991, which would be rounded', asText);
    }
    if (value === 0 && /[1-9]/.test(token.split(/[eE]/)[0] ?? '')) {
      this.refuse(this.at, 'a number so small that it would become 0', asText);
    }
    if (significantDigits(token) > MAX_SIGNIFICANT_DIGITS) {
      const most = `more than ${String(MAX_SIGNIFICANT_DIGITS)} significant digits`;
      this.refuse(this.at, `a number of ${most}, which would be rounded`, asText);
    }
    this.at = NUMBER.lastIndex;
    return true;
  }

  private skipWhitespace(): void {
    for (; this.at < this.text.length; this.at += 1) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }

  private refuseSurrogate(offset: number): never {
    return this.refuse(
      offset,
      'text with half of a surrogate pair, which is no character',
      'Send well-formed Unicode.',
    );
  }

  private malformed(expected: string, offset = this.at): never {
    const found = offset >= this.text.length ? ', but the text ends' : '';
    return this.refuse(
      offset,
      `not valid JSON: expected ${expected}${found}`,
      'Send valid JSON; build it with a JSON library rather than by hand.',
    );
  }

  private refuse(offset: number, message: string, howToFix: string): never {
    const before = this.text.slice(0, offset);
    const line = before.split('\n').length;
    const column = offset - before.lastIndexOf('\n');
    throw new DomainError('validation_failed', {
      what: `Line ${String(line)}, column ${String(column)} of the body: ${message}.`,
      howToFix,
      problems: [{ path: this.path(), message, line, column }],
    });
  }

  private path(): string {
    return this.stack
      .map((frame) =>
        frame.kind === 'array' ? String(frame.index) : frame.key.slice(0, SHOWN_KEY_LENGTH),
      )
      .filter((part) => part !== '')
      .join('.');
  }
}

/** Digits of a number's text that bear on its value: without leading and trailing zeros. */
function significantDigits(token: string): number {
  const digits = (token.split(/[eE]/)[0] ?? '').replace(/[-.]/g, '');
  let start = 0;
  let end = digits.length;
  while (start < end && digits[start] === '0') start += 1;
  while (end > start && digits[end - 1] === '0') end -= 1;
  return end - start;
}

const shown = (key: string): string =>
  JSON.stringify(key.length > SHOWN_KEY_LENGTH ? `${key.slice(0, SHOWN_KEY_LENGTH)}…` : key);
