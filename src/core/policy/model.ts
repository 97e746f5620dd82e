import type { AgentId } from '../ids';
import type { JsonObject } from '../json';
import type { Reversibility, RiskLevel, RiskScore } from '../risk/model';

/** From least to most restrictive. Combining takes the most restrictive of all matched rules. */
export const EFFECTS = [
  'allow',
  'audit',
  'transform',
  'throttle',
  'require_approval',
  'deny',
] as const;
export type Effect = (typeof EFFECTS)[number];

export type PolicyVerdict = 'ALLOW' | 'DENY' | 'REQUIRE_APPROVAL';

/** What the registry knows of the agent; a claim in the request's context may tighten but never loosen it. */
export interface AgentProfile {
  readonly id: AgentId;
  readonly owner: string;
  readonly name?: string;
  readonly model?: string;
  readonly team?: string;
  readonly riskLevel: RiskLevel;
  readonly environment: string;
  readonly environments: readonly string[];
  readonly tags: readonly string[];
  readonly status: 'active' | 'suspended' | 'retired';
  /** The tools, by action name, of which the registry knows how far they can be taken back. */
  readonly tools?: Readonly<Record<string, { readonly reversibility: Reversibility }>>;
}

/** The part of a request that policy reads. */
export interface PolicyRequest {
  readonly agent: AgentProfile;
  readonly action: string;
  readonly environment: string;
  readonly args: JsonObject;
  readonly context: JsonObject;
  readonly exceptionRequested: boolean;
  readonly justification?: string;
  readonly workflowType?: string;
}

/**
 * Facts computed outside the core before deciding, keyed by fact name (`sql`, `recipients`). Stored with the decision and
 * reused when it is decided again, so that the same request, policy and snapshot give the same decision (I-10).
 * A fact that was asked for and could not be computed is `{ error }`, which restrictive rules treat as matched.
 */
export type Facts = Readonly<Record<string, FactValue>>;
export type FactValue = { readonly value: JsonObject } | { readonly error: string };

export interface PolicyInput {
  readonly request: PolicyRequest;
  readonly facts: Facts;
  /** Milliseconds since the epoch, from the database's clock. */
  readonly nowMs: number;
}

/** One requirement of human approval; several merge into their union with the strictest timers. */
export interface ApprovalRequirement {
  /** Chain id. */
  readonly chain: string;
  /** Replaces the approvers of the chain's first level when a rule names a role. */
  readonly approverRole?: string;
}

export interface MatchedRule {
  readonly policy: string;
  readonly version: number;
  readonly rule: string;
  readonly effect: Effect;
  readonly reason: string;
  /** The rule counted as matched because a condition could not be evaluated (fail closed). */
  readonly policyError?: string;
}

/** Why one candidate rule did or did not match: the first condition that decided it. Values are redacted, bounded text. */
export interface RuleTrace {
  readonly policy: string;
  readonly version: number;
  readonly rule: string;
  readonly effect: Effect;
  readonly matched: boolean;
  readonly failed?: {
    readonly field: string;
    readonly operator: string;
    readonly expected: string;
    readonly actual: string;
  };
  readonly policyError?: string;
  /** The policy is in shadow mode: evaluated and recorded, not applied. */
  readonly shadow?: true;
}

export interface Obligation {
  readonly type: 'warn' | 'audit';
  readonly policy: string;
  readonly rule: string;
  readonly message: string;
}

/** What `decide` returns: plain data, stable under replay. */
export interface PolicyDecision {
  readonly verdict: PolicyVerdict;
  /** Registry code for a DENY (`policy_violation`, `no_active_policy`, `policy_error`, …), else `allowed` or `approval_required`. */
  readonly reasonCode: string;
  readonly reason: string;
  /** Plain English: what decided, and the nearest change that would allow it. */
  readonly explanation: string;
  readonly matched: readonly MatchedRule[];
  readonly trace: readonly RuleTrace[];
  readonly obligations: readonly Obligation[];
  /** Non-empty exactly when the verdict is REQUIRE_APPROVAL; sorted, without duplicates. */
  readonly requirements: readonly ApprovalRequirement[];
  /** Every policy version evaluated with its result. */
  readonly policyChain: readonly {
    readonly policy: string;
    readonly version: number;
    readonly effect: Effect | 'no_match';
    readonly shadow?: true;
  }[];
  /** The role that may grant an exception to this denial, when each denying rule offers one. */
  readonly exceptionOffered?: string;
  /** Always there on a new decision; absent on one stored before requests were scored. */
  readonly risk?: RiskScore;
}
