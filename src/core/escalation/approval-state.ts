import type { ApprovalId, PrincipalId } from '../ids';
import type { Assurance } from './assurance';
import type { AddTime } from './business-time';
import type { ApproverSelector, Ladder } from './chain';
import type { OpenedWhy } from './ladder-events';
import type { QuorumGroup } from './quorum';

/** Where a vote was cast. */
export type Surface = 'api' | 'cli' | 'slack' | 'workflow' | 'dashboard';

export interface CountedVote {
  readonly voteId: string;
  readonly principal: PrincipalId;
  /** Who issued the credential, when its assurance is only `issued`: both count as one human. */
  readonly issuer?: PrincipalId;
  readonly assurance: Assurance;
  readonly surface: Surface;
  /** Number (1-based) of the level it was cast at. */
  readonly level: number;
  readonly verdict: 'approve' | 'reject' | 'escalate';
  readonly atMs: number;
}

export interface OpenLevel {
  /** 0-based position on the ladder. */
  readonly index: number;
  /** Number (1-based) that the chain gives the level. */
  readonly number: number;
  /** Counts the openings of this approval from 1; 0 where nothing was ever opened. */
  readonly opening: number;
  readonly openedAtMs: number;
  readonly deadlineMs: number;
  /** Reminders still to come, ascending. */
  readonly remindAtMs: readonly number[];
  readonly reminded: number;
  /** The people of each group when the level opened: a later addition is not retroactive. */
  readonly groups: readonly QuorumGroup[];
  /** Why it was opened. */
  readonly why: OpenedWhy;
  /** Whether its people have been told. */
  readonly told: boolean;
}

/** Why a level is behind us. Only `approved` must still stand when the verdict is reached. */
export type PassedBy = 'approved' | 'timeout' | 'rejections' | 'person' | 'empty';

export interface PassedLevel {
  readonly index: number;
  readonly number: number;
  readonly by: PassedBy;
  readonly groups: readonly QuorumGroup[];
}

/** The approval of one execution. Pinned: ladder, basis and the people of each level when it opened. */
export interface ApprovalState {
  readonly approvalId: ApprovalId;
  readonly chain: Ladder;
  /** Hash of matched rules, merged requirement and chain version; an approval counts only for it (I-3). */
  readonly basis: string;
  readonly level: OpenLevel;
  readonly passed: readonly PassedLevel[];
  /** People kept out by separation of duties when it was opened. */
  readonly excluded: readonly PrincipalId[];
  readonly votes: readonly CountedVote[];
  readonly parked: boolean;
  /** People were told of it, so cards of it may stand somewhere. */
  readonly announced: boolean;
}

/** Who may decide at a moment: `resolve` names the active people behind a selector, exclusions removed. */
export type ResolveApprovers = (selector: ApproverSelector) => readonly PrincipalId[];

export interface LadderContext {
  readonly nowMs: number;
  readonly resolve: ResolveApprovers;
  readonly addTime: AddTime;
}
