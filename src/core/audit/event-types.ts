/** Retention, export and fail mode are set by class. */
export type AuditEventClass =
  | 'decision'
  | 'approval'
  | 'execution'
  | 'control'
  | 'configuration'
  | 'identity'
  | 'security'
  | 'evidence'
  | 'system';

/**
 * Every type of governance event with its class. A type is never renamed or reused: it stands
 * inside hashed bytes.
 */
export const AUDIT_EVENT_TYPES = {
  'decision.made': 'decision',
  'decision.evaluated': 'decision',
  'approval.requested': 'approval',
  'approval.reminded': 'approval',
  'approval.escalated': 'approval',
  'approval.decided': 'approval',
  'vote.counted': 'approval',
  'vote.refused': 'approval',
  'execution.released': 'execution',
  'release.refused': 'execution',
  'outcome.reported': 'execution',
  'outcome.refused': 'execution',
  'execution.expired': 'execution',
  'execution.cancelled': 'execution',
  'execution.killed': 'execution',
  'execution.closed': 'execution',
  'kill.engaged': 'control',
  'kill.lifted': 'control',
  'kill.expired': 'control',
  'golive.enabled': 'control',
  'golive.disabled': 'control',
  'policy.stored': 'configuration',
  'policy.published': 'configuration',
  'policy.rejected': 'configuration',
  'policy.rolled_back': 'configuration',
  'chain.changed': 'configuration',
  'list.changed': 'configuration',
  'group.changed': 'configuration',
  'schedule.changed': 'configuration',
  'settings.changed': 'configuration',
  'tenant.created': 'identity',
  'user.created': 'identity',
  'user.changed': 'identity',
  'agent.registered': 'identity',
  'agent.changed': 'identity',
  'key.issued': 'identity',
  'key.revoked': 'identity',
  'role.granted': 'identity',
  'role.revoked': 'identity',
  'channel.linked': 'identity',
  'channel.unlinked': 'identity',
  'channel.failed': 'system',
  'auth.succeeded': 'security',
  'auth.failed': 'security',
  'access.refused': 'security',
  'audit.exported': 'evidence',
  'audit.verified': 'evidence',
  'receipt.issued': 'evidence',
  'subject.erased': 'evidence',
  'clock.jumped': 'system',
  'backlog.chained': 'system',
  'signing_key.rotated': 'system',
} as const satisfies Readonly<Record<string, AuditEventClass>>;

export type AuditEventType = keyof typeof AUDIT_EVENT_TYPES;

/** The class of a type read back from storage; undefined for a type this version does not know. */
export function auditEventClass(type: string): AuditEventClass | undefined {
  return Object.hasOwn(AUDIT_EVENT_TYPES, type)
    ? AUDIT_EVENT_TYPES[type as AuditEventType]
    : undefined;
}
