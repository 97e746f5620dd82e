import type { PolicyVerdict } from '../policy/model';
import type { Json, JsonObject } from '../json';
import { utf8 } from './bytes';
import { canonicalJson } from './canonical-json';
import { checkpointOrigin } from './checkpoint';

/** The format below; a verifier refuses to judge one it does not know. */
export const RECEIPT_VERSION = 1;

/** A verdict that stands. What became of the run afterwards is no part of a receipt. */
export const RECEIPT_STATUSES = [
  'allowed',
  'denied',
  'approved',
  'rejected',
  'expired',
  'cancelled',
  'killed',
] as const;
export type ReceiptStatus = (typeof RECEIPT_STATUSES)[number];

/** One row of the audit chain, bound by its leaf hash. */
export interface ReceiptEvent {
  /** Sequence in the log, from 1; the Merkle leaf is one before it. */
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  /** Hex. */
  readonly leafHash: string;
}

/** A policy version that was evaluated; `rule` names what matched, absent for `no_match`. */
export interface ReceiptPolicy {
  readonly id: string;
  readonly version: number;
  readonly rule?: string;
  readonly effect: string;
  /** Evaluated without taking part in the decision. */
  readonly shadow?: true;
}

export interface ReceiptVote {
  /** Principal id as it stands in the chain. */
  readonly by: string;
  readonly verdict: string;
  /** From 1. */
  readonly level: number;
  readonly assurance: string;
  /** Door the vote came through. */
  readonly surface?: string;
  readonly at: string;
  /** Digest of what this person was shown. */
  readonly displayDigest?: string;
  /** Salted commitment to the written reason, hex. */
  readonly rationaleCommitment?: string;
  readonly auditSeq: number;
}

/** A level that was reached and what the chain records of it, votes apart. */
export interface ReceiptLevel {
  /** From 1. */
  readonly level: number;
  readonly name: string;
  readonly steps: readonly {
    readonly event: string;
    readonly at: string;
    readonly auditSeq: number;
  }[];
}

export interface ReceiptApproval {
  readonly id: string;
  readonly chain: { readonly id: string; readonly version: number };
  /** Hex digest of the matched rules and merged requirement the approval counts for. */
  readonly basis: string;
  /** Level it was decided on, from 1. */
  readonly level: number;
  /** Number of levels. */
  readonly of: number;
  /** Of the level it was decided on. */
  readonly displayDigest?: string;
  readonly levels: readonly ReceiptLevel[];
  readonly votes: readonly ReceiptVote[];
}

/** What is signed, as canonical JSON. Times are ISO 8601 UTC with milliseconds. */
export interface ReceiptBody {
  readonly version: typeof RECEIPT_VERSION;
  /** A receipt proves a verdict; only a release authorises a run. */
  readonly proves: 'verdict';
  /** Origin of the audit log, as in its checkpoints, and the key that signs. */
  readonly issuer: { readonly log: string; readonly keyId: string };
  readonly tenant: string;
  readonly executionId: string;
  readonly agent: string;
  readonly action: string;
  readonly environment: string;
  readonly requestedBy: string;
  readonly argsDigest: string;
  /** What policy said. */
  readonly verdict: PolicyVerdict;
  /** What it came to. */
  readonly status: ReceiptStatus;
  readonly reasonCode: string;
  /** Principal whose act closed it; a system principal for timers, kill switches and policy. */
  readonly decidedBy: string;
  readonly requestedAt: string;
  readonly decidedAt: string;
  readonly policies: readonly ReceiptPolicy[];
  readonly approval?: ReceiptApproval;
  /** Limits an approver set on the approval. */
  readonly constraints: readonly JsonObject[];
  /** The rows of the decision and of the verdict; the same one where policy alone decided. */
  readonly audit: { readonly decision: ReceiptEvent; readonly closing: ReceiptEvent };
}

/** A vote as stored. Level counts from 0. */
export interface VoteFact extends Omit<ReceiptVote, 'level' | 'at'> {
  readonly level: number;
  readonly atMs: number;
}

/** One record of the ladder as stored. Level counts from 0. */
export interface LadderFact {
  readonly event: string;
  readonly level: number;
  readonly atMs: number;
  readonly auditSeq: number;
}

export interface ApprovalFacts {
  readonly id: string;
  readonly chain: {
    readonly id: string;
    readonly version: number;
    /** How many levels the chain declares. */
    readonly of: number;
    /** Those of the ladder and those passed over, by number. */
    readonly levels: readonly { readonly number: number; readonly name: string }[];
  };
  readonly basis: string;
  /** Number (1-based) of the level it was decided on. */
  readonly level: number;
  readonly displayDigest?: string;
  readonly steps: readonly LadderFact[];
  readonly votes: readonly VoteFact[];
}

