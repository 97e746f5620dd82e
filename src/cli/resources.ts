import type { VerifyState } from '../core/audit/verify-states';
import type { Role } from '../core/access/permissions';
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
}

export interface IssuedKey {
  readonly id: string;
  readonly key: string;
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

export interface KillSwitchView {
  readonly id: string;
  readonly scope: string;
  readonly reason: string;
  readonly severity: Severity;
  readonly engagedAt: string;
  readonly engagedBy: string;
  readonly expiresAt?: string;
  readonly liftedAt?: string;
  readonly engagedSeq: number;
  readonly active: boolean;
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
