import type { HmacSha256 } from '../core/audit/bytes';
import type { Checkpoint } from '../core/audit/checkpoint';
import type { AuditEventDraft } from '../core/audit/event';
import type { Frontier } from '../core/audit/merkle';
import type { HeadRow, VerifySignature } from '../core/audit/verify';
import type { StoredRow } from '../core/audit/verify-row';
import type { KillSwitch } from '../core/controls/kill-switch';
import type { ApproverSelector, ChainDefinition } from '../core/escalation/chain';
import type { ExecutionState } from '../core/execution/state';
import type { AgentId, AttemptId, EventId, ExecutionId, PrincipalId, TenantId } from '../core/ids';
import type { JsonObject } from '../core/json';
import type {
  AgentProfile,
  Effect,
  Facts,
  PolicyDecision,
  PolicyRequest,
} from '../core/policy/model';
import type { PolicySet } from '../core/policy/policy-set';

/** Everything policy needs of one tenant at one control epoch. Immutable; replaced when the epoch moves. */
export interface TenantSnapshot {
  readonly tenant: TenantId;
  readonly epoch: number;
  readonly policySet: PolicySet;
  readonly chains: ReadonlyMap<string, ChainDefinition>;
  /** Engagements that can still void something, lifted ones included. */
  readonly kills: readonly KillSwitch[];
  /** What notations without defaults inherit. */
  readonly bundleDefault: Effect;
  readonly listNames: ReadonlySet<string>;
  /** Registered agent or undefined; cached for the life of the snapshot (every change of one moves the epoch). */
  agent(id: AgentId): Promise<AgentProfile | undefined>;
}

export interface SnapshotSource {
  /** The newest snapshot known to this process. */
  current(tenant: TenantId): Promise<TenantSnapshot>;
  /** Drops the cached one, so that the next `current` reads the database. */
  invalidate(tenant: TenantId): void;
}

/** One tenant's controls as stored, read at one epoch; the app layer compiles them into a snapshot. */
export interface RawSnapshot {
  readonly tenant: TenantId;
  readonly epoch: number;
  readonly policies: readonly {
    readonly id: string;
    readonly version: number;
    readonly text: string;
    readonly digest: string;
    readonly bundle: boolean;
  }[];
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly kills: readonly KillSwitch[];
}

export type PayloadKind =
  'arguments' | 'context' | 'facts' | 'rationale' | 'justification' | 'result';

/** One encrypted payload. Deleting `wrappedKey` erases it; the commitment in the chain stays. */
export interface SealedPayload {
  readonly id: EventId;
  readonly execution: ExecutionId;
  readonly kind: PayloadKind;
  readonly commitment: Uint8Array;
  readonly wrappedKey: Uint8Array | undefined;
  readonly ciphertext: Uint8Array;
}

/** The stored execution: state plus the request by reference. */
export interface StoredExecution {
  readonly tenant: TenantId;
  readonly state: ExecutionState;
  readonly agent: AgentId;
  readonly action: string;
  readonly environment: string;
  readonly decision: PolicyDecision;
  /** The agent as the registry knew it when deciding, for deciding again under a new policy. */
  readonly agentProfile: AgentProfile;
  readonly requester: PrincipalId;
  readonly onBehalfOf?: string;
  readonly attemptId?: string;
  readonly idempotencyKey?: string;
  /** SHA-256 hex over the canonical request, to tell a repeat from a reuse of the key. */
  readonly requestDigest: string;
  readonly exceptionRequested: boolean;
  readonly workflowType?: string;
  readonly decidedAtMs: number;
  readonly updatedAtMs: number;
  readonly startPending: boolean;
}

/** A person who may hold an approval, as the directory knows them inside the transaction. */
export interface Approver {
  readonly principal: PrincipalId;
  readonly email: string;
}

export interface VoteRow {
  readonly id: EventId;
  readonly execution: ExecutionId;
  readonly principal: PrincipalId;
  readonly level: number;
  readonly verdict: 'approve' | 'reject';
  readonly counted: boolean;
  readonly refusal?: string;
  readonly assurance: string;
  readonly commandId: string;
  readonly atMs: number;
  readonly auditSeq: number;
}

/** Durable work for a relay, written in the transaction of the fact that causes it. */
export type OutboxJob =
  | {
      readonly kind: 'nudge';
      readonly execution: ExecutionId;
      readonly version: number;
      readonly signal: 'approval' | 'kill';
    }
  | { readonly kind: 'sweep_killed'; readonly kill: string };

