import { DomainError } from '../core/errors';
import { userPrincipal, type PrincipalId } from '../core/ids';
import type { AttemptLimit } from './attempt-limit';
import { actorOf } from './audit-records';
import { enrollerOf, requirePermission, type Caller } from './caller';
import type {
  ChannelIdentityReads,
  LinkCodeStore,
  TroubledMessage,
} from './channel-identity-ports';
import type { ChannelIdentity, ChatAccount } from './channel-ports';
import type { Committer, Tx } from './commit-ports';
import { hashOfCode } from './link-codes';
import type { Cryptography } from './ports';

export interface ChannelIdentityDeps {
  readonly committer: Pick<Committer, 'commit'>;
  readonly crypto: Pick<Cryptography, 'sha256' | 'uuidv7'>;
  readonly reads: ChannelIdentityReads;
}

export interface ChannelIdentityView {
  readonly id: string;
  readonly channel: 'slack';
  readonly teamId: string;
  readonly userId: string;
  /** Principal id of the person. */
  readonly principal: string;
  readonly assurance: ChannelIdentity['assurance'];
  readonly enrolledBy: string;
  readonly linkedAt: string;
}

export interface LinkReceipt {
  readonly identity: ChannelIdentityView;
  /** False when it stood already. */
  readonly created: boolean;
}

const viewOf = (identity: Omit<ChannelIdentity, 'tenant'>): ChannelIdentityView => ({
  id: identity.id,
  channel: 'slack',
  teamId: identity.teamId,
  userId: identity.userId,
  principal: identity.principal,
  assurance: identity.assurance,
  enrolledBy: identity.enrolledBy,
  linkedAt: new Date(identity.linkedAtMs).toISOString(),
});

const accountText = ({ teamId, userId }: ChatAccount): string => `${teamId}/${userId}`;

function auditLink(
  tx: Tx,
  type: 'channel.linked' | 'channel.unlinked',
  caller: Caller,
  identity: Omit<ChannelIdentity, 'tenant'>,
): void {
  const { id, teamId, userId, principal, assurance } = identity;
  tx.audit({
    type,
    actor: actorOf(caller),
    target: { kind: 'channel_identity', id },
    context: {
      ...{ channel: 'slack', teamId, userId, principal, assurance },
      ...{ credential: caller.credentialId },
    },
  });
}

interface Bond {
  readonly account: ChatAccount;
  readonly principal: PrincipalId;
  readonly assurance: ChannelIdentity['assurance'];
}

/** A refused link stands in the chain too: somebody reached for an account that speaks for another person. */
async function refuseTaken(
  deps: Pick<ChannelIdentityDeps, 'committer'>,
  caller: Caller,
  { account, principal, assurance }: Bond,
): Promise<never> {
  const { teamId, userId } = account;
  await deps.committer.commit(caller.tenant, {
    work: (tx) =>
      void tx.audit({
        type: 'access.refused',
        actor: actorOf(caller),
        outcome: 'account_taken',
        context: {
          ...{ channel: 'slack', teamId, userId, principal, assurance },
          ...{ credential: caller.credentialId },
        },
      }),
  });
  throw new DomainError('conflict', {
    what: `The account ${accountText(account)} is linked to somebody else.`,
    why: 'An account in a chat speaks for one person.',
    howToFix: 'Unlink it there first, or link another account.',
  });
}

/** The account is somebody else's, so nothing was linked. */
const TAKEN = 'taken';

/**
 * Binds an account to a person. What stands already stays; a link made by an admin gives way to one that the
 * person made. Two links of one account never stand at once.
 */
async function bind(
  tx: Tx,
  caller: Caller,
  bond: Bond,
  id: string,
): Promise<LinkReceipt | typeof TAKEN> {
  const { account, principal, assurance } = bond;
  const known = await tx.registry.identityOfAccount(account);
  if (known !== undefined) {
    if (known.principal !== principal) return TAKEN;
    if (known.assurance === 'linked' || assurance === 'issued')
      return { identity: viewOf(known), created: false };
    await tx.registry.removeIdentity(known.id, principal, tx.nowMs);
    auditLink(tx, 'channel.unlinked', caller, known);
  }
  const identity = {
    ...{ id, teamId: account.teamId, userId: account.userId, principal, assurance },
    ...{ enrolledBy: enrollerOf(caller, principal), linkedAtMs: tx.nowMs },
  };
  if (!(await tx.registry.insertIdentity(identity))) {
    // What was unlinked above must not stay so for nothing; its place in the index was ours until now.
    if (known !== undefined) throw new Error('the account was taken while it was ours');
    return TAKEN;
  }
  auditLink(tx, 'channel.linked', caller, identity);
  return { identity: viewOf(identity), created: true };
}

