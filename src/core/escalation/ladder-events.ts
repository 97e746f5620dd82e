import type { OnTimeout, SkippedLevel } from './chain';
import type { ApprovalState } from './approval-state';

export type OpenedWhy =
  'first' | 'timeout' | 'rejections' | 'risk' | 'approved_below' | 'empty' | 'person' | 'reopened';

export interface At {
  /** Number (1-based) of the level. */
  readonly level: number;
  readonly name: string;
}

/** What happened on the ladder, in order, for audit, channels and answers. */
export type LadderEvent =
  | ({
      readonly kind: 'level_opened';
      readonly opening: number;
      readonly deadlineMs: number;
      readonly why: OpenedWhy;
    } & At)
  | ({ readonly kind: 'level_empty' } & At)
  | ({ readonly kind: 'level_skipped'; readonly why: SkippedLevel['why'] } & At)
  | ({ readonly kind: 'level_approved' } & At)
  | ({ readonly kind: 'level_passed_up'; readonly by: 'rejections' | 'person' } & At)
  | ({ readonly kind: 'level_timed_out'; readonly action: OnTimeout } & At)
  | ({ readonly kind: 'reminded'; readonly opening: number; readonly mark: number } & At)
  | ({ readonly kind: 'parked' } & At)
  | ({
      readonly kind: 'auto_decided';
      readonly outcome: 'approve' | 'reject';
      readonly why: string;
    } & At);

export type LadderVerdict =
  | { readonly kind: 'open' }
  | { readonly kind: 'approved'; readonly by: 'quorum' | 'timeout' | 'auto' }
  | { readonly kind: 'rejected'; readonly by: 'vote' | 'timeout' | 'no_approvers' | 'auto' };

export interface LadderStep {
  readonly approval: ApprovalState;
  readonly verdict: LadderVerdict;
  readonly events: readonly LadderEvent[];
}
