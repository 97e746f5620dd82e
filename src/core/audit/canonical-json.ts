import type { Json } from '../json';

/** Deeper values are refused, so that no input can exhaust the stack. */
export const CANONICAL_DEPTH_MAX = 256;

const ANY_SURROGATE = /[\uD800-\uDFFF]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The one text of a JSON value after RFC 8785: members sorted by UTF-16 code units, no white space,
 * numbers and strings as ECMAScript writes them. Throws TypeError for what JSON cannot hold exactly
 * (NaN, Infinity, undefined, functions, lone surrogates, objects other than plain ones), RangeError
 * past CANONICAL_DEPTH_MAX levels.
 */
export function canonicalJson(value: Json): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${String(value)} is not a JSON number`);
      return Object.is(value, -0) ? '0' : String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (depth >= CANONICAL_DEPTH_MAX) throw new RangeError('JSON value is nested too deeply');
      return Array.isArray(value) ? writeArray(value, depth + 1) : writeObject(value, depth + 1);
    case 'bigint':
    case 'function':
    case 'symbol':
    case 'undefined':
      throw new TypeError(`a value of type ${typeof value} is not JSON`);
  }
}

function writeString(text: string): string {
  if (ANY_SURROGATE.test(text) && LONE_SURROGATE.test(text)) {
    throw new TypeError('text holds a lone surrogate');
  }
  return JSON.stringify(text);
}

function writeArray(items: readonly unknown[], depth: number): string {
  let text = '[';
  // By index: a hole must be met as undefined and refused.
  for (let at = 0; at < items.length; at += 1) {
    if (at > 0) text += ',';
    text += write(items[at], depth);
  }
  return text + ']';
}

function writeObject(value: object, depth: number): string {
  if (!isPlain(value)) throw new TypeError('only plain objects are JSON');
  const members = value as Readonly<Record<string, unknown>>;
  let text = '{';
  for (const key of Object.keys(members).sort()) {
    if (text.length > 1) text += ',';
    text += `${writeString(key)}:${write(members[key], depth)}`;
  }
  return text + '}';
}

/** Judged by shape, not by identity of Object.prototype: sandboxes have their own. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
