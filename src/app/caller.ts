import type { Permission } from '../core/access/permissions';
import { DomainError } from '../core/errors';
import type { Assurance } from '../core/escalation/assurance';
import type { AgentId, PrincipalId, TenantId } from '../core/ids';

/** The authenticated party behind a call, the same for REST, CLI and the workflow's updates. */
export interface Caller {
  readonly tenant: TenantId;
  readonly principal: PrincipalId;
  readonly kind: 'user' | 'agent' | 'system';
  readonly credentialId: string;
  readonly assurance: Assurance;
  /** Who issued the credential. */
  readonly issuer?: PrincipalId;
  readonly permissions: ReadonlySet<Permission>;
  /** Set exactly for agent keys. */
  readonly agent?: AgentId;
  /** Network address of the client, for the audit row. */
  readonly address?: string;
}

/**
 * Who stands behind a credential or link that this caller makes for `holder`. Whoever made the key of a person may
 * hold a copy of it, so what that key makes for the same person is theirs as much as the person's (I-5).
 */
export function enrollerOf(caller: Caller, holder: PrincipalId): PrincipalId {
  const { principal, assurance, issuer } = caller;
  return holder === principal && assurance === 'issued' && issuer !== undefined
    ? issuer
    : principal;
}

export function requirePermission(caller: Caller, permission: Permission): void {
  if (!caller.permissions.has(permission)) {
    throw new DomainError('forbidden', {
      what: `This credential lacks the permission ${permission}.`,
    });
  }
}
