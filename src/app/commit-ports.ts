import type { AuditEventDraft } from '../core/audit/event';
import type { KillSwitch } from '../core/controls/kill-switch';
import type { ApproverSelector } from '../core/escalation/chain';
import type { CountedVote, Surface } from '../core/escalation/approval-state';
import type { AgentId, EventId, ExecutionId, PrincipalId, TenantId } from '../core/ids';
import type { JsonObject } from '../core/json';
import type { AgentProfile } from '../core/policy/model';
import type { ChannelIdentityWrites } from './channel-identity-ports';
import type { ChainWrites, GroupWrites } from './chain-ports';
import type { MessagePurpose } from './channel-ports';
import type { SealedPayload, StoredExecution, TenantSnapshot, OutboxJob } from './ports';

/** A person who may hold an approval, as the directory knows them inside the transaction. */
export interface Approver {
  readonly principal: PrincipalId;
  readonly email: string;
}

/** What of a request names people; only a verified requester, never a claimed one. */
export interface RequestPeople {
  readonly requester?: PrincipalId;
  /** Id or e-mail address of the user who answers for the agent. */
  readonly owner?: string;
}

export interface VoteRow {
  readonly id: EventId;
  readonly execution: ExecutionId;
  readonly principal: PrincipalId;
  /** Number (1-based) of the level. */
  readonly level: number;
  readonly verdict: CountedVote['verdict'];
  readonly counted: boolean;
  readonly refusal?: string;
  readonly assurance: string;
  readonly surface: Surface;
  /** Hex digest of what the voter's level was shown when the vote was judged. */
  readonly displayDigest?: string;
  /** Hex, of the sealed rationale. */
  readonly rationaleCommitment?: string;
  readonly commandId: string;
  readonly atMs: number;
  readonly auditSeq: number;
}

/** A message that a channel shall show, in the transaction of the fact that causes it. */
export interface NewMessage {
  readonly execution: ExecutionId;
  readonly purpose: MessagePurpose;
  readonly version: number;
}

/** One page of what is pending or approved and not released. */
export interface VoidableScan {
  /** Audit sequence that the decision came before. */
  readonly decidedBefore: number;
  readonly where?: {
    readonly attribute: 'agent' | 'action' | 'environment';
    readonly value: string;
  };
  /** Last row of the page before. */
  readonly after?: { readonly decidedSeq: number; readonly id: ExecutionId };
  readonly limit: number;
}

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
  /**
   * Active people behind each selector, by `describeSelector` text; on call by the transaction's clock.
   * `manager_of` and `owner_of` name nobody without what `about` says of the request.
   */
  approvers(
    selectors: readonly ApproverSelector[],
    about?: RequestPeople,
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
  /** Ordered by decision, executions that a kill switch can still void. */
  voidableExecutions(scan: VoidableScan): Promise<readonly StoredExecution[]>;

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
  /** Asks channels for a message; idempotent by execution and purpose. */
  putMessage(message: NewMessage): void;
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
  /** Id of the user who stands above this one. */
  readonly manager?: string;
}

export interface NewAgent extends Omit<AgentProfile, 'tools'> {
  readonly registeredBy: PrincipalId;
  readonly policies: readonly string[];
  /** Everything said about each tool, by its name. */
  readonly tools: JsonObject;
}

export interface RegistryWrites extends ChannelIdentityWrites, ChainWrites, GroupWrites {
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
  /** The engagement of this id that stands already; undefined when this one is written. */
  engageKill(kill: KillSwitch): Promise<KillSwitch | undefined>;
  /** False when no engaged switch of this id and scope exists. */
  liftKill(
    kill: Pick<KillSwitch, 'id' | 'scope'>,
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
  /**
   * One transaction over all tenants' heads in order, as the system role: for what is global. Only a stop may
   * commit while the chain refuses rows.
   */
  commitEverywhere(
    work: (tx: Tx) => Promise<void>,
    options: { readonly stopsOnly: boolean },
  ): Promise<void>;
  /**
   * One transaction over one tenant's head, past the queue and without its snapshot: a brake waits for nothing
   * that it stops.
   */
  commitStop(tenant: TenantId, work: (tx: Tx) => Promise<void>): Promise<void>;
}