/** Links an account on an admin's word: assurance `issued`, so admin and person count as one human. */
export function createLinkSlackIdentity(deps: ChannelIdentityDeps) {
  return async (caller: Caller, userId: string, account: ChatAccount): Promise<LinkReceipt> => {
    requirePermission(caller, 'channels:link');
    const id = deps.crypto.uuidv7();
    const bond = { account, principal: userPrincipal(userId), assurance: 'issued' } as const;
    const linked = await deps.committer.commit(caller.tenant, {
      lane: 'exclusive',
      work: async (tx) => {
        if (!(await tx.registry.userExists(userId)))
          throw new DomainError('user_not_found', { what: `No user ${userId} exists.` });
        return bind(tx, caller, bond, id);
      },
    });
    return linked === TAKEN ? refuseTaken(deps, caller, bond) : linked;
  };
}

export function createListSlackIdentities(deps: Pick<ChannelIdentityDeps, 'reads'>) {
  return async (
    caller: Caller,
    userId: string,
  ): Promise<{ readonly items: readonly ChannelIdentityView[] }> => {
    requirePermission(caller, 'users:read');
    const identities = await deps.reads.identitiesOf(caller.tenant, userId);
    if (identities === undefined)
      throw new DomainError('user_not_found', { what: `No user ${userId} exists.` });
    return { items: identities.map(viewOf) };
  };
}

/** Ends a link at once: the next click of the account is refused, also one whose vote is being judged. */
export function createUnlinkSlackIdentity(deps: Pick<ChannelIdentityDeps, 'committer'>) {
  return async (
    caller: Caller,
    userId: string,
    identityId: string,
  ): Promise<ChannelIdentityView> => {
    requirePermission(caller, 'channels:link');
    return deps.committer.commit(caller.tenant, {
      lane: 'exclusive',
      work: async (tx) => {
        const principal = userPrincipal(userId);
        const ended = await tx.registry.removeIdentity(identityId, principal, tx.nowMs);
        if (ended === undefined) {
          throw new DomainError('not_found', {
            what: `No linked account ${identityId} of ${userId} exists.`,
          });
        }
        auditLink(tx, 'channel.unlinked', caller, ended);
        return viewOf(ended);
      },
    });
  };
}

export interface RedeemDeps extends ChannelIdentityDeps {
  readonly codes: Pick<LinkCodeStore, 'redeem' | 'reopen'>;
  /** Of failed attempts by credential. */
  readonly limit: AttemptLimit;
}

async function refuseCode(deps: RedeemDeps, caller: Caller): Promise<never> {
  deps.limit.noteFailure(caller.credentialId);
  await deps.committer.commit(caller.tenant, {
    work: (tx) =>
      void tx.audit({
        type: 'access.refused',
        actor: actorOf(caller),
        outcome: 'link_code_invalid',
        context: { channel: 'slack', credential: caller.credentialId },
      }),
  });
  throw new DomainError('link_code_invalid');
}

/**
 * Links the account that asked for the code to the person who redeems it while logged in: assurance `linked`.
 * The code is used up first, so it can never serve twice; only when nothing could be decided it is given back.
 */
export function createRedeemSlackLink(deps: RedeemDeps) {
  return async (caller: Caller, input: { readonly code: string }): Promise<LinkReceipt> => {
    requirePermission(caller, 'channels:link_own');
    if (caller.kind !== 'user')
      throw new DomainError('forbidden', { what: 'Only people link accounts.' });
    const waitMs = deps.limit.waitMs(caller.credentialId);
    if (waitMs > 0) {
      throw new DomainError('rate_limited', {
        what: 'Too many codes that are not valid.',
        retryAfterMs: waitMs,
      });
    }
    const hash = hashOfCode(deps.crypto, input.code);
    const account = await deps.codes.redeem(hash, caller.principal);
    if (account === undefined) return refuseCode(deps, caller);
    const bond = { account, principal: caller.principal, assurance: 'linked' } as const;
    const id = deps.crypto.uuidv7();
    let linked: LinkReceipt | typeof TAKEN;
    try {
      linked = await deps.committer.commit(caller.tenant, {
        lane: 'exclusive',
        work: async (tx) => {
          if (!(await tx.credentialActive(caller.credentialId)))
            throw new DomainError('unauthenticated');
          return bind(tx, caller, bond, id);
        },
      });
    } catch (error) {
      if ((error as { code?: unknown }).code === 'unavailable')
        await deps.codes.reopen(hash).catch(() => undefined);
      throw error;
    }
    return linked === TAKEN ? refuseTaken(deps, caller, bond) : linked;
  };
}

export interface SlackStatusView {
  readonly channel: 'slack';
  /** Messages that do not show what they should, given-up ones aside. */
  readonly behind: number;
  /** Milliseconds since the oldest of them should have changed. */
  readonly oldestMs: number;
  readonly givenUp: number;
  readonly linkedAccounts: number;
  readonly troubled: readonly TroubledMessage[];
}

export function createSlackStatus(deps: Pick<ChannelIdentityDeps, 'reads'>) {
  return async (caller: Caller): Promise<SlackStatusView> => {
    requirePermission(caller, 'channels:read');
    return { channel: 'slack', ...(await deps.reads.messageStatus(caller.tenant)) };
  };
}
