import type { Json, JsonObject } from '../core/json';

/** All single values below the top-level keys that are wanted, however deep, in document order. */
export function textsIn(
  args: JsonObject,
  isWanted: (key: string) => boolean,
): readonly (string | number | boolean | null)[] {
  const found: (string | number | boolean | null)[] = [];
  const open: Json[] = [];
  for (const [key, value] of Object.entries(args)) if (isWanted(key)) open.push(value);
  open.reverse();
  while (open.length > 0) {
    const value = open.pop();
    if (value === undefined) continue;
    if (typeof value !== 'object' || value === null) found.push(value);
    else open.push(...Object.values(value as JsonObject).reverse());
  }
  return found;
}
