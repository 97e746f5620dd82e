import { z } from 'zod';
import { type ReceiptBody, RECEIPT_STATUSES, RECEIPT_VERSION } from '../core/audit/receipt';
import type { ReceiptProof } from '../core/audit/receipt-proof';
import type { ReceiptFile } from '../core/audit/verify-receipt';
import { isoTime, jsonObject, jsonValue, wholeNumber } from './identifiers';
import { policyVerdict } from './policy-results';

const WAIT_MAX_MS = 50_000;

export const readReceiptQuery = z.strictObject({
  wait: z.literal('proof').exactOptional().meta({
    description:
      'Wait until a signed checkpoint covers the verdict; 10 s unless `waitMs` says else.',
  }),
  waitMs: wholeNumber(0, WAIT_MAX_MS).exactOptional(),
});

const sequence = z.int().min(1);
const hash = z.string().meta({ description: 'SHA-256, hex.' });
const level = z.int().meta({ description: 'From 1.' });

const event = z.strictObject({ seq: sequence, id: z.string(), type: z.string(), leafHash: hash });

const approval = z.strictObject({
  id: z.string(),
  chain: z.strictObject({ id: z.string(), version: z.int() }),
  basis: z.string().meta({ description: 'Digest of the rules and requirement it counts for.' }),
  level,
  of: z.int(),
  displayDigest: z.string().exactOptional(),
  levels: z.array(
    z.strictObject({
      level,
      name: z.string(),
      steps: z.array(z.strictObject({ event: z.string(), at: isoTime, auditSeq: sequence })),
    }),
  ),
  votes: z.array(
    z.strictObject({
      by: z.string(),
      verdict: z.string(),
      level,
      assurance: z.string(),
      surface: z.string().exactOptional(),
      at: isoTime,
      displayDigest: z.string().exactOptional(),
      rationaleCommitment: z.string().exactOptional(),
      auditSeq: sequence,
    }),
  ),
});

/** Strict: a body with members this version does not know is not judged as if it had none. */
export const receiptBody: z.ZodType<ReceiptBody> = z
  .strictObject({
    version: z.literal(RECEIPT_VERSION),
    proves: z.literal('verdict').meta({ description: 'Only a release authorises a run.' }),
    issuer: z.strictObject({ log: z.string(), keyId: z.string() }),
    tenant: z.string(),
    executionId: z.string(),
    agent: z.string(),
    action: z.string(),
    environment: z.string(),
    requestedBy: z.string(),
    argsDigest: z.string(),
    verdict: policyVerdict,
    status: z.enum(RECEIPT_STATUSES),
    reasonCode: z.string(),
    decidedBy: z.string(),
    requestedAt: isoTime,
    decidedAt: isoTime,
    policies: z.array(
      z.strictObject({
        id: z.string(),
        version: z.int(),
        rule: z.string().exactOptional(),
        effect: z.string(),
        shadow: z.literal(true).exactOptional(),
      }),
    ),
    approval: approval.exactOptional(),
    constraints: z.array(jsonObject),
    audit: z.strictObject({ decision: event, closing: event }),
  })
  .meta({ id: 'ReceiptBody' });

const receiptProof: z.ZodType<ReceiptProof> = z
  .strictObject({
    header: z.string().meta({ description: 'Leaf of the Merkle tree, without its prefix 0x00.' }),
    leafHash: hash,
    index: z.int().min(0),
    path: z.array(z.string()),
    checkpoint: z.string().meta({ description: 'Signed note.' }),
    checkpointKeyId: z.string(),
  })
  .meta({ id: 'ReceiptProof' });

const outsideTheSignature = {
  argsSalt: z
    .string()
    .exactOptional()
    .meta({ description: 'Base64url; for the key of the submitting agent only.' }),
  argsSaltCheck: z.string().exactOptional(),
  proof: receiptProof.exactOptional(),
  proofPending: z.strictObject({ why: z.string() }).exactOptional(),
};

export const receiptView = z
  .strictObject({
    receipt: z
      .string()
      .meta({ description: 'Compact JWS, Ed25519. The only part that is signed.' }),
    body: receiptBody,
    ...outsideTheSignature,
  })
  .meta({ id: 'Receipt' });

/** A receipt read from a file: of any version, its body judged by the signature. */
export const receiptFile: z.ZodType<ReceiptFile> = z.strictObject({
  receipt: z.string(),
  body: jsonValue.exactOptional(),
  ...outsideTheSignature,
});
