import type { Json, JsonObject } from '../core/json';

/** A single value among the arguments; `key` is the nearest one around it, `topKey` the outermost. */
export interface ArgumentValue {
  readonly topKey: string;
  readonly key: string;
  readonly value: string | number | boolean | null;
}

/** All single values of the arguments, however deep, in document order. */
export function valuesIn(args: JsonObject): readonly ArgumentValue[] {
  const found: ArgumentValue[] = [];
  const open: { readonly topKey: string; readonly key: string; readonly value: Json }[] = [];
  const entriesReversed = (object: JsonObject): (readonly [string, Json])[] =>
    Object.entries(object).reverse();
  for (const [key, value] of entriesReversed(args)) open.push({ topKey: key, key, value });
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { topKey, key, value } = next;
    if (typeof value !== 'object' || value === null) {
      found.push({ topKey, key, value });
    } else if (Array.isArray(value)) {
      const items = value as readonly Json[];
      for (let index = items.length - 1; index >= 0; index -= 1) {
        open.push({ topKey, key, value: items[index] ?? null });
      }
    } else {
      for (const [inner, member] of entriesReversed(value as JsonObject)) {
        open.push({ topKey, key: inner, value: member });
      }
    }
  }
  return found;
}
