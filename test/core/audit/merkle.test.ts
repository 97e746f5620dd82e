import * as fc from 'fast-check';
import { hexOf } from '../../../src/core/audit/bytes';
import {
  appendLeaf,
  consistencyProof,
  emptyFrontier,
  inclusionProof,
  nodeHash,
  rangeRootOver,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/core/audit/merkle';
import { sha256 } from './sample-log';

const leafHashOf = (data: Uint8Array): Uint8Array =>
  sha256(Buffer.concat([Uint8Array.of(0), data]));
const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, at) => leafHashOf(Buffer.from(`leaf ${at}`)));

/** The definition of RFC 9162, 2.1.1, word for word. */
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (first === undefined) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return first;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)), sha256);
}

const KNOWN_LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'];
KNOWN_LEAVES.push('606162636465666768696a6b6c6d6e6f');
const KNOWN_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const sizes = fc.integer({ min: 1, max: 70 });
const flipped = (hash: Uint8Array): Uint8Array =>
  hash.map((byte, at) => (at === 5 ? byte ^ 1 : byte));

describe('the Merkle tree', () => {
  it('has the published tree heads of the RFC 6962 test leaves', () => {
    let frontier = emptyFrontier;
    const roots = [hexOf(rootOf(frontier, sha256))];
    for (const data of KNOWN_LEAVES) {
      frontier = appendLeaf(frontier, leafHashOf(Buffer.from(data, 'hex')), sha256);
      roots.push(hexOf(rootOf(frontier, sha256)));
    }
    expect(roots).toEqual(KNOWN_ROOTS);
  });

  it('gives the root that the recursive definition gives, at every size', () => {
    let frontier = emptyFrontier;
    for (let size = 1; size <= 130; size += 1) {
      const leaves = leavesOf(size);
      frontier = appendLeaf(frontier, leaves[size - 1] ?? new Uint8Array(0), sha256);
      expect(hexOf(rootOf(frontier, sha256))).toBe(hexOf(naiveRoot(leaves)));
      expect(frontier.nodes).toHaveLength(
        [...size.toString(2)].filter((bit) => bit === '1').length,
      );
    }
  });
});

describe('an inclusion proof', () => {
  const claimAt = (index: number, size: number) => {
    const leaves = leavesOf(size);
    const proof = inclusionProof(index, size, rangeRootOver(leaves, sha256));
    return {
      index,
      size,
      leafHash: leaves[index] ?? sha256(proof[0] ?? new Uint8Array(0)),
      proof,
      root: naiveRoot(leaves),
    };
  };

  it('holds for each leaf of each tree', () => {
    for (let size = 1; size <= 20; size += 1) {
      for (let index = 0; index < size; index += 1) {
        expect(verifyInclusion(claimAt(index, size), sha256)).toBe(true);
      }
    }
  });

  it('fails for another leaf, place, size or root, and for a changed, longer or shorter path', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, anyIndex, anyAt) => {
        const claim = claimAt(anyIndex % size, size);
        const at = anyAt % Math.max(1, claim.proof.length);
        const wrong = [
          { ...claim, leafHash: flipped(claim.leafHash) },
          { ...claim, root: flipped(claim.root) },
          { ...claim, index: claim.index + 1 },
          { ...claim, index: -1 },
          { ...claim, index: claim.size },
          { ...claim, proof: [...claim.proof, claim.leafHash] },
          ...(claim.proof.length === 0
            ? []
            : [
                { ...claim, proof: claim.proof.slice(1) },
                {
                  ...claim,
                  proof: claim.proof.map((hash, i) => (i === at ? flipped(hash) : hash)),
                },
              ]),
        ];
        expect(wrong.filter((each) => verifyInclusion(each, sha256))).toEqual([]);
      }),
    );
  });

  it('is refused for a leaf that is not there', () => {
    const rangeRoot = rangeRootOver(leavesOf(3), sha256);
    expect(() => inclusionProof(3, 3, rangeRoot)).toThrow(RangeError);
    expect(() => inclusionProof(-1, 3, rangeRoot)).toThrow(RangeError);
  });
});

describe('a consistency proof', () => {
  const claimOf = (oldSize: number, size: number) => {
    const leaves = leavesOf(size);
    const proof = consistencyProof(oldSize, size, rangeRootOver(leaves, sha256));
    return {
      oldSize,
      size,
      proof,
      oldRoot: naiveRoot(leaves.slice(0, oldSize)),
      root: naiveRoot(leaves),
    };
  };

  it('holds between each pair of sizes', () => {
    for (let size = 0; size <= 20; size += 1) {
      for (let oldSize = 0; oldSize <= size; oldSize += 1) {
        expect(verifyConsistency(claimOf(oldSize, size), sha256)).toBe(true);
      }
    }
  });

  it('fails when the older tree had other leaves, and for a changed, longer or shorter proof', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, anyOld, anyAt) => {
        const claim = claimOf(1 + (anyOld % size), size);
        const at = anyAt % Math.max(1, claim.proof.length);
        const wrong = [
          { ...claim, oldRoot: flipped(claim.oldRoot) },
          { ...claim, root: flipped(claim.root) },
          { ...claim, proof: [...claim.proof, claim.root] },
          { ...claim, oldSize: claim.size + 1 },
          ...(claim.proof.length === 0
            ? []
            : [
                { ...claim, proof: claim.proof.slice(1) },
                {
                  ...claim,
                  proof: claim.proof.map((hash, i) => (i === at ? flipped(hash) : hash)),
                },
              ]),
        ];
        expect(wrong.filter((each) => verifyConsistency(each, sha256))).toEqual([]);
      }),
    );
  });

  it('is refused when the older tree is the larger one', () => {
    expect(() => consistencyProof(4, 3, rangeRootOver(leavesOf(3), sha256))).toThrow(RangeError);
  });
});
