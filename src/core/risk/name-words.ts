/** Longest text worth remembering, and how many of them. */
const LONGEST = 64;
const MOST = 1_024;

/**
 * Answers a short text from memory: the same few names come with every decision. It starts over when full, so
 * that what callers send cannot fill the memory.
 */
export function remembering<T>(answer: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = answer(text);
    if (text.length <= LONGEST) {
      if (known.size >= MOST) known.clear();
      known.set(text, made);
    }
    return made;
  };
}

/** `deleteCustomers`, `DELETE_customers` and `delete-customers` are the words `delete`, `customers`. */
export const wordsOf = (name: string): readonly string[] =>
  name
    .replace(/([a-z0-9])(?=[A-Z])/g, '$1 ')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
