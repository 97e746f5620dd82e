import type { Json, JsonObject } from '../core/json';

/** All single values below the top-level keys that are wanted, however deep, in document order. */
export function textsIn(
  args: JsonObject,
  isWanted: (key: string) => boolean,
): readonly (string | number | boolean | null)[] {
  const found: (string | number | boolean | null)[] = [];
  const open: Json[] = [];
  const pushReversed = (values: readonly Json[]): void => {
    for (let index = values.length - 1; index >= 0; index -= 1) open.push(values[index] ?? null);
  };
  pushReversed(Object.keys(args).flatMap((key) => (isWanted(key) ? [args[key] ?? null] : [])));
  while (open.length > 0) {
    const value = open.pop() ?? null;
    if (typeof value !== 'object' || value === null) found.push(value);
    else pushReversed(Object.values(value as JsonObject));
  }
  return found;
}
