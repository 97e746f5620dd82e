import { type Sha256, bytesEqual } from './bytes';

/**
 * The Merkle tree of RFC 9162 over leaf hashes. Positions are counted from 0; arithmetic instead of
 * bit operators, because those stop at 2^31.
 */
const NODE_PREFIX = 1;

/**
 * Roots of the perfect subtrees that cover the first `size` leaves, largest first: all that
 * appending needs.
 */
export interface Frontier {
  readonly size: number;
  readonly nodes: readonly Uint8Array[];
}

export const emptyFrontier: Frontier = { size: 0, nodes: [] };

export function nodeHash(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  const node = new Uint8Array(1 + left.length + right.length);
  node[0] = NODE_PREFIX;
  node.set(left, 1);
  node.set(right, 1 + left.length);
  return sha256(node);
}

/** The frontier after one more leaf; one hash a call on average, at most log2(size). */
export function appendLeaf(frontier: Frontier, leafHash: Uint8Array, sha256: Sha256): Frontier {
  const nodes = frontier.nodes.slice();
  let node = leafHash;
  for (let rest = frontier.size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
    node = nodeHash(nodes.pop() ?? node, node, sha256);
  }
  nodes.push(node);
  return { size: frontier.size + 1, nodes };
}

/** The tree head of all leaves so far; SHA-256 of nothing for the empty tree. */
export function rootOf(frontier: Frontier, sha256: Sha256): Uint8Array {
  const root = frontier.nodes.reduceRight<Uint8Array | undefined>(
    (right, left) => (right === undefined ? left : nodeHash(left, right, sha256)),
    undefined,
  );
  return root ?? sha256(new Uint8Array(0));
}

/** Root of the leaves `start` (inclusive) to `end` (exclusive), from wherever hashes are kept. */
export type RangeRoot = (start: number, end: number) => Uint8Array;

/** A RangeRoot over leaves held in memory. */
export const rangeRootOver =
  (leaves: readonly Uint8Array[], sha256: Sha256): RangeRoot =>
  (start, end) => {
    let frontier = emptyFrontier;
    for (const leaf of leaves.slice(start, end)) frontier = appendLeaf(frontier, leaf, sha256);
    return rootOf(frontier, sha256);
  };

/** Largest power of two below `size`, for `size` over 1. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** Audit path of the leaf at `index` in the tree of `size` leaves, from the leaf upwards. */
export function inclusionProof(index: number, size: number, rangeRoot: RangeRoot): Uint8Array[] {
  if (!(index >= 0 && index < size)) throw new RangeError('no such leaf in this tree');
  const path: Uint8Array[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      path.push(rangeRoot(middle, end));
      end = middle;
    } else {
      path.push(rangeRoot(start, middle));
      start = middle;
    }
  }
  return path.reverse();
}

/**
 * Proof that the tree of `size` leaves begins with the tree of `oldSize`; empty when either adds
 * nothing.
 */
export function consistencyProof(oldSize: number, size: number, rangeRoot: RangeRoot) {
  if (!(oldSize >= 0 && oldSize <= size)) throw new RangeError('the older tree is the larger one');
  const proof: Uint8Array[] = [];
  if (oldSize === 0 || oldSize === size) return proof;
  let start = 0;
  let end = size;
  while (end !== oldSize) {
    const middle = start + splitOf(end - start);
    if (oldSize <= middle) {
      proof.push(rangeRoot(middle, end));
      end = middle;
    } else {
      proof.push(rangeRoot(start, middle));
      start = middle;
    }
  }
  // The verifier knows the root of the old tree when that is one whole subtree from the first leaf on.
  if (start > 0) proof.push(rangeRoot(start, end));
  return proof.reverse();
}

export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** Whether the leaf stands at `index` of the tree of this root (RFC 9162, 2.1.3.2). */
export function verifyInclusion(claim: InclusionClaim, sha256: Sha256): boolean {
  const { index, size } = claim;
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let at = index;
  let last = size - 1;
  let node = claim.leafHash;
  for (const sibling of claim.proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      node = nodeHash(sibling, node, sha256);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      node = nodeHash(node, sibling, sha256);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && bytesEqual(node, claim.root);
}

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Whether the newer tree only appended to the older one (RFC 9162, 2.1.4.2). */
export function verifyConsistency(claim: ConsistencyClaim, sha256: Sha256): boolean {
  const { oldSize, size, oldRoot, root } = claim;
  if (!isCount(oldSize) || !isCount(size) || oldSize > size) return false;
  if (oldSize === size) return claim.proof.length === 0 && bytesEqual(oldRoot, root);
  if (oldSize === 0) {
    return claim.proof.length === 0 && bytesEqual(oldRoot, rootOf(emptyFrontier, sha256));
  }
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...claim.proof] : claim.proof;
  const [first, ...rest] = path;
  if (first === undefined) return false;
  let at = oldSize - 1;
  let last = size - 1;
  while (at % 2 === 1) [at, last] = [half(at), half(last)];
  let oldNode = first;
  let node = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      oldNode = nodeHash(sibling, oldNode, sha256);
      node = nodeHash(sibling, node, sha256);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      node = nodeHash(node, sibling, sha256);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && bytesEqual(oldNode, oldRoot) && bytesEqual(node, root);
}

const half = (value: number): number => Math.floor(value / 2);
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

function isPowerOfTwo(value: number): boolean {
  let power = 1;
  while (power < value) power *= 2;
  return power === value;
}
