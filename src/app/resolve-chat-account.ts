import { callerOf } from './authenticate';
import type { Caller } from './caller';
import type { ChatAccount } from './channel-ports';
import type { CredentialHolder } from './read-ports';

/** Looks an account up across tenants; undefined when it is linked to nobody active. */
export interface ChatAccountLookup {
  find(account: ChatAccount): Promise<CredentialHolder | undefined>;
}

/**
 * The person behind an account of a chat, with the permissions of their roles; undefined when the account is
 * linked to nobody active. The credential of such a caller is the link itself, `slack:<identity id>`.
 */
export function createResolveChatAccount(deps: { readonly lookup: ChatAccountLookup }) {
  return async (account: ChatAccount): Promise<Caller | undefined> => {
    const holder = await deps.lookup.find(account);
    if (holder === undefined) return undefined;
    const { issuer, ...caller } = callerOf(holder, undefined);
    return holder.assurance === 'issued' && issuer !== undefined ? { ...caller, issuer } : caller;
  };
}
