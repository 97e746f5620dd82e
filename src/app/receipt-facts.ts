import { bytesEqual, hexOf, textOf } from '../core/audit/bytes';
import { canonicalJson } from '../core/audit/canonical-json';
import { auditEvent } from '../core/audit/event';
import {
  RECEIPT_STATUSES,
  type ApprovalFacts,
  type LadderFact,
  type ReceiptEvent,
  type ReceiptFacts,
  type ReceiptStatus,
  type VoteFact,
} from '../core/audit/receipt';
import { type StoredRow, checkRow } from '../core/audit/verify-row';
import { DomainError } from '../core/errors';
import { eventId } from '../core/ids';
import type { Json } from '../core/json';
import { executionFields, policyResults } from './audit-records';
import type { ApprovalState } from '../core/escalation/approval-state';
import type { Cryptography, StoredExecution } from './ports';
import type { RecordedVote } from './read-ports';

type Crypto = Pick<Cryptography, 'sha256' | 'hmacSha256' | 'receiptKeyId'>;

/** Stored facts of one execution, as the reads give them. */
export interface StoredFacts {
  readonly row: StoredExecution;
  readonly votes: readonly RecordedVote[];
  /** Rows of the chain, in order. */
  readonly trail: readonly StoredRow[];
}

/** A row of the chain with its body read. */
interface Entry {
  readonly event: ReceiptEvent;
  readonly outcome: string | undefined;
  readonly actor: string;
  readonly assurance: string | undefined;
  readonly atMs: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
  readonly payloads: Readonly<Record<string, unknown>>;
}

const terminalStatus = (verdict: string): ReceiptStatus | undefined =>
  RECEIPT_STATUSES.find((status) => status === verdict);

/** The row that records a verdict. What voids a run later has the same type and the outcome `void`. */
const CLOSING_TYPES: Readonly<Record<ReceiptStatus, string>> = {
  allowed: 'decision.made',
  denied: 'decision.made',
  approved: 'approval.decided',
  rejected: 'approval.decided',
  expired: 'execution.expired',
  cancelled: 'execution.cancelled',
  killed: 'execution.killed',
};

/**
 * What a receipt says, from stored facts alone: the row of the execution, its votes and its rows of the
 * chain up to the verdict. Each of those rows is checked first: nothing is signed that the chain does not
 * bear out. Undefined while no verdict stands. Throws DomainError `unavailable` while the verdict's row
 * waits in the backlog, `internal` when the store contradicts itself.
 */
export function receiptFacts(crypto: Crypto, stored: StoredFacts): ReceiptFacts | undefined {
  const { row } = stored;
  const status = terminalStatus(row.state.verdict);
  if (status === undefined) return undefined;
  const entries = stored.trail.map((each) => readEntry(crypto, row, each));
  const decision = entries.find(({ event }) => event.type === 'decision.made');
  const closing = closingEntry(entries, status);
  if (decision === undefined || closing === undefined) {
    throw new DomainError('unavailable', {
      what: `The record of the verdict on execution ${row.state.id} is not in the audit chain yet.`,
      why: 'A receipt names the row of the chain that records its verdict.',
      howToFix: 'Retry after the time in Retry-After; GET /v1/status shows the backlog.',
      retryAfterMs: 5_000,
    });
  }
  if (!bearsOut(decision, row)) {
    throw contradiction(row, `row ${String(decision.event.seq)} records another decision`);
  }
  const before = entries.filter(({ event }) => event.seq < closing.event.seq);
  const { state, decision: decided } = row;
  const reasonCode = textIn(closing.context, 'reasonCode') ?? decided.reasonCode;
  const { approval } = state;
  return {
    keyId: crypto.receiptKeyId,
    tenant: row.tenant,
    executionId: state.id,
    agent: row.agent,
    action: row.action,
    environment: row.environment,
    requestedBy: row.requester,
    argsDigest: state.argsDigest,
    verdict: decided.verdict,
    ...{ status, reasonCode, decidedBy: closing.actor },
    requestedAtMs: row.decidedAtMs,
    decidedAtMs: closing.atMs,
    matched: decided.matched,
    evaluated: decided.policyChain,
    ...(approval === undefined ? {} : { approval: approvalFacts(stored, approval, before) }),
    decision: decision.event,
    closing: closing.event,
  };
}

/** Whether the row of the decision says what the execution says now, as the chain would write it. */
function bearsOut({ body, payloads, event }: Entry, row: StoredExecution): boolean {
  const expected = auditEvent({
    id: eventId(event.id),
    type: 'decision.made',
    tsMs: 0,
    actor: { kind: 'system', id: '' },
    ...executionFields(row),
    policy: policyResults(row.decision),
    outcome: row.decision.verdict,
    context: { environment: row.environment },
  });
  const told = (name: 'agent' | 'action' | 'execution' | 'outcome' | 'policy'): boolean =>
    same(body[name], expected[name]);
  return (
    payloads['arguments'] === row.state.argsDigest &&
    same(objectOf(body['context'])['environment'], expected.context?.['environment']) &&
    (['agent', 'action', 'execution', 'outcome', 'policy'] as const).every(told)
  );
}

