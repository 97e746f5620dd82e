import * as fc from 'fast-check';
import { textOf } from '../../../src/core/audit/bytes';
import { receiptBytes, receiptOf, type ReceiptFacts } from '../../../src/core/audit/receipt';
import type { Json } from '../../../src/core/json';
import { sampleFacts, withoutMembers } from './sample-receipt';

const KEY_ID = '0a1b2c3d';
const facts = sampleFacts(KEY_ID);
const textOfFacts = (from: ReceiptFacts): string => textOf(receiptBytes(receiptOf(from)));
const signedText = textOfFacts(facts);

/** Every place of a JSON value that holds no further value. */
function leavesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

function changed<T>(value: T, [key, ...rest]: readonly string[], to: (old: unknown) => unknown): T {
  if (key === undefined) return to(value) as T;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<
    string,
    unknown
  >;
  copy[key] = changed(copy[key], rest, to);
  return copy as T;
}

const otherValue = (old: unknown): unknown => {
  if (typeof old === 'number') return old + 1;
  return typeof old === 'string' ? `${old}x` : undefined;
};

/** A policy of which a rule matched is named by that rule; a level never reached is not named. */
const NOT_SHOWN = new Set([
  'evaluated.0.effect',
  'approval.chain.levels.2.name',
  'approval.chain.levels.2.number',
]);

describe('receiptOf', () => {
  it('says what the format promises, as canonical JSON', () => {
    const body = JSON.parse(signedText) as Record<string, Json>;
    expect(Object.keys(body)).toEqual(Object.keys(body).sort());
    expect(body).toMatchObject({
      version: 1,
      proves: 'verdict',
      issuer: { log: 'countersign/acme', keyId: KEY_ID },
      ...{ verdict: 'REQUIRE_APPROVAL', status: 'approved', decidedBy: 'user:bea' },
      requestedAt: '2023-11-14T22:13:20.000Z',
      policies: [
        { id: 'support', version: 3, rule: 'LARGE', effect: 'require_approval' },
        { id: 'base', version: 1, effect: 'no_match' },
        { id: 'next', version: 2, effect: 'deny', shadow: true },
      ],
      approval: {
        ...{ chain: { id: 'high-risk', version: 2 }, level: 2, of: 3 },
        levels: [
          { level: 1, name: 'L1', steps: [{ event: 'level_timed_out', auditSeq: 5 }] },
          { level: 2, name: 'L2', steps: [{ event: 'level_opened', auditSeq: 6 }] },
        ],
        votes: [
          { by: 'user:ann', level: 2, surface: 'slack', rationaleCommitment: 'cc'.repeat(32) },
          { by: 'user:bea', level: 2, assurance: 'webauthn' },
        ],
      },
      constraints: [],
    });
  });

  it('does not depend on the order in which rows were read', () => {
    const { approval } = facts;
    if (approval === undefined) throw new Error('no approval');
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...approval.votes], { minLength: approval.votes.length }),
        fc.shuffledSubarray([...approval.steps], { minLength: approval.steps.length }),
        (votes, steps) =>
          textOfFacts({ ...facts, approval: { ...approval, votes, steps } }) === signedText,
      ),
    );
  });

  it.each(leavesOf(facts).map((path) => [path.join('.'), path] as const))(
    'signs %s: another value gives other bytes',
    (name, path) => {
      const other = changed(facts, path, otherValue);
      expect(textOfFacts(other) === signedText).toBe(NOT_SHOWN.has(name));
    },
  );

  it('leaves out what there is not', () => {
    const plain = withoutMembers(facts, 'approval');
    const body = receiptOf({ ...plain, verdict: 'ALLOW', status: 'allowed' });
    expect(body).not.toHaveProperty('approval');
    expect(textOf(receiptBytes(body))).not.toContain('undefined');
  });
});
