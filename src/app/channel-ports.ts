import type { ApprovalCard, ThreadNote } from '../core/escalation/card';
import type { Assurance } from '../core/escalation/assurance';
import type { NotifyTarget } from '../core/escalation/chain';
import type { OpenedWhy } from '../core/escalation/approval-state';
import type { ExecutionId, PrincipalId, TenantId } from '../core/ids';

/** Why a message exists. With the execution it identifies the message, so asking twice makes one. */
export type MessagePurpose =
  /** The one root card, in the routed channel. */
  | { readonly kind: 'card' }
  /** A copy of the card to a person on call. */
  | { readonly kind: 'copy'; readonly person: PrincipalId }
  /** Thread: a level opened. `opening` counts openings of the execution from 1. */
  | { readonly kind: 'opened'; readonly opening: number; readonly why: OpenedWhy }
  /** Thread: the n-th reminder of an opening. */
  | { readonly kind: 'reminder'; readonly opening: number; readonly mark: number }
  /** Thread: how it ended. */
  | { readonly kind: 'ended' }
  /** A note to somebody the chain names in `notify_on`. */
  | { readonly kind: 'notice'; readonly target: NotifyTarget; readonly person?: PrincipalId };

/** A message that some channel owes or shows. `step` raises `desiredVersion`; only a channels process renders it. */
export interface ChannelMessage {
  readonly tenant: TenantId;
  readonly id: string;
  readonly execution: ExecutionId;
  readonly channel: 'slack';
  readonly purpose: MessagePurpose;
  /** Version of the execution that should be shown. A note of a thread is written once. */
  readonly desiredVersion: number;
  /** 0 = never shown. */
  readonly renderedVersion: number;
  /** Where it stands, once posted. */
  readonly place?: MessagePlace;
  /** Goes out with the message as metadata; the key by which a lost answer is looked up. */
  readonly postKey: string;
  /** Set from the moment a post was attempted until its answer is known. */
  readonly postingSinceMs?: number;
  readonly attempts: number;
  /** What the last attempt failed with; kept for ops. */
  readonly failure?: string;
}

export interface MessagePlace {
  readonly teamId: string;
  readonly channelId: string;
  /** Slack's timestamp, the id of a message within its channel. */
  readonly ts: string;
}

/** Identity of a message within its execution. */
export function purposeKey(purpose: MessagePurpose): string {
  switch (purpose.kind) {
    case 'card':
    case 'ended':
      return purpose.kind;
    case 'copy':
      return `copy:${purpose.person}`;
    case 'opened':
      return `opened:${String(purpose.opening)}`;
    case 'reminder':
      return `reminder:${String(purpose.opening)}:${String(purpose.mark)}`;
    case 'notice': {
      const { target, person } = purpose;
      return target.kind === 'channel' ? `notice:#${target.channel}` : `notice:${person ?? ''}`;
    }
  }
}

/** Cards follow every version of their execution; everything else is written once. */
export const isCard = (purpose: MessagePurpose): boolean =>
  purpose.kind === 'card' || purpose.kind === 'copy';

/** The messages of all tenants as a channels process works on them. */
export interface ChannelMessageStore {
  /**
   * Takes up to `limit` messages that are behind, due and not leased, oldest first, and leases each for
   * `leaseMs`. Skips what others hold.
   */
  claim(holder: string, limit: number, leaseMs: number): Promise<readonly ChannelMessage[]>;
  /** Records that a post is about to be tried; false when the lease was lost. */
  posting(message: ChannelMessage, holder: string): Promise<boolean>;
  posted(message: ChannelMessage, holder: string, place: MessagePlace): Promise<void>;
  /** Compare-and-swap on the version: it never goes back. Answers the desired version now. */
  rendered(message: ChannelMessage, holder: string, version: number): Promise<number>;
  /** Gives the lease back. */
  release(message: ChannelMessage, holder: string): Promise<void>;
  failed(
    message: ChannelMessage,
    holder: string,
    failure: {
      readonly why: string;
      /** Absent: given up; an alarm was raised. */
      readonly retryInMs?: number;
      /** It was deleted by somebody: forget its place, post anew. */
      readonly forgetPlace?: true;
      /** A post whose fate is known not to have happened. */
      readonly notPosted?: true;
    },
  ): Promise<void>;
  /** The root card's place, for its thread. */
  cardPlace(tenant: TenantId, execution: ExecutionId): Promise<MessagePlace | undefined>;
  /** The message we posted there, if we did: a click elsewhere is forged. */
  messageAt(place: Pick<MessagePlace, 'channelId' | 'ts'>): Promise<ChannelMessage | undefined>;
  /** Whether a card of the execution may stand somewhere already, its place not recorded yet. */
  isPosting(execution: string): Promise<boolean>;
  /** For status and alarms. */
  backlog(): Promise<{
    readonly behind: number;
    readonly oldestMs: number;
    readonly givenUp: number;
  }>;
}

