import type { Frontier } from '../core/audit/merkle';
import type { HeadRow } from '../core/audit/verify';
import type { StoredRow } from '../core/audit/verify-row';
import type { KillReach, KillSwitch } from '../core/controls/kill-switch';
import type { AgentId, ExecutionId, PrincipalId, TenantId } from '../core/ids';
import type { AgentProfile } from '../core/policy/model';
import type { ChainReads, GroupReads } from './chain-ports';
import type { NewUser, VoteRow } from './commit-ports';
import type { OutboxJob } from './ports';
import type { SealedPayload, StoredExecution } from './ports';

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
  /** Votes that were counted when they were cast, in order. */
  votes(tenant: TenantId, id: ExecutionId): Promise<readonly RecordedVote[]>;
  /** Rows of the chain on its decision, ladder, counted votes and ends, in order; at most 1,000. */
  trail(tenant: TenantId, id: ExecutionId): Promise<readonly StoredRow[]>;
  list(
    tenant: TenantId,
    filter: ExecutionFilter,
  ): Promise<{ readonly rows: readonly StoredExecution[]; readonly nextCursor?: string }>;
  /** Database clock. */
  nowMs(): Promise<number>;
}

/** A counted vote as stored, with where it came from and what was shown. */
export interface RecordedVote extends Pick<
  VoteRow,
  'principal' | 'level' | 'assurance' | 'commandId' | 'auditSeq'
> {
  readonly verdict: string;
  readonly surface: string;
  readonly displayDigest?: string;
  /** Hex. */
  readonly rationaleCommitment?: string;
}

export interface ExecutionFilter {
  readonly agent?: AgentId;
  readonly statuses?: readonly string[];
  readonly action?: string;
  readonly cursor?: string;
  readonly limit: number;
}

/** Listings and single reads of the directory, policies and controls, under row-level security. */
export interface RegistryReads extends ChainReads, GroupReads {
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
  kill(tenant: TenantId, id: string): Promise<KillSwitch | undefined>;
  /** Whether anything registered, or lately recorded for an action, goes by the name of the target. */
  killTargetKnown(tenant: TenantId, reach: KillReach): Promise<boolean>;
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
  /** The first checkpoint of at least `seq` rows, with the frontier of the last one before those rows. */
  coveringCheckpoint(
    tenant: TenantId,
    seq: number,
  ): Promise<
    { readonly size: number; readonly note: string; readonly before: Frontier } | undefined
  >;
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
  /** A chain may ask this person by something else than a role: group, schedule, manager, owner, name. */
  readonly isAsked?: boolean;
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
