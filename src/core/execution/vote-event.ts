import type { CountedVote, Surface } from '../escalation/approval-state';
import type { Assurance } from '../escalation/assurance';
import type { PrincipalId } from '../ids';

/** One person's word on what a level was shown, as any surface sends it. */
export interface VoteEvent {
  readonly kind: 'vote';
  readonly voteId: string;
  readonly verdict: CountedVote['verdict'];
  readonly voter: PrincipalId;
  readonly assurance: Assurance;
  readonly issuer?: PrincipalId;
  readonly surface: Surface;
  /** Number (1-based) of the level the voter was shown; a vote that names none is for the open one. */
  readonly level?: number;
  readonly argsDigest?: string;
  /** Hex digest of what the voter was shown, or its first 16 digits or more. */
  readonly displayDigest?: string;
  readonly rationale: string;
}
