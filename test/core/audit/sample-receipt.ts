import { generateKeyPairSync } from 'node:crypto';
import { hexOf, textOf, utf8 } from '../../../src/core/audit/bytes';
import { canonicalJson } from '../../../src/core/audit/canonical-json';
import { appendEvents, genesisHead } from '../../../src/core/audit/chain';
import { checkpointOrigin } from '../../../src/core/audit/checkpoint';
import { collectInclusion } from '../../../src/core/audit/inclusion';
import { appendLeaf, emptyFrontier, rootOf } from '../../../src/core/audit/merkle';
import { receiptBytes, receiptOf, type ReceiptFacts } from '../../../src/core/audit/receipt';
import { base64UrlOf } from '../../../src/core/audit/receipt-jws';
import type { ReceiptProof } from '../../../src/core/audit/receipt-proof';
import { saltCheckOf, type ReceiptFile } from '../../../src/core/audit/verify-receipt';
import type { Json } from '../../../src/core/json';
import { createCrypto } from '../../../src/evidence/crypto';
import type { KeySet } from '../../../src/evidence/keys';
import {
  publicJwkOf,
  signingKeyId,
  type SigningKey,
  type SigningPurpose,
} from '../../../src/evidence/signing';
import { eventsFrom, hmacSha256, LOG, sha256 } from './sample-log';

const AT_MS = 1_700_000_000_000;
export const SAMPLE_ARGS: Json = { amount: 450, currency: 'USD', order_id: '4711' };
const SALT = new Uint8Array(32).fill(9);
const DIGEST = hexOf(hmacSha256(SALT, utf8(canonicalJson(SAMPLE_ARGS))));

function signingKeyFor(purpose: SigningPurpose): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { purpose, keyId: signingKeyId(purpose, publicKey), privateKey, publicKey };
}

/** Keys of an installation, in memory. */
export function sampleKeys(): KeySet {
  const [checkpoint, receipt] = [signingKeyFor('checkpoint'), signingKeyFor('receipt')];
  const secret = { keyId: '00000000', secret: new Uint8Array(32).fill(1) };
  return {
    ...{ checkpoint, receipt, token: secret, keyEncryption: secret },
    publicKeys: () => ({ keys: [publicJwkOf(checkpoint), publicJwkOf(receipt)] }),
  };
}

/** A log of 11 rows; row 4 is the decision and row 7 the verdict. */
const log = appendEvents(genesisHead(LOG), eventsFrom(1, 11), sha256).rows;
const DECISION_SEQ = 4;
const CLOSING_SEQ = 7;

function eventOf(seq: number) {
  const row = log[seq - 1];
  if (row === undefined) throw new Error(`no row ${seq}`);
  return { seq, id: row.id, type: row.type, leafHash: hexOf(row.leafHash) };
}

/** An approval of two levels: nobody of the first answered in time, two of the second approved. */
export const sampleFacts = (keyId: string, more: Partial<ReceiptFacts> = {}): ReceiptFacts => ({
  keyId,
  tenant: LOG,
  executionId: '01890a5d-ac96-774b-bcce-b302099a8057',
  agent: 'support-bot',
  action: 'issue_refund',
  environment: 'prod',
  requestedBy: 'agent:support-bot',
  argsDigest: DIGEST,
  verdict: 'REQUIRE_APPROVAL',
  status: 'approved',
  reasonCode: 'approved',
  decidedBy: 'user:bea',
  requestedAtMs: AT_MS,
  decidedAtMs: AT_MS + 5_000,
  matched: [{ policy: 'support', version: 3, rule: 'LARGE', effect: 'require_approval' }],
  evaluated: [
    { policy: 'support', version: 3, effect: 'require_approval' },
    { policy: 'base', version: 1, effect: 'no_match' },
    { policy: 'next', version: 2, effect: 'deny', shadow: true },
  ],
  approval: {
    id: '01890a5d-ac96-774b-bcce-b302099a8058',
    chain: {
      id: 'high-risk',
      version: 2,
      of: 3,
      levels: [
        { number: 1, name: 'L1' },
        { number: 2, name: 'L2' },
        { number: 3, name: 'L3' },
      ],
    },
    basis: 'ba'.repeat(32),
    level: 2,
    displayDigest: 'dd'.repeat(32),
    steps: [
      { event: 'level_timed_out', level: 1, atMs: AT_MS + 1_000, auditSeq: 5 },
      { event: 'level_opened', level: 2, atMs: AT_MS + 1_000, auditSeq: 6 },
    ],
    votes: [
      {
        ...{ by: 'user:ann', verdict: 'approve', level: 2, assurance: 'linked', surface: 'slack' },
        ...{ atMs: AT_MS + 3_000, auditSeq: 6, displayDigest: 'dd'.repeat(32) },
        rationaleCommitment: 'cc'.repeat(32),
      },
      {
        ...{ by: 'user:bea', verdict: 'approve', level: 2, assurance: 'webauthn', surface: 'web' },
        ...{ atMs: AT_MS + 5_000, auditSeq: 7 },
      },
    ],
  },
  decision: eventOf(DECISION_SEQ),
  closing: eventOf(CLOSING_SEQ),
  ...more,
});

export function sampleProof(keys: KeySet, size = log.length): ReceiptProof {
  const collector = collectInclusion(CLOSING_SEQ - 1, size, emptyFrontier, sha256);
  let frontier = emptyFrontier;
  for (const { leafHash } of log.slice(0, size)) {
    collector.take(leafHash);
    frontier = appendLeaf(frontier, leafHash, sha256);
  }
  const checkpoint = createCrypto(keys).signCheckpoint({
    ...{ origin: checkpointOrigin(LOG), size, timeMs: AT_MS + 9_000 },
    root: rootOf(frontier, sha256),
  });
  return {
    header: textOf(log[CLOSING_SEQ - 1]?.header ?? new Uint8Array()),
    leafHash: eventOf(CLOSING_SEQ).leafHash,
    index: CLOSING_SEQ - 1,
    path: (collector.path() ?? []).map(hexOf),
    checkpoint,
    checkpointKeyId: keys.checkpoint.keyId,
  };
}

/** The copy of the submitting agent, with salt and proof. */
export function sampleReceipt(
  keys: KeySet,
  more: Partial<ReceiptFacts> = {},
): Required<Omit<ReceiptFile, 'proofPending'>> {
  const facts = sampleFacts(keys.receipt.keyId, more);
  const body = receiptOf(facts);
  return {
    receipt: createCrypto(keys).signReceipt(receiptBytes(body)),
    body: body as unknown as Json,
    argsSalt: base64UrlOf(SALT),
    argsSaltCheck: saltCheckOf(SALT, facts.argsDigest, hmacSha256),
    proof: sampleProof(keys),
  };
}

/** A copy without these members. */
export function withoutMembers<T extends object, Name extends keyof T>(
  value: T,
  ...names: readonly Name[]
): Omit<T, Name> {
  const copy = { ...value };
  for (const name of names) delete copy[name];
  return copy;
}
