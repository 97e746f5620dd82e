import type { ExecutionStatus } from '../execution/state';
import type { ApprovalDisplay } from './display';
import type { OpenedWhy } from './ladder-events';

/** A vote as the card tells it. `by` is the principal id; a channel may show it as a mention of the linked account. */
export interface CardVote {
  readonly by: string;
  /** Display name of the person in the directory. */
  readonly name: string;
  readonly verdict: 'approve' | 'reject' | 'escalate';
  readonly level: number;
  readonly levelName: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly rationale?: string;
  readonly auditSeq?: number;
}

/** A rung of the ladder and what became of it, for the picture of the ladder on the card. */
export interface CardLevel {
  readonly number: number;
  readonly name: string;
  readonly approvers: string;
  readonly state: 'waiting' | 'open' | 'approved' | 'timed_out' | 'passed_up' | 'empty' | 'skipped';
}

/**
 * The approval of one execution at one version, as every channel shows it: a pure function of the stored
 * state. A channel renders it; it decides nothing. Everything under `display` may be text of an agent.
 */
export interface ApprovalCard {
  readonly version: number;
  readonly display: ApprovalDisplay;
  /** Hex SHA-256 of the canonical display of the open (or last) level. */
  readonly displayDigest: string;
  readonly status: ExecutionStatus;
  readonly levels: readonly CardLevel[];
  /** In the order they were cast; refused ones are not shown. */
  readonly votes: readonly CardVote[];
  /** Approvals still wanted at the open level, all groups together. */
  readonly missing?: number;
  /** How a vote must be given, as long as the approval is open. */
  readonly asks?: {
    readonly approveRationale: 'required' | 'optional';
    readonly rejectRationale: 'required' | 'optional';
    readonly minLength: number;
    /** Votes on this surface are refused for this card: it must be decided on the dashboard or REST. */
    readonly elsewhere?: string;
    /** A person of the open level may pass it upward. */
    readonly mayEscalate: boolean;
  };
  /** Set once nothing can be decided any more. */
  readonly closed?: {
    readonly reasonCode: string;
    readonly reason: string;
    /** Principal id and display name of whoever brought it about; absent for time and kill switches. */
    readonly by?: { readonly id: string; readonly name: string };
    readonly at: string;
    readonly auditSeq?: number;
  };
  /** Linked accounts of the people it names, by principal id, for a channel that can mention them. */
  readonly accounts: Readonly<Record<string, Account>>;
  /** Absolute address of the approval in a browser, where one is served. */
  readonly url?: string;
}

/** A line in the thread of a card. It is written once and never changed. */
export type ThreadNote =
  | {
      readonly kind: 'opened';
      readonly levelName: string;
      readonly number: number;
      readonly of: number;
      readonly approvers: string;
      readonly deadline: string;
      /** Why this level is asked: it is the first, or what happened below it. */
      readonly why: OpenedWhy;
      readonly mentions: readonly Mention[];
    }
  | {
      readonly kind: 'reminder';
      readonly levelName: string;
      readonly approvers: string;
      readonly deadline: string;
      readonly thenWhat: string;
      /** Mentions only in the last reminder of a level. */
      readonly mentions: readonly Mention[];
    }
  | {
      readonly kind: 'ended';
      readonly status: ExecutionStatus;
      readonly reason: string;
      readonly by?: string;
      readonly mentions: readonly Mention[];
    };

/** A person's account in a chat. */
export interface Account {
  readonly teamId: string;
  readonly userId: string;
}

/** A person to be called in a channel: the linked account, or only the name where none is linked. */
export interface Mention {
  readonly name: string;
  readonly account?: Account;
}
