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

export function requirePermission(caller: Caller, permission: Permission): void {
  if (!caller.permissions.has(permission)) {
    throw new DomainError('forbidden', {
      what: `This credential lacks the permission ${permission}.`,
    });
  }
}
