import type { Sha256 } from './bytes';
import { type Frontier, appendLeaf, emptyFrontier, inclusionProof, rootOf } from './merkle';

/** Collects an inclusion proof from a stream of leaf hashes, in memory of the proof's own size. */
export interface InclusionCollector {
  /** Takes the next leaf hash; those up to the tree's size are needed. */
  readonly take: (leafHash: Uint8Array) => void;
  /** The audit path, from the leaf upwards; undefined until the last leaf was taken. */
  readonly path: () => readonly Uint8Array[] | undefined;
}

interface Range {
  readonly start: number;
  readonly end: number;
  frontier: Frontier;
}

/**
 * Audit path (RFC 9162, 2.1.3.1) of the leaf at `index` in the tree of `size` leaves, starting from the
 * frontier of any earlier tree of at most `index` leaves. What stands left of the leaf is the frontier
 * of the leaves before it, so only leaves after `from` are ever read. Throws RangeError otherwise.
 */
export function collectInclusion(
  index: number,
  size: number,
  from: Frontier,
  sha256: Sha256,
): InclusionCollector {
  if (from.size > index) throw new RangeError('the earlier tree holds the leaf already');
  const right = rightRanges(index, size);
  let left = from;
  let taken = from.size;
  let current = 0;
  return {
    take: (leafHash) => {
      if (taken < index) {
        left = appendLeaf(left, leafHash, sha256);
      } else if (taken > index && taken < size) {
        const range = right[current];
        if (range === undefined) throw new RangeError('no subtree holds this leaf');
        range.frontier = appendLeaf(range.frontier, leafHash, sha256);
        if (taken + 1 === range.end) current += 1;
      }
      taken += 1;
    },
    path: () => {
      if (taken < size) return undefined;
      const roots = new Map<number, Uint8Array>(right.map((range) => [range.start, root(range)]));
      let start = 0;
      for (const [at, node] of left.nodes.entries()) {
        roots.set(start, node);
        start += subtreeSize(index, at);
      }
      return inclusionProof(index, size, (first) => found(roots, first));
    },
  };
  function root(range: Range): Uint8Array {
    return rootOf(range.frontier, sha256);
  }
}

/** Subtrees on the path that lie right of the leaf, in order of their leaves. */
function rightRanges(index: number, size: number): readonly Range[] {
  const ranges: Range[] = [];
  inclusionProof(index, size, (start, end) => {
    if (start > index) ranges.push({ start, end, frontier: emptyFrontier });
    return new Uint8Array(0);
  });
  return ranges.sort((a, b) => a.start - b.start);
}

/** Leaves under node `at` (largest first) of the frontier of `size` leaves: its binary digits. */
function subtreeSize(size: number, at: number): number {
  let rest = size;
  for (let skipped = 0; ; skipped += 1) {
    let power = 1;
    while (power * 2 <= rest) power *= 2;
    if (skipped === at) return power;
    rest -= power;
  }
}

function found(roots: ReadonlyMap<number, Uint8Array>, start: number): Uint8Array {
  const node = roots.get(start);
  if (node === undefined) throw new RangeError('the path needs a subtree that was not collected');
  return node;
}