const same = (a: unknown, b: unknown): boolean =>
  canonicalJson((a ?? null) as Json) === canonicalJson((b ?? null) as Json);

function closingEntry(entries: readonly Entry[], status: ReceiptStatus): Entry | undefined {
  const type = CLOSING_TYPES[status];
  const isDecision = type === 'decision.made';
  return entries.find(
    ({ event, outcome }) => event.type === type && (isDecision || outcome === status),
  );
}

function approvalFacts(
  { row, votes }: StoredFacts,
  approval: ApprovalState,
  before: readonly Entry[],
): ApprovalFacts {
  const cast = votes.map((vote) => voteFact(row, vote, before));
  const counted = cast.filter((vote) => vote !== undefined);
  const { number } = approval.level;
  const shown = counted.filter(({ level }) => level === number).at(-1)?.displayDigest;
  const { id, version, of, levels, skipped } = approval.chain;
  const named = [...levels, ...skipped]
    .map((level) => ({ number: level.number, name: level.name }))
    .sort((a, b) => a.number - b.number);
  return {
    id: approval.approvalId,
    chain: { id, version, of, levels: named },
    basis: approval.basis,
    level: number,
    ...(shown === undefined ? {} : { displayDigest: shown }),
    steps: before.flatMap(ladderFact),
    votes: counted,
  };
}

function ladderFact({ event, outcome, context, atMs }: Entry): readonly LadderFact[] {
  const level = context['level'];
  if (event.type !== 'approval.escalated' || typeof level !== 'number') return [];
  return [{ event: outcome ?? 'escalated', level, atMs, auditSeq: event.seq }];
}

/** A vote with its row of the chain, which must say the same; undefined for one after the verdict. */
function voteFact(
  row: StoredExecution,
  vote: RecordedVote,
  before: readonly Entry[],
): VoteFact | undefined {
  const own = before.filter(
    ({ event, actor }) => event.type === 'vote.counted' && actor === vote.principal,
  );
  // A row that waited in the backlog has another sequence than the vote was told.
  const recorded =
    own.find(({ event }) => event.seq === vote.auditSeq) ??
    own.find(({ context }) => context['command'] === vote.commandId);
  if (recorded === undefined) {
    const closed = before.at(-1)?.event.seq ?? 0;
    if (vote.auditSeq > closed) return undefined;
    throw contradiction(row, `vote ${vote.commandId} has no row of the chain`);
  }
  const { context, payloads, event } = recorded;
  const commitment = textIn(payloads, 'rationale');
  const agrees =
    recorded.outcome === vote.verdict &&
    recorded.assurance === vote.assurance &&
    context['level'] === vote.level &&
    context['surface'] === vote.surface &&
    context['displayDigest'] === vote.displayDigest &&
    (vote.rationaleCommitment === undefined || vote.rationaleCommitment === commitment);
  if (!agrees) throw contradiction(row, `vote ${vote.commandId} differs from row ${event.seq}`);
  const { principal, verdict, level, assurance, surface, displayDigest } = vote;
  return {
    ...{
      by: principal,
      verdict,
      level,
      assurance,
      surface,
      atMs: recorded.atMs,
      auditSeq: event.seq,
    },
    ...(displayDigest === undefined ? {} : { displayDigest }),
    ...(commitment === undefined ? {} : { rationaleCommitment: commitment }),
  };
}

/** The row's own parts must agree; its place between its neighbours is for `audit verify`. */
function readEntry(crypto: Crypto, row: StoredExecution, stored: StoredRow): Entry {
  const { faults, leafHash } = checkRow(
    stored,
    { hash: undefined, tsMs: 0 },
    {
      log: row.tenant,
      sha256: (bytes) => crypto.sha256(bytes),
      hmacSha256: crypto.hmacSha256,
      contents: 'full',
    },
  );
  const [fault] = faults;
  if (fault !== undefined || !bytesEqual(leafHash, stored.leafHash)) {
    throw contradiction(row, `row ${stored.seq} of the chain: ${fault?.message ?? 'leaf hash'}`);
  }
  const body = objectOf(JSON.parse(textOf(stored.body ?? new Uint8Array(0))));
  const { seq, id, type } = stored;
  const context = objectOf(body['context']);
  return {
    event: { seq, id, type, leafHash: hexOf(leafHash) },
    outcome: textIn(body, 'outcome'),
    actor: textIn(objectOf(body['actor']), 'id') ?? '',
    assurance: textIn(objectOf(body['actor']), 'assurance'),
    body,
    atMs: happenedAtMs(context) ?? Number(body['tsMs']),
    context,
    payloads: objectOf(body['payloads']),
  };
}

/** When it happened, of a row that had to wait in the backlog before it was chained. */
function happenedAtMs(context: Readonly<Record<string, unknown>>): number | undefined {
  const at = textIn(objectOf(context['backlogged']), 'at');
  return at === undefined || Number.isNaN(Date.parse(at)) ? undefined : Date.parse(at);
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

function textIn(fields: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

const contradiction = (row: StoredExecution, what: string): DomainError =>
  new DomainError('internal', {
    internal: `no receipt of execution ${row.state.id} is signed: ${what}`,
  });