/** Stored facts of one execution whose verdict stands; what happened after it is left out. */
export interface ReceiptFacts extends Pick<
  ReceiptBody,
  | 'tenant'
  | 'executionId'
  | 'agent'
  | 'action'
  | 'environment'
  | 'requestedBy'
  | 'argsDigest'
  | 'verdict'
  | 'status'
  | 'reasonCode'
  | 'decidedBy'
> {
  /** Id of the key that will sign. */
  readonly keyId: string;
  readonly requestedAtMs: number;
  readonly decidedAtMs: number;
  readonly matched: readonly {
    readonly policy: string;
    readonly version: number;
    readonly rule: string;
    readonly effect: string;
  }[];
  readonly evaluated: readonly {
    readonly policy: string;
    readonly version: number;
    readonly effect: string;
    readonly shadow?: true;
  }[];
  readonly approval?: ApprovalFacts;
  readonly constraints?: readonly JsonObject[];
  readonly decision: ReceiptEvent;
  readonly closing: ReceiptEvent;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** The receipt's body: the same facts give the same body, in whatever order rows were read. */
export function receiptOf(facts: ReceiptFacts): ReceiptBody {
  const { tenant, executionId, agent, action, environment, requestedBy, argsDigest } = facts;
  const { verdict, status, reasonCode, decidedBy } = facts;
  return {
    version: RECEIPT_VERSION,
    proves: 'verdict',
    issuer: { log: checkpointOrigin(tenant), keyId: facts.keyId },
    ...{ tenant, executionId, agent, action, environment, requestedBy, argsDigest },
    ...{ verdict, status, reasonCode, decidedBy },
    requestedAt: iso(facts.requestedAtMs),
    decidedAt: iso(facts.decidedAtMs),
    policies: policiesOf(facts),
    ...(facts.approval === undefined ? {} : { approval: approvalOf(facts.approval) }),
    constraints: facts.constraints ?? [],
    audit: { decision: eventOf(facts.decision), closing: eventOf(facts.closing) },
  };
}

/** The bytes that are signed: canonical JSON (RFC 8785) in UTF-8. */
export const receiptBytes = (body: ReceiptBody): Uint8Array =>
  // A body holds only JSON values; its interfaces lack the index signature that JsonObject has.
  utf8(canonicalJson(body as unknown as Json));

const eventOf = ({ seq, id, type, leafHash }: ReceiptEvent): ReceiptEvent => ({
  ...{ seq, id, type, leafHash },
});

/** Every rule that matched, then every other policy version evaluated. */
function policiesOf({ matched, evaluated }: ReceiptFacts): readonly ReceiptPolicy[] {
  const named = new Set(matched.map(({ policy, version }) => `${policy}@${String(version)}`));
  return [
    ...matched.map(({ policy, version, rule, effect }) => ({ id: policy, version, rule, effect })),
    ...evaluated
      .filter(({ policy, version }) => !named.has(`${policy}@${String(version)}`))
      .map(({ policy, version, effect, shadow }) => ({
        id: policy,
        version,
        effect,
        ...(shadow === undefined ? {} : { shadow }),
      })),
  ];
}

function approvalOf(approval: ApprovalFacts): ReceiptApproval {
  const { id, chain, basis, displayDigest } = approval;
  return {
    id,
    chain: { id: chain.id, version: chain.version },
    basis,
    level: approval.level,
    of: chain.of,
    ...(displayDigest === undefined ? {} : { displayDigest }),
    levels: levelsOf(approval),
    votes: [...approval.votes].sort(bySeq).map(voteOf),
  };
}

/** The level decided on and each before it that left a trace; one passed over silently has none. */
function levelsOf(approval: ApprovalFacts): readonly ReceiptLevel[] {
  return approval.chain.levels.flatMap(({ name, number }) => {
    const steps = approval.steps.filter((step) => step.level === number).sort(bySeq);
    const voted = approval.votes.some((vote) => vote.level === number);
    if (number !== approval.level && steps.length === 0 && !voted) return [];
    return [
      {
        level: number,
        name,
        steps: steps.map(({ event, atMs, auditSeq }) => ({ event, at: iso(atMs), auditSeq })),
      },
    ];
  });
}

function voteOf(vote: VoteFact): ReceiptVote {
  const { by, verdict, assurance, surface, displayDigest, rationaleCommitment } = vote;
  return {
    by,
    verdict,
    level: vote.level,
    assurance,
    ...(surface === undefined ? {} : { surface }),
    at: iso(vote.atMs),
    ...(displayDigest === undefined ? {} : { displayDigest }),
    ...(rationaleCommitment === undefined ? {} : { rationaleCommitment }),
    auditSeq: vote.auditSeq,
  };
}

const bySeq = (a: { readonly auditSeq: number }, b: { readonly auditSeq: number }): number =>
  a.auditSeq - b.auditSeq;