/**
 * The open transaction of one unit of work. The tenant's head row is locked and its epoch is the snapshot's.
 * Reads see everything committed before; writes are staged and flushed together, audit rows chained in the
 * order they were staged.
 */
export interface Tx {
  readonly tenant: TenantId;
  /** Postgres clock, read under the head lock. */
  readonly nowMs: number;
  execution(id: ExecutionId): Promise<StoredExecution | undefined>;
  executionByKey(agent: AgentId, idempotencyKey: string): Promise<StoredExecution | undefined>;
  payloads(execution: ExecutionId): Promise<readonly SealedPayload[]>;
  voteByCommand(principal: PrincipalId, commandId: string): Promise<VoteRow | undefined>;
  /** Active people behind each selector, by `describeSelector` text. */
  approvers(
    selectors: readonly ApproverSelector[],
  ): Promise<ReadonlyMap<string, readonly Approver[]>>;
  /** Whether the credential is still valid and its holder active. */
  credentialActive(credentialId: string): Promise<boolean>;
  agentRegistration(agent: AgentId): Promise<
    | {
        readonly owner: string;
        readonly registeredBy: PrincipalId;
        readonly keyMinters: readonly PrincipalId[];
      }
    | undefined
  >;
  openExecutionsDecidedBefore(seq: number, limit: number): Promise<readonly StoredExecution[]>;

  /** Sequence number that the next staged audit event will get. */
  nextSeq(): number;
  /** Stages one audit event, stamped with a fresh id and the transaction's time; returns its sequence number. */
  audit(event: Omit<AuditEventDraft, 'id' | 'tsMs'>): number;
  insertExecution(row: StoredExecution): void;
  updateExecution(row: StoredExecution): void;
  insertPayload(payload: SealedPayload): void;
  insertVote(vote: VoteRow): void;
  enqueue(job: OutboxJob): void;
  /** Tells waiters (long polls) after the commit that this execution changed. */
  notifyChanged(execution: ExecutionId, version: number): void;
  /** Advances the control epoch at this commit and tells every process. */
  bumpEpoch(): void;
  /** Administrative writes, executed at once; only for exclusive units. */
  readonly registry: RegistryWrites;
}

export interface NewCredential {
  readonly id: string;
  readonly hash: Uint8Array;
  readonly principal: PrincipalId;
  readonly agent?: AgentId;
  readonly enrolledBy: PrincipalId;
  readonly assurance: string;
  readonly label: string;
}

export interface NewUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly approverRoles: readonly string[];
}

export interface NewAgent extends AgentProfile {
  readonly registeredBy: PrincipalId;
  readonly policies: readonly string[];
  readonly tools: JsonObject;
}

export interface RegistryWrites {
  /** False when the id is taken. */
  insertUser(user: NewUser): Promise<boolean>;
  userExists(id: string): Promise<boolean>;
  insertCredential(credential: NewCredential): Promise<boolean>;
  insertAgent(agent: NewAgent): Promise<boolean>;
  insertPolicyVersion(policy: {
    readonly id: string;
    readonly text: string;
    readonly format: string;
    readonly digest: string;
    readonly author: PrincipalId;
    readonly publish: boolean;
    /** A shipped bundle whose default other notations inherit. */
    readonly bundle: boolean;
  }): Promise<{ readonly version: number; readonly unchanged: boolean }>;
  putList(name: string, values: readonly string[]): Promise<void>;
  engageKill(kill: KillSwitch): Promise<void>;
  /** False when no such engaged switch exists. */
  liftKill(
    id: string,
    lift: { readonly reason: string; readonly by: string; readonly atMs: number },
  ): Promise<boolean>;
  /** False when one is stored already. */
  storeHistory(execution: ExecutionId, history: Uint8Array, sha256: string): Promise<boolean>;
  /** Takes the oldest facts that could not be chained when they happened. */
  drainBacklog(limit: number): Promise<readonly unknown[]>;
}

export interface Unit<R> {
  /** Exclusive units run alone in their batch and may use `tx.registry`. */
  readonly lane?: 'exclusive';
  /** Units of one key never share a batch: the later sees what the earlier committed. */
  readonly key?: string;
  /** Runs before the lock, again when the epoch moved: gather what deciding under this snapshot needs. */
  prepare?(snapshot: TenantSnapshot): Promise<void>;
  /** Runs under the lock, possibly more than once (never after a commit): no effect but through `tx`. */
  work(tx: Tx, snapshot: TenantSnapshot): R | Promise<R>;
  /**
   * What stops something (kill, deny, cancel) commits even when the audit insert is refused, with a backlog
   * row in the same transaction. What grants power never does. Judged on the staged result.
   */
  stopsOnly?(result: R): boolean;
}

