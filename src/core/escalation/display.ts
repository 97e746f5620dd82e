import type { JsonObject } from '../json';
import type { MatchedRule } from '../policy/model';

/**
 * Exactly what an approver of one level is shown of the request, on every surface, before cutting for space.
 * Its digest binds a vote to it; progress (votes, status) is not part of it, so that two people who read the
 * same card sign the same text. Times are ISO 8601 UTC. Everything here may be text of an agent.
 */
export interface ApprovalDisplay {
  readonly executionId: string;
  readonly approvalId: string;
  readonly agent: string;
  readonly agentOwner: string;
  readonly action: string;
  readonly environment: string;
  readonly args: JsonObject;
  readonly argsDigest: string;
  /** What the agent claims beside the arguments. */
  readonly context: JsonObject;
  /** The policy's reason for asking. */
  readonly reason: string;
  readonly rules: readonly Pick<MatchedRule, 'policy' | 'version' | 'rule' | 'reason'>[];
  readonly risk?: { readonly score: number; readonly level: string };
  readonly chain: { readonly id: string; readonly version: number };
  readonly level: {
    /** 1-based. */
    readonly number: number;
    readonly name: string;
    readonly of: number;
    readonly approvers: string;
    readonly deadline: string;
    /** What the clock does at the deadline, in words: `escalates to L2`, `ends as expired`. */
    readonly thenWhat: string;
  };
  readonly requestedAt: string;
  readonly expiresAt?: string;
}
