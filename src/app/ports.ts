import type { HmacSha256 } from '../core/audit/bytes';
import type { Checkpoint } from '../core/audit/checkpoint';
import type { VerifySignature } from '../core/audit/verify';
import type { KillSwitch } from '../core/controls/kill-switch';
import type { AddTime } from '../core/escalation/business-time';
import type { ChainDefinition } from '../core/escalation/chain';
import type { LadderSituation } from '../core/escalation/compose';
import type { ExecutionState } from '../core/execution/state';
import type { AgentId, AttemptId, EventId, ExecutionId, PrincipalId, TenantId } from '../core/ids';
import type {
  AgentProfile,
  Effect,
  Facts,
  PolicyDecision,
  PolicyInput,
  PolicyRequest,
} from '../core/policy/model';
import type { PolicySet } from '../core/policy/policy-set';

/** Everything policy needs of one tenant at one control epoch. Immutable; replaced when the epoch moves. */
export interface TenantSnapshot {
  readonly tenant: TenantId;
  readonly epoch: number;
  readonly policySet: PolicySet;
  readonly chains: ReadonlyMap<string, ChainDefinition>;
  /** Names of the facts that conditions of chains look at. */
  readonly chainFacts: readonly string[];
  /** What a chain's own rules are judged by, for one request. */
  readonly situation: (input: PolicyInput, riskScore: number) => LadderSituation;
  readonly addTime: AddTime;
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
  /** The tenant's own chains in force; the predefined ones are known without the database. */
  readonly chains: readonly {
    readonly id: string;
    readonly version: number;
    readonly text: string;
    readonly digest: string;
  }[];
  readonly kills: readonly KillSwitch[];
}

export type PayloadKind =
  'arguments' | 'context' | 'facts' | 'rationale' | 'justification' | 'actor' | 'result';

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
  /** Id of the key that signs receipts. */
  readonly receiptKeyId: string;
  /** Compact JWS over the bytes of a receipt's body; the same bytes give the same JWS. */
  signReceipt(payload: Uint8Array): string;
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

/** Durable work for a relay, written in the transaction of the fact that causes it. */
export type OutboxJob =
  | {
      readonly kind: 'nudge';
      readonly execution: ExecutionId;
      readonly version: number;
      readonly signal: 'approval' | 'kill';
    }
  | { readonly kind: 'sweep_killed'; readonly kill: string };

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

export interface Logger {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
