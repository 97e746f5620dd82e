/** A list that forgets its oldest entries. */
export interface BoundedList<T> {
  push(item: T): void;
  readonly items: readonly T[];
}

export function createBoundedList<T>(most: number): BoundedList<T> {
  const items: T[] = [];
  return {
    items,
    push: (item) => {
      items.push(item);
      if (items.length > most) items.splice(0, items.length - most);
    },
  };
}

/** Sets a key of a map and forgets the oldest ones beyond `most`; a Map keeps the order of insertion. */
export function remember<T>(map: Map<string, T>, key: string, item: T, most: number): void {
  map.set(key, item);
  for (const oldest of map.keys()) {
    if (map.size <= most) return;
    map.delete(oldest);
  }
}
