import { receiptBytes, receiptOf, type ReceiptBody } from '../core/audit/receipt';
import type { ReceiptProof } from '../core/audit/receipt-proof';
import { PROOF_PENDING, saltCheckOf } from '../core/audit/verify-receipt';
import type { StoredRow } from '../core/audit/verify-row';
import { DomainError } from '../core/errors';
import { endsAtMs, isOpen, statusOf } from '../core/execution/state';
import type { ExecutionId } from '../core/ids';
import { createFreshen, type FreshDeps } from './apply-due';
import { requirePermission, type Caller } from './caller';
import { openKind } from './payloads';
import type { StoredExecution } from './ports';
import { createProveInclusion } from './prove-inclusion';
import type { AuditLog, ChangeWaiter, ExecutionReads } from './read-ports';
import { readOwn } from './read-execution';
import { receiptFacts } from './receipt-facts';

const WAIT_MAX_MS = 50_000;
/** A worker signs checkpoints; nothing announces them. */
const LOOK_AGAIN_MS = 500;

export interface ReceiptInput {
  readonly executionId: string;
  /** How long to wait for the checkpoint that covers the verdict; 0 reads at once, at most 50 s. */
  readonly waitMs: number;
  readonly signal?: AbortSignal;
}

/** The receipt as handed out. Only `receipt` is signed; `body` shows what it says. */
export interface ReceiptView {
  /** Compact JWS. */
  readonly receipt: string;
  readonly body: ReceiptBody;
  /** Base64url; only for the submitting agent's key, and until it is erased. */
  readonly argsSalt?: string;
  readonly argsSaltCheck?: string;
  readonly proof?: ReceiptProof;
  readonly proofPending?: { readonly why: string };
}

export interface ReceiptDeps extends FreshDeps {
  readonly reads: ExecutionReads;
  readonly log: Pick<AuditLog, 'coveringCheckpoint' | 'leavesAfter'>;
  readonly waiter: ChangeWaiter;
  /** Milliseconds of a clock that never jumps, for the caller's own patience only. */
  readonly monotonicMs: () => number;
  /** Evidence left the house: counted, and chained with the next batch of notes. */
  readonly noteReceipt: (caller: Caller, row: StoredExecution) => void;
}

const noVerdict = ({ state }: StoredExecution): DomainError => {
  const due = endsAtMs(state);
  return new DomainError('approval_pending', {
    what: `Execution ${state.id} has no verdict yet, so there is no receipt of one.`,
    howToFix: `Wait for the verdict with GET /v1/executions/${state.id}?waitMs=50000, then read the receipt.`,
    extra: {
      executionId: state.id,
      executionStatus: statusOf(state),
      ...(due === undefined ? {} : { deadline: new Date(due).toISOString() }),
    },
  });
};

/**
 * The signed receipt of a verdict that stands, for whoever may read the execution. Made from stored facts
 * alone, so every process gives the same bytes; nothing is stored. Throws DomainError `approval_pending`
 * without a verdict, `execution_not_found`, `unavailable`.
 */
export function createReadReceipt(deps: ReceiptDeps) {
  const freshen = createFreshen(deps);
  const prove = createProveInclusion(deps);
  const proofWithin = async (
    caller: Caller,
    row: { readonly id: ExecutionId; readonly closing: StoredRow },
    input: ReceiptInput,
  ): Promise<ReceiptProof | undefined> => {
    const until = deps.monotonicMs() + Math.min(Math.max(input.waitMs, 0), WAIT_MAX_MS);
    for (;;) {
      const proof = await prove(caller.tenant, row.closing);
      const leftMs = until - deps.monotonicMs();
      if (proof !== undefined || leftMs <= 0 || input.signal?.aborted === true) return proof;
      await deps.waiter.waitForChange(row.id, Math.min(leftMs, LOOK_AGAIN_MS), input.signal);
    }
  };
  return async (caller: Caller, input: ReceiptInput): Promise<ReceiptView> => {
    requirePermission(caller, 'executions:read');
    const read = await readOwn(deps.reads, caller, input.executionId);
    const { row } = await freshen(caller.tenant, read);
    const { id } = row.state;
    if (isOpen(row.state)) throw noVerdict(row);
    const votes = await deps.reads.votes(caller.tenant, id);
    const trail = await deps.reads.trail(caller.tenant, id);
    const facts = receiptFacts(deps.crypto, { row, votes, trail });
    const closing = trail.find(({ seq }) => seq === facts?.closing.seq);
    if (facts === undefined || closing === undefined) throw noVerdict(row);
    const body = receiptOf(facts);
    const proof = await proofWithin(caller, { id, closing }, input);
    const salt = await saltFor(deps, caller, row);
    deps.noteReceipt(caller, row);
    return {
      receipt: deps.crypto.signReceipt(receiptBytes(body)),
      body,
      ...salt,
      ...(proof === undefined ? { proofPending: { why: PROOF_PENDING } } : { proof }),
    };
  };
}

async function saltFor(
  { crypto, reads }: Pick<ReceiptDeps, 'crypto' | 'reads'>,
  caller: Caller,
  { agent, state }: StoredExecution,
): Promise<Pick<ReceiptView, 'argsSalt' | 'argsSaltCheck'>> {
  if (caller.agent !== agent) return {};
  const payloads = await reads.payloads(caller.tenant, state.id);
  const salt = openKind(crypto, caller.tenant, payloads, 'arguments')?.salt;
  if (salt === undefined) return {};
  return {
    argsSalt: Buffer.from(salt).toString('base64url'),
    argsSaltCheck: saltCheckOf(salt, state.argsDigest, crypto.hmacSha256),
  };
}
