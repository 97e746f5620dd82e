/** A pattern in which `*` stands for any text, also none. Everything else is literal and case counts. */
export const hasWildcard = (pattern: string): boolean => pattern.includes('*');

/** Linear in the text for each literal part: greedy leftmost matching is exact when `*` is the only wildcard. */
function globMatches(pattern: string, text: string): boolean {
  if (!hasWildcard(pattern)) return pattern === text;
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  const last = parts[parts.length - 1] ?? '';
  if (text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let from = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, from);
    if (found === -1 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

/** An empty list of patterns means everything. */
export const matchesAny = (patterns: readonly string[], text: string): boolean =>
  patterns.length === 0 || patterns.some((pattern) => globMatches(pattern, text));
