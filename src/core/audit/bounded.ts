import type { Json, JsonObject } from '../json';
import { isSecretKey, REDACTED, redactText } from './redact';

/** Mark of a cut: the end of a shortened text, or what stands in place of a dropped value. */
const CUT = '…';

/**
 * Control and format characters that can forge a line or turn its direction, and lone surrogates.
 */
const UNSAFE =
  /[\p{Cc}\p{Surrogate}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF]/gu;

const CONTEXT_DEPTH_MAX = 8;
const CONTEXT_TEXT_MAX = 2_048;
const CONTEXT_KEY_MAX = 128;
/** One unit a character, 8 a value: at three bytes a character the whole stays under 32 KiB. */
const CONTEXT_COST_MAX = 10_000;
const VALUE_COST = 8;
const NUMBER_COST = 24;

/**
 * Any text as one bounded line: well-formed Unicode, control characters replaced by U+FFFD, at most
 * `lengthMax` UTF-16 units, a cut marked by `…`. Total: never throws.
 */
export function boundedText(text: string, lengthMax: number): string {
  const cut = text.length > lengthMax ? text.slice(0, Math.max(0, lengthMax - 1)) + CUT : text;
  return cut.replace(UNSAFE, '\uFFFD');
}

/**
 * Any value as a small JSON object fit for the chain: depth, size and text bounded, credentials
 * redacted, what JSON cannot hold written as text, `cut: true` set when something was dropped.
 * Total: never throws.
 */
export function boundedContext(input: unknown): JsonObject {
  const budget: Budget = { left: CONTEXT_COST_MAX, cut: false };
  const object: object = typeof input === 'object' && input !== null ? input : { value: input };
  const bounded = boundObject(object, 1, budget);
  return budget.cut ? { ...bounded, cut: true } : bounded;
}

interface Budget {
  left: number;
  cut: boolean;
}

function boundValue(value: unknown, depth: number, budget: Budget): Json {
  budget.left -= VALUE_COST;
  switch (typeof value) {
    case 'string':
      return boundString(value, budget);
    case 'number':
      budget.left -= NUMBER_COST;
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return boundString(value.toString(), budget);
    case 'object':
      if (value === null) return null;
      if (depth > CONTEXT_DEPTH_MAX) return dropped(budget);
      return Array.isArray(value)
        ? boundArray(value, depth, budget)
        : boundObject(value, depth, budget);
    case 'function':
    case 'symbol':
    case 'undefined':
      return dropped(budget);
  }
}

function dropped(budget: Budget): string {
  budget.cut = true;
  return CUT;
}

function boundString(text: string, budget: Budget): string {
  const lengthMax = Math.max(1, Math.min(CONTEXT_TEXT_MAX, budget.left));
  if (text.length > lengthMax) budget.cut = true;
  // Redact before cutting, or a cut credential would no longer look like one; 4× bounds the work.
  const bounded = boundedText(redactText(text.slice(0, CONTEXT_TEXT_MAX * 4)), lengthMax);
  budget.left -= bounded.length;
  return bounded;
}

function boundArray(items: readonly unknown[], depth: number, budget: Budget): Json[] {
  const bounded: Json[] = [];
  for (const item of items) {
    if (budget.left <= 0) {
      bounded.push(dropped(budget));
      break;
    }
    bounded.push(boundValue(item, depth + 1, budget));
  }
  return bounded;
}

function boundObject(value: object, depth: number, budget: Budget): JsonObject {
  const bounded = new Map<string, Json>();
  for (const key of safeKeys(value)) {
    if (budget.left <= 0) {
      budget.cut = true;
      break;
    }
    const member = safeMember(value, key);
    if (member === undefined) continue;
    const name = freeName(boundedKey(key), bounded);
    budget.left -= name.length;
    bounded.set(name, boundValue(isSecretKey(key) ? REDACTED : member, depth + 1, budget));
  }
  return Object.fromEntries(bounded);
}

/** A reader that copies members by assignment must not have its prototype set. */
function boundedKey(key: string): string {
  const name = boundedText(redactText(key.slice(0, CONTEXT_KEY_MAX * 4)), CONTEXT_KEY_MAX);
  return name === '__proto__' ? '[__proto__]' : name;
}

/** Two keys may become equal once cut or cleaned; neither value is lost. */
function freeName(name: string, taken: ReadonlyMap<string, Json>): string {
  let free = name;
  for (let copy = taken.size; taken.has(free); copy += 1) free = `${name}~${copy}`;
  return free;
}

function safeKeys(value: object): readonly string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

function safeMember(value: object, key: string): unknown {
  try {
    return (value as Readonly<Record<string, unknown>>)[key];
  } catch {
    return CUT;
  }
}
