import type { JsonObject } from '../json';
import type {
  MatchedRule,
  Obligation,
  PolicyDecision,
  PolicyVerdict,
  RuleTrace,
} from '../policy/model';
import type { RiskScore } from '../risk/model';
import type { ExecutionStatus } from './state';

/** The open or final approval of an execution as askers see it. Times are ISO 8601 UTC. */
export interface ApprovalView {
  readonly id: string;
  readonly chain: string;
  /** 1-based. */
  readonly level: number;
  readonly levelName: string;
  /** Number of levels. */
  readonly of: number;
  readonly deadline: string;
  readonly approvers: string;
  readonly votes: readonly {
    readonly by: string;
    readonly verdict: 'approve' | 'reject' | 'escalate';
    readonly level: number;
    readonly at: string;
  }[];
}

/** The Decision of spec/executions.md: answer to submit, read, await and release. */
export interface ExecutionView {
  readonly executionId: string;
  readonly verdict: PolicyVerdict;
  readonly status: ExecutionStatus;
  readonly reasonCode: string;
  readonly reason: string;
  readonly explanation: string;
  readonly matched: readonly MatchedRule[];
  readonly trace: readonly RuleTrace[];
  readonly policyChain: PolicyDecision['policyChain'];
  readonly obligations: readonly Obligation[];
  /** Absent for what was decided before requests were scored. */
  readonly risk?: RiskScore;
  readonly agent: string;
  readonly action: string;
  readonly environment: string;
  readonly mode: 'decide';
  readonly argsDigest: string;
  /** Base64url; only for the submitting agent's key. */
  readonly argsSalt?: string;
  /** The attempt that submitted or holds the release; only for the submitting agent's key. */
  readonly attemptId?: string;
  readonly approval?: ApprovalView;
  /** Until when the approval may be released. */
  readonly validUntil?: string;
  readonly exceptionOffered?: string;
  readonly retryAfterMs?: number;
  /** Judged anew on every answer; act on nothing else. */
  readonly mayRun: boolean;
  readonly releaseToken?: string;
  readonly howToFix?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Grows with every change; waiters resume by it. */
  readonly version: number;
  readonly links: {
    readonly self: string;
    readonly temporal?: string;
    /** Once a verdict stands. */
    readonly receipt?: string;
  };
}

/** One row of a list: never a token, a salt or arguments. */
export interface ExecutionSummary {
  readonly executionId: string;
  readonly verdict: PolicyVerdict;
  readonly status: ExecutionStatus;
  readonly agent: string;
  readonly action: string;
  readonly environment: string;
  readonly reason: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** One open approval with everything an approver must see: the exact arguments and their digest. */
export interface PendingApproval extends ApprovalView {
  readonly executionId: string;
  readonly status: ExecutionStatus;
  readonly agent: string;
  readonly action: string;
  readonly environment: string;
  /** Hex digest of everything shown here of the request; a vote may name it. */
  readonly displayDigest?: string;
  /** Empty, like context, for a caller who may not see them. */
  readonly args: JsonObject;
  readonly context: JsonObject;
  readonly argumentsShown: boolean;
  readonly argsDigest: string;
  readonly reason: string;
  readonly matched: readonly MatchedRule[];
  readonly risk?: RiskScore;
  readonly requestedAt: string;
  /** Milliseconds left by the database's clock. */
  readonly remainingMs: number;
}

/** Answer of `evaluate` and `dry_run`: decided and explained, nothing reserved, nobody asked. */
export type EvaluationView = Omit<PolicyDecision, 'requirements'> & {
  readonly requirements: PolicyDecision['requirements'];
  readonly argsDigest: string;
  readonly mode: 'dry_run';
  readonly approval?: {
    readonly chain: string;
    readonly of: number;
    readonly levelName: string;
    readonly approvers: string;
  };
};

export interface VoteReceipt {
  readonly executionId: string;
  readonly approvalId: string;
  readonly counted: boolean;
  /** The same person's same vote was recorded before; nothing changed. */
  readonly repeated: boolean;
  readonly verdict: 'approve' | 'reject' | 'escalate';
  readonly status: ExecutionStatus;
  readonly auditSeq: number;
}
