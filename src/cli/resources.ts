import type { VerifyState } from '../core/audit/verify-states';
import type { Role } from '../core/access/permissions';
import { KILL_SCOPES } from '../core/controls/kill-switch';
import type { ChainDefinition } from '../core/escalation/chain';
import type { JsonObject } from '../core/json';
import type { RiskLevel } from '../core/risk/model';

/** What the REST API sends and takes, beyond the views of core/execution. Times are ISO 8601 UTC. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

export interface SubmitBody {
  readonly agent: string;
  readonly action: string;
  readonly environment?: string | undefined;
  readonly args: JsonObject;
  readonly context: JsonObject;
  readonly mode?: 'decide' | 'dry_run';
  readonly idempotencyKey?: string | undefined;
  readonly attemptId?: string | undefined;
  readonly exceptionRequested?: boolean | undefined;
  readonly justification?: string | undefined;
  readonly expiresAt?: string | undefined;
  /** Only for evaluation: decide as if it were this moment. */
  readonly time?: string | undefined;
}

export interface Diagnostic {
  readonly severity?: string;
  readonly code?: string;
  readonly message: string;
  readonly path?: string;
  readonly line?: number;
  readonly column?: number;
  readonly hint?: string;
}

export interface PublishedPolicy {
  readonly id: string;
  readonly version: number;
  readonly published: boolean;
  readonly unchanged: boolean;
  readonly warnings: readonly Diagnostic[];
}

export interface PolicySummary {
  readonly id: string;
  readonly version: number;
  readonly publishedVersion: number | null;
  readonly author: string;
  readonly createdAt: string;
  readonly format: string;
}

export interface PolicyText {
  readonly id: string;
  readonly version: number;
  readonly published: boolean;
  readonly text: string;
  readonly digest: string;
}

export interface ValueList {
  readonly name: string;
  readonly values: readonly string[];
}

export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly approverRoles: readonly string[];
  readonly manager?: string;
}

export type CreatedUser = User & { readonly warnings?: readonly string[] };

export interface ChainView extends ChainDefinition {
  readonly source: 'predefined' | 'own';
  readonly description: string;
}

export interface ChainDetail extends ChainView {
  readonly inForce: boolean;
  /** Absent for a predefined chain. */
  readonly text?: string;
}

export interface PublishedChain {
  readonly id: string;
  readonly version: number;
  readonly unchanged: boolean;
  readonly warnings: readonly Diagnostic[];
  readonly definition: ChainDefinition;
  readonly description: string;
}

export interface ChainValidation {
  readonly ok: boolean;
  readonly problems: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
  readonly description?: string;
}

export interface WithdrawnChain {
  readonly id: string;
  readonly withdrawnVersion: number;
  readonly predefinedVersion?: number;
}

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly members: readonly string[];
}

export interface ShiftBody {
  readonly user: string;
  readonly from: string;
  readonly to: string;
}

export interface OnCallSchedule {
  readonly schedule: string;
  readonly shifts: readonly ShiftBody[];
  readonly onCallNow: readonly string[];
}

export interface IssuedKey {
  readonly id: string;
  readonly key: string;
}

export interface SlackIdentity {
  readonly id: string;
  readonly teamId: string;
  readonly userId: string;
  readonly principal: string;
  readonly assurance: string;
  readonly enrolledBy: string;
  readonly linkedAt: string;
}

export interface SlackStatus {
  readonly behind: number;
  readonly oldestMs: number;
  readonly givenUp: number;
  readonly linkedAccounts: number;
  readonly troubled: readonly {
    readonly execution: string;
    readonly purpose: string;
    readonly givenUp: boolean;
    readonly attempts: number;
    readonly failure: string;
  }[];
}

export interface NewAgentBody {
  readonly id?: string | undefined;
  readonly owner: string;
  readonly riskLevel: RiskLevel;
  readonly environment: string;
  readonly environments?: readonly string[] | undefined;
  readonly name?: string | undefined;
  readonly model?: string | undefined;
  readonly team?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

export interface Agent {
  readonly id: string;
  readonly owner: string;
  readonly name?: string;
  readonly model?: string;
  readonly team?: string;
  readonly riskLevel: RiskLevel;
  readonly environment: string;
  readonly environments: readonly string[];
  readonly tags: readonly string[];
  readonly status: string;
}

/** The key is shown this once. */
export interface RegisteredAgent extends Agent {
  readonly key: string;
  readonly warnings: readonly string[];
}

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const KILL_SCOPE_NAMES = [...KILL_SCOPES, 'tool'] as const;
/** `tool` is the other name of `action`. */
export type KillScopeName = (typeof KILL_SCOPE_NAMES)[number];

export interface EngageKillSwitchBody {
  readonly scope: KillScopeName;
  readonly target?: string | undefined;
  readonly reason: string;
  readonly severity: Severity;
  readonly expiresAt?: string | undefined;
  /** A UUID of the caller makes a repeat safe. */
  readonly id?: string | undefined;
}

export interface KillSwitchView {
  readonly id: string;
  readonly scope: string;
  readonly target?: string;
  readonly reason: string;
  readonly severity: Severity;
  readonly engagedAt: string;
  readonly engagedBy: string;
  readonly expiresAt?: string;
  readonly liftedAt?: string;
  readonly engagedSeq: number;
  readonly active: boolean;
}

export interface EngagedKillSwitch extends KillSwitchView {
  readonly warnings?: readonly string[];
}

export interface IntegrityReport {
  readonly state: VerifyState;
  /** Number of records seen. */
  readonly size: number;
  /** Number of records under the newest signed checkpoint. */
  readonly checkpointSize: number;
  /** In the order they were found; the server lists a bounded number. */
  readonly breaks: readonly {
    readonly seq: number;
    readonly kind: string;
    readonly message: string;
  }[];
}

export interface AuditEventView {
  readonly seq: number;
  readonly ts: string;
  readonly id: string;
  readonly type: string;
  readonly actor: string;
  readonly agent?: string;
  readonly execution?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly body: JsonObject;
  readonly leafHash: string;
}

/** `GET /readyz`: which part is missing, when one is. */
export interface Readiness {
  readonly ready: boolean;
  readonly dependencies?: Readonly<
    Record<string, { readonly ready: boolean; readonly detail?: string }>
  >;
}

/** `GET /v1/status`: version, environment and one member per part. */
export type SystemStatus = JsonObject;
