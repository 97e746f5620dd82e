import * as fc from 'fast-check';
import { collectInclusion } from '../../../src/core/audit/inclusion';
import {
  appendLeaf,
  emptyFrontier,
  inclusionProof,
  rangeRootOver,
} from '../../../src/core/audit/merkle';
import { sha256 } from './sample-log';

const LEAVES = Array.from({ length: 300 }, (_, at) => sha256(Buffer.from(`leaf ${String(at)}`)));

function frontierOf(size: number) {
  let frontier = emptyFrontier;
  for (const leaf of LEAVES.slice(0, size)) frontier = appendLeaf(frontier, leaf, sha256);
  return frontier;
}

describe('collectInclusion', () => {
  it('gives the proof of RFC 9162 from any earlier tree on, reading only later leaves', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: LEAVES.length })
          .chain((size) =>
            fc
              .nat({ max: size - 1 })
              .chain((index) =>
                fc.tuple(fc.constant(size), fc.constant(index), fc.nat({ max: index })),
              ),
          ),
        ([size, index, from]) => {
          const collector = collectInclusion(index, size, frontierOf(from), sha256);
          for (const leaf of LEAVES.slice(from, size)) collector.take(leaf);
          const known = inclusionProof(index, size, rangeRootOver(LEAVES, sha256));
          expect(collector.path()).toEqual(known);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('gives nothing before the last leaf, and ignores leaves behind it', () => {
    const collector = collectInclusion(2, 5, emptyFrontier, sha256);
    for (const leaf of LEAVES.slice(0, 4)) collector.take(leaf);
    expect(collector.path()).toBeUndefined();
    for (const leaf of LEAVES.slice(4, 9)) collector.take(leaf);
    expect(collector.path()).toEqual(inclusionProof(2, 5, rangeRootOver(LEAVES, sha256)));
  });

  it.each([
    ['an earlier tree that holds the leaf', 2, 5, 3],
    ['a leaf behind the end', 5, 5, 0],
  ])('refuses %s', (_name, index, size, from) => {
    expect(() => collectInclusion(index, size, frontierOf(from), sha256)).toThrow(RangeError);
  });
});
