const plain = (name: string): string => name.toLowerCase().replace(/[-_]/g, '');

/** Edit distance: insert, delete, replace, or swap two neighbours. */
function distance(a: string, b: string): number {
  let before: readonly number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swaps = j > 1 && i > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = swaps ? (before[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}

const LONGEST_COMPARED = 64;

/**
 * The valid name that was probably meant: the same apart from case, `-` and `_`, or at most a third of
 * its letters away. Undefined when nothing is near.
 */
export function nearestName(written: string, valid: readonly string[]): string | undefined {
  if (written.length > LONGEST_COMPARED) return undefined;
  let nearest: string | undefined;
  let least = Infinity;
  const asked = plain(written);
  for (const candidate of valid) {
    const known = plain(candidate);
    const most = Math.max(1, Math.floor(candidate.length / 3));
    // Each letter more or less is one edit at least, so most candidates need no comparison.
    if (Math.abs(asked.length - known.length) > most) continue;
    const away = distance(asked, known);
    if (away < least && away <= most) {
      nearest = candidate;
      least = away;
    }
  }
  return nearest;
}