export type MessageContent =
  | { readonly kind: 'card'; readonly card: ApprovalCard }
  | { readonly kind: 'note'; readonly note: ThreadNote; readonly card: ApprovalCard };

export type PostTarget =
  /** The routed channel, or one a chain names. */
  | { readonly kind: 'channel'; readonly name?: string }
  | { readonly kind: 'person'; readonly teamId: string; readonly userId: string }
  | { readonly kind: 'thread'; readonly of: MessagePlace };

/** How a call to the vendor went wrong. */
export type ChannelFailure =
  | { readonly kind: 'rate_limited'; readonly retryAfterMs: number }
  /** The vendor may have done it: look it up before trying again. */
  | { readonly kind: 'ambiguous'; readonly why: string }
  /** The vendor has not done it and may do it later. */
  | { readonly kind: 'unavailable'; readonly why: string }
  /** The message is no longer there. */
  | { readonly kind: 'gone' }
  /** No later try of the same will do: wrong channel, revoked token, refused content. */
  | { readonly kind: 'refused'; readonly code: string };

export type ChannelResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: ChannelFailure };

/** One vendor, thin: renders and sends, never decides and never retries. */
export interface ChannelGateway {
  readonly channel: 'slack';
  post(input: {
    readonly postKey: string;
    readonly execution: ExecutionId;
    readonly target: PostTarget;
    readonly content: MessageContent;
  }): Promise<ChannelResult<MessagePlace>>;
  update(place: MessagePlace, content: MessageContent): Promise<ChannelResult<void>>;
  /** Looks a message up by the key it was posted with, from `sinceMs` on. */
  find(input: {
    readonly postKey: string;
    readonly target: PostTarget;
    readonly sinceMs: number;
  }): Promise<ChannelResult<MessagePlace | undefined>>;
}

/** A person's account in a chat, bound to a principal. */
export interface ChannelIdentity {
  readonly id: string;
  readonly tenant: TenantId;
  readonly teamId: string;
  readonly userId: string;
  readonly principal: PrincipalId;
  /** `issued` = an admin bound it, `linked` = the person redeemed a one-time code. */
  readonly assurance: Extract<Assurance, 'issued' | 'linked'>;
  readonly enrolledBy: PrincipalId;
  readonly linkedAtMs: number;
}

/** An account as its vendor names it; the vendor vouches for the account, never for the person's right to decide. */
export interface ChatAccount {
  readonly teamId: string;
  readonly userId: string;
}

/** What a button of a card carries: routing data, never authority. */
export interface CardButton {
  readonly execution: string;
  /** 1-based level the card showed. */
  readonly level: number;
  /** First 16 hex digits of the display digest the card showed. */
  readonly digest: string;
  readonly version: number;
}

export interface CardAct {
  readonly account: ChatAccount;
  readonly place: Pick<MessagePlace, 'channelId' | 'ts'>;
  readonly button: CardButton;
  /** The click came from a channel shared with another organisation. */
  readonly isExternal: boolean;
}

/** Why an act came to nothing. Each has its own private answer. */
export type ActRefusal =
  | 'unlinked'
  | 'not_eligible'
  | 'assurance_too_low'
  | 'elsewhere'
  | 'already_decided'
  | 'expired'
  | 'kill_switch_active'
  | 'cancelled'
  | 'basis_changed'
  | 'already_voted'
  | 'level_mismatch'
  | 'card_changed'
  | 'rationale_required'
  | 'no_higher_level'
  | 'forged'
  | 'external_channel'
  | 'unavailable';

export type ActReply<T> =
  | ({ readonly ok: true } & T)
  | {
      readonly ok: false;
      readonly refusal: ActRefusal;
      /** What happened, in one or two sentences for the person who acted. May hold names, never text of an agent. */
      readonly why: string;
      readonly howToFix: string;
      /** How it stands now, where the person may see it. */
      readonly card?: ApprovalCard;
    };

/** What people do in a chat. Every act is answered, every refused one audited. */
export interface ChannelInbox {
  /** Commits before it answers. The same `commandId` of the same account gets the same answer. */
  vote(
    act: CardAct & {
      readonly verdict: 'approve' | 'reject' | 'escalate';
      readonly rationale: string;
      readonly commandId: string;
    },
  ): Promise<
    ActReply<{
      readonly repeated: boolean;
      readonly auditSeq: number;
      readonly card: ApprovalCard;
    }>
  >;
  /** The card for details, review and the vote form. Arguments are shown only to people who may see them. */
  read(
    act: CardAct,
  ): Promise<ActReply<{ readonly card: ApprovalCard; readonly argumentsShown: boolean }>>;
  /** A code that links this account to whoever redeems it while logged in, within ten minutes. */
  linkCode(account: ChatAccount): Promise<{
    readonly code: string;
    readonly expiresAt: string;
    /** Where and how to redeem it. */
    readonly howTo: string;
    /** The account is linked to somebody already. */
    readonly linkedTo?: string;
  }>;
  /** First sight of a signed request; false for one seen before. Kept for ten minutes. */
  firstSight(signature: string): Promise<boolean>;
}
