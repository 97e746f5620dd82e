import { AGENT_PERMISSIONS, permissionsOf, ROLES, type Role } from '../core/access/permissions';
import { DomainError } from '../core/errors';
import type { Assurance } from '../core/escalation/assurance';
import type { Caller } from './caller';
import type { Cryptography } from './ports';
import type { CredentialHolder, CredentialLookup } from './read-ports';

/** A revoked key stops everywhere within this time; a vote re-checks its credential inside the transaction. */
const CACHE_MS = 2_000;
const CACHE_MAX = 10_000;

export interface AuthenticateDeps {
  readonly lookup: CredentialLookup;
  readonly crypto: Pick<Cryptography, 'sha256'>;
  readonly monotonicMs: () => number;
  readonly noteFailedLogin: (keyPrefix: string, address: string | undefined) => void;
}

const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text);

export function callerOf(holder: CredentialHolder, address: string | undefined): Caller {
  const permissions =
    holder.agent === undefined
      ? permissionsOf(holder.roles.filter(isRole), holder.approverRoles, holder.isAsked)
      : new Set(AGENT_PERMISSIONS);
  return {
    tenant: holder.tenant,
    principal: holder.principal,
    kind: holder.agent === undefined ? 'user' : 'agent',
    credentialId: holder.id,
    assurance: holder.assurance as Assurance,
    issuer: holder.enrolledBy,
    permissions,
    ...(holder.agent === undefined ? {} : { agent: holder.agent }),
    ...(address === undefined ? {} : { address }),
  };
}

/** Turns a bearer key into its caller. Unknown, malformed, expired and revoked keys all look the same. */
export function createAuthenticate(deps: AuthenticateDeps) {
  const cache = new Map<string, { readonly holder: CredentialHolder; readonly untilMs: number }>();
  const encoder = new TextEncoder();
  return async (bearer: string | undefined, address: string | undefined): Promise<Caller> => {
    const refuse = (): DomainError => {
      deps.noteFailedLogin((bearer ?? '').slice(0, 12), address);
      return new DomainError('unauthenticated');
    };
    if (bearer === undefined || bearer.length === 0 || bearer.length > 512) throw refuse();
    const hash = deps.crypto.sha256(encoder.encode(bearer));
    const key = Buffer.from(hash).toString('base64');
    const now = deps.monotonicMs();
    const known = cache.get(key);
    if (known !== undefined && known.untilMs > now) return callerOf(known.holder, address);
    cache.delete(key);
    let holder: CredentialHolder | undefined;
    try {
      holder = await deps.lookup.find(hash);
    } catch (error) {
      throw new DomainError('unavailable', {
        why: 'The database did not answer.',
        retryAfterMs: 1_000,
        cause: error,
      });
    }
    if (holder === undefined) throw refuse();
    if (cache.size >= CACHE_MAX) cache.clear();
    cache.set(key, { holder, untilMs: now + CACHE_MS });
    return callerOf(holder, address);
  };
}
