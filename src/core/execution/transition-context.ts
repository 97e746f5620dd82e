import type { ApprovalState } from '../escalation/approval-state';
import type { SettleContext } from './settle';
import type { VoteEvent } from './vote-event';

/** What judging an event needs besides the state and the event. */
export interface TransitionContext extends SettleContext {
  /**
   * Why this person may not vote at all (role lost, requester, owner, suspended), or undefined when they may.
   * Asked about the level that is open once time has been applied.
   */
  readonly voterExcluded: (vote: VoteEvent, approval: ApprovalState) => string | undefined;
  readonly agentActive: boolean;
  /** Hex digest of what the approval's open level is shown; undefined where the request was erased. */
  readonly displayDigest?: (approval: ApprovalState) => string | undefined;
}
