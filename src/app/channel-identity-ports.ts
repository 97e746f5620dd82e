import type { ChannelIdentity, ChatAccount } from './channel-ports';
import type { PrincipalId, TenantId } from '../core/ids';

/** Writes of accounts that people have in chats; only in exclusive units. */
export interface ChannelIdentityWrites {
  /** The living link of the account, if it is one of this tenant. */
  identityOfAccount(account: ChatAccount): Promise<ChannelIdentity | undefined>;
  /** False when the account is somebody's already, in whatever tenant. */
  insertIdentity(identity: Omit<ChannelIdentity, 'tenant'>): Promise<boolean>;
  /** Ends a living link; undefined when there is none of this id at this person. */
  removeIdentity(
    id: string,
    principal: PrincipalId,
    atMs: number,
  ): Promise<ChannelIdentity | undefined>;
}

/** A message that waits or was given up, for ops. */
export interface TroubledMessage {
  readonly execution: string;
  readonly purpose: string;
  readonly givenUp: boolean;
  readonly attempts: number;
  readonly failure: string;
}

export interface ChannelIdentityReads {
  /** Living links of a person, oldest first; undefined when there is no such user. */
  identitiesOf(tenant: TenantId, userId: string): Promise<readonly ChannelIdentity[] | undefined>;
  /** How the tenant's messages stand; at most twenty troubled ones, newest first. */
  messageStatus(tenant: TenantId): Promise<{
    readonly behind: number;
    readonly oldestMs: number;
    readonly givenUp: number;
    readonly linkedAccounts: number;
    readonly troubled: readonly TroubledMessage[];
  }>;
}

/** One-time codes, stored as hashes, across tenants. Times by the database's clock. */
export interface LinkCodeStore {
  /**
   * Keeps a code for `lifeMs` and withdraws the account's earlier ones. When `most` codes were made for the
   * account within `lifeMs`, it keeps nothing and answers when to come back.
   */
  open(
    account: ChatAccount,
    hash: Uint8Array,
    limits: { readonly lifeMs: number; readonly most: number },
  ): Promise<
    | { readonly ok: true; readonly expiresAtMs: number }
    | { readonly ok: false; readonly retryAfterMs: number }
  >;
  /** Uses a code up; undefined when it is unknown, used, withdrawn or over. */
  redeem(hash: Uint8Array, by: PrincipalId): Promise<ChatAccount | undefined>;
  /** Gives a code back that could not be acted on. */
  reopen(hash: Uint8Array): Promise<void>;
}