export interface Committer {
  /** Answers after the commit. Throws DomainError `unavailable` when the commit is not certain. */
  commit<R>(tenant: TenantId, unit: Unit<R>): Promise<R>;
  /** One transaction over all tenants' heads in order, as the system role: for what is global. */
  commitEverywhere(work: (tx: Tx) => Promise<void>): Promise<void>;
}

/** What was opened, or why it cannot be: erased on request, sealed under another key, or damaged. */
export type OpenedPayload =
  | { readonly ok: true; readonly plaintext: Uint8Array }
  | { readonly ok: false; readonly reason: 'erased' | 'unknown_key' | 'damaged' };

export interface Cryptography {
  sha256(bytes: Uint8Array): Uint8Array;
  randomBytes(length: number): Uint8Array;
  newSalt(): Uint8Array;
  /** Time-ordered. */
  uuidv7(): string;
  /** HMAC-SHA256 under the salt, hex: the salted commitment of canonical bytes. */
  commit(salt: Uint8Array, bytes: Uint8Array): string;
  sealPayload(
    kind: string,
    plaintext: Uint8Array,
    aad: string,
  ): { readonly wrappedKey: Uint8Array; readonly ciphertext: Uint8Array };
  openPayload(
    kind: string,
    sealed: { readonly wrappedKey: Uint8Array | null; readonly ciphertext: Uint8Array },
    aad: string,
  ): OpenedPayload;
  /** The signed note of a checkpoint. */
  signCheckpoint(checkpoint: Checkpoint): string;
  readonly hmacSha256: HmacSha256;
  /** MAC of a text under the token key, base64url. */
  macOf(text: string): string;
  /** Constant-time comparison. */
  equal(a: string, b: string): boolean;
  readonly verifyCheckpointSignature: VerifySignature;
  releaseToken(
    claim: {
      readonly execution: ExecutionId;
      readonly attempt: AttemptId;
      readonly digest: string;
    },
    expiresAtMs: number,
  ): string;
}

export interface FactGatherer {
  gather(request: PolicyRequest, names: readonly string[], deadlineMs: number): Promise<Facts>;
}

/** What the database owes Temporal, across tenants. Every use of a row is idempotent. */
export interface OutboxStore {
  /** Executions that wait for their workflow, approvals before ALLOWs, then oldest first. */
  pendingStarts(limit: number): Promise<readonly StoredExecution[]>;
  markStarted(tenant: TenantId, ids: readonly ExecutionId[]): Promise<void>;
  /** Sweeps before nudges, then oldest first. */
  jobs(
    limit: number,
  ): Promise<
    readonly { readonly id: string; readonly tenant: TenantId; readonly job: OutboxJob }[]
  >;
  finishJobs(ids: readonly string[]): Promise<void>;
  /** Ordered by id, after `after`; waiting executions decided over a minute ago whose start is not pending. */
  waitingWithoutPendingStart(
    after: ExecutionId | undefined,
    limit: number,
  ): Promise<readonly { readonly tenant: TenantId; readonly executionId: ExecutionId }[]>;
  /** Only those that still wait. */
  markStartPending(
    rows: readonly { readonly tenant: TenantId; readonly executionId: ExecutionId }[],
  ): Promise<void>;
  /** Executions overdue by at least `overdueMs`. */
  overdue(
    overdueMs: number,
    limit: number,
  ): Promise<readonly { readonly tenant: TenantId; readonly executionId: ExecutionId }[]>;
  /** Age of each tenant's oldest pending start. */
  startLags(): Promise<ReadonlyMap<TenantId, number>>;
  backlogSizes(): Promise<ReadonlyMap<TenantId, number>>;
}

/** Starts or nudges the workflow of an execution; never decides anything. */
export interface WorkflowStarter {
  /** Best effort right after the commit; the outbox relay makes up for it. Never throws. */
  startSoon(execution: StoredExecution): void;
  nudgeSoon(job: OutboxJob & { readonly kind: 'nudge' }, tenant: TenantId): void;
}

export interface StartLag {
  /** Age in milliseconds of the tenant's oldest execution that still waits for its workflow. */
  lagMs(tenant: TenantId): number;
}

