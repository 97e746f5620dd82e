import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { parseGuardedJson } from '../contract/json-guard';
import { isDomainError } from '../core/errors';
import type { Json, JsonObject } from '../core/json';
import { UsageError } from './api-problem';

/** Parsers of option values; each refuses with a sentence that says what was expected. */

/** A JSON object, inline or as `@file`. */
export function jsonObject(text: string): JsonObject {
  const value = json(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidArgumentError('Expected a JSON object such as \'{"amount":45}\'.');
  return value as JsonObject;
}

/**
 * Any JSON value, inline or as `@file`. Guarded as on the server: a value rounded or dropped while parsing
 * here would have other arguments decided and approved than the ones that were typed.
 */
export function json(text: string): Json {
  try {
    return parseGuardedJson(text.startsWith('@') ? readText(text.slice(1)) : text);
  } catch (error) {
    if (error instanceof UsageError) throw new InvalidArgumentError(error.message);
    if (!isDomainError(error)) throw error;
    const [first] = error.details.problems ?? [];
    throw new InvalidArgumentError(
      first === undefined
        ? error.message
        : `Line ${String(first.line)}, column ${String(first.column)}: ${first.message}. ${error.details.howToFix ?? ''}`,
    );
  }
}

export function port(text: string): number {
  const value = wholeNumber(text);
  if (value > 65_535) throw new InvalidArgumentError('Expected a port from 0 to 65535.');
  return value;
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

/** `90`, `90s`, `15m`, `2h` as milliseconds; a bare number is seconds. */
export function durationMs(text: string): number {
  const match = /^(\d{1,7})(s|m|h)?$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Expected a duration such as 90s, 15m or 2h.');
  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000 }[(match[2] ?? 's') as 's' | 'm' | 'h'];
  return Number(match[1]) * unitMs;
}

/** Collects a repeatable option whose values may also be joined by commas. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  const values = text
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '');
  return [...(before ?? []), ...values];
}

/** The text of a file the user named. Throws UsageError. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `Cannot read ${file} (${String((error as { readonly code?: unknown }).code)}).`,
      'Check the name and the permissions of the file.',
    );
  }
}
