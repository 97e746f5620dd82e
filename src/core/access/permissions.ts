/** The one table of permissions. Every route and command names one of these. */
export const PERMISSIONS = [
  'executions:submit',
  'executions:submit_as',
  'executions:read',
  'executions:read_all',
  'executions:release',
  'executions:report',
  'executions:cancel',
  'approvals:read',
  'approvals:read_arguments',
  'approvals:decide',
  'policies:read',
  'policies:write',
  'policies:publish',
  'policies:evaluate',
  'lists:read',
  'lists:write',
  'chains:read',
  'chains:write',
  'groups:read',
  'groups:write',
  'channels:read',
  'channels:link',
  'channels:link_own',
  'users:read',
  'users:write',
  'keys:issue',
  'agents:read',
  'agents:write',
  'audit:read',
  'audit:verify',
  'kill:read',
  'kill:engage',
  'kill:engage_global',
  'kill:lift',
  'status:read',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

export const ROLES = ['Admin', 'Operator', 'Developer', 'Auditor'] as const;
export type Role = (typeof ROLES)[number];

const READ: readonly Permission[] = [
  'executions:read',
  'executions:read_all',
  'approvals:read',
  'policies:read',
  'lists:read',
  'chains:read',
  'groups:read',
  'channels:read',
  'agents:read',
  'kill:read',
  'status:read',
];

const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  // An Admin may do everything but nobody decides without an approver role, which is a binding of its own.
  Admin: PERMISSIONS,
  Operator: [
    ...READ,
    'approvals:decide',
    'channels:link_own',
    'executions:cancel',
    'policies:evaluate',
    'kill:engage',
    'kill:engage_global',
    'kill:lift',
    'audit:read',
    'audit:verify',
    'users:read',
  ],
  Developer: [
    ...READ,
    'channels:link_own',
    'policies:write',
    'policies:publish',
    'policies:evaluate',
    'lists:write',
    'chains:write',
    'agents:write',
  ],
  Auditor: [...READ, 'audit:read', 'audit:verify', 'users:read'],
};

/** What an agent's key may do: only for its own agent, which the use cases check. Never an approver. */
export const AGENT_PERMISSIONS: readonly Permission[] = [
  'executions:submit',
  'executions:read',
  'executions:release',
  'executions:report',
  'executions:cancel',
  'policies:evaluate',
];

/** A person whom chains may ask still sees and decides approvals without any other role. */
const APPROVER_PERMISSIONS: readonly Permission[] = [
  'approvals:read',
  'approvals:decide',
  'channels:link_own',
  'status:read',
];

/** `isAsked`: chains may name the person by something else than an approver role. */
export function permissionsOf(
  roles: readonly Role[],
  approverRoles: readonly string[],
  isAsked = false,
): ReadonlySet<Permission> {
  const granted = new Set<Permission>();
  for (const role of roles)
    for (const permission of ROLE_PERMISSIONS[role]) granted.add(permission);
  if (approverRoles.length > 0 || isAsked)
    for (const permission of APPROVER_PERMISSIONS) granted.add(permission);
  return granted;
}