/** A row with the control epoch and the database's clock of the same moment. */
export interface ReadExecution {
  readonly row: StoredExecution;
  readonly epoch: number;
  readonly nowMs: number;
}

/** Reads outside transactions, under the tenant's row-level security. */
export interface ExecutionReads {
  execution(tenant: TenantId, id: ExecutionId): Promise<ReadExecution | undefined>;
  executionByApproval(tenant: TenantId, approvalId: string): Promise<ReadExecution | undefined>;
  payloads(tenant: TenantId, id: ExecutionId): Promise<readonly SealedPayload[]>;
  list(
    tenant: TenantId,
    filter: ExecutionFilter,
  ): Promise<{ readonly rows: readonly StoredExecution[]; readonly nextCursor?: string }>;
  /** Database clock. */
  nowMs(): Promise<number>;
}

export interface ExecutionFilter {
  readonly agent?: AgentId;
  readonly statuses?: readonly string[];
  readonly action?: string;
  readonly cursor?: string;
  readonly limit: number;
}

/** Listings and single reads of the directory, policies and controls, under row-level security. */
export interface RegistryReads {
  users(tenant: TenantId): Promise<readonly NewUser[]>;
  agents(tenant: TenantId): Promise<readonly AgentProfile[]>;
  agent(tenant: TenantId, id: AgentId): Promise<AgentProfile | undefined>;
  policies(tenant: TenantId): Promise<readonly StoredPolicy[]>;
  policy(
    tenant: TenantId,
    id: string,
    version: number | undefined,
  ): Promise<(StoredPolicy & { readonly text: string }) | undefined>;
  lists(tenant: TenantId): Promise<ReadonlyMap<string, readonly string[]>>;
  kills(tenant: TenantId): Promise<readonly KillSwitch[]>;
  auditEvents(
    tenant: TenantId,
    filter: {
      readonly execution?: string;
      readonly type?: string;
      readonly before?: number;
      readonly limit: number;
    },
  ): Promise<readonly StoredAuditEvent[]>;
}

export interface StoredPolicy {
  readonly id: string;
  readonly version: number;
  readonly publishedVersion: number | null;
  readonly author: string;
  readonly createdAt: string;
  readonly format: string;
  readonly digest: string;
}

export interface StoredAuditEvent {
  readonly seq: number;
  readonly tsMs: number;
  readonly id: string;
  readonly type: string;
  readonly actor: string;
  readonly agent?: string;
  readonly execution?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly body: Uint8Array;
  readonly leafHash: Uint8Array;
}

/** The chain as stored, for the verifier and the checkpointer. */
export interface AuditLog {
  head(tenant: TenantId): Promise<HeadRow>;
  /** Rows after `seq`, in order, at most `limit`. */
  rowsAfter(tenant: TenantId, seq: number, limit: number): Promise<readonly StoredRow[]>;
  /** Leaf hashes after `seq`, in order, at most `limit`. */
  leavesAfter(tenant: TenantId, seq: number, limit: number): Promise<readonly Uint8Array[]>;
  checkpoints(
    tenant: TenantId,
  ): Promise<readonly { readonly size: number; readonly note: string }[]>;
  newestCheckpoint(
    tenant: TenantId,
  ): Promise<{ readonly size: number; readonly frontier: Frontier } | undefined>;
  /** Keeps the first one of a size. */
  storeCheckpoint(tenant: TenantId, size: number, note: string, frontier: Frontier): Promise<void>;
  tenants(): Promise<readonly TenantId[]>;
}

/** Who holds a key. Looked up across tenants by the hash of the whole string. */
export interface CredentialHolder {
  readonly id: string;
  readonly tenant: TenantId;
  readonly principal: PrincipalId;
  readonly agent?: AgentId;
  readonly enrolledBy: PrincipalId;
  readonly assurance: string;
  readonly roles: readonly string[];
  readonly approverRoles: readonly string[];
}

export interface CredentialLookup {
  findById(id: string): Promise<CredentialHolder | undefined>;
  /** Undefined for an unknown, expired or revoked key, or one whose holder is not active. */
  find(hash: Uint8Array): Promise<CredentialHolder | undefined>;
}

/** Wakes when an execution changes, or after `timeoutMs`; the caller re-reads by version. */
export interface ChangeWaiter {
  waitForChange(execution: ExecutionId, timeoutMs: number, signal?: AbortSignal): Promise<void>;
}

export interface Logger {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
