import fc from 'fast-check';
import {
  AGENT_PERMISSIONS,
  PERMISSIONS,
  permissionsOf,
  ROLES,
  type Permission,
  type Role,
} from '../../../src/core/access/permissions';

const sorted = (granted: Iterable<Permission>): Permission[] => [...granted].sort();
const holders = (permission: Permission): Role[] =>
  ROLES.filter((role) => permissionsOf([role], []).has(permission));

describe('permissionsOf', () => {
  it.each<[Permission, readonly Role[]]>([
    ['executions:submit', ['Admin']],
    ['executions:submit_as', ['Admin']],
    ['executions:read', ['Admin', 'Operator', 'Developer', 'Auditor']],
    ['executions:read_all', ['Admin', 'Operator', 'Developer', 'Auditor']],
    ['executions:release', ['Admin']],
    ['executions:report', ['Admin']],
    ['executions:cancel', ['Admin', 'Operator']],
    ['approvals:read', ['Admin', 'Operator', 'Developer', 'Auditor']],
    ['approvals:read_arguments', ['Admin']],
    ['approvals:decide', ['Admin', 'Operator']],
    ['policies:read', ['Admin', 'Operator', 'Developer', 'Auditor']],
    ['policies:write', ['Admin', 'Developer']],
    ['policies:publish', ['Admin', 'Developer']],
    ['policies:evaluate', ['Admin', 'Operator', 'Developer']],
    ['lists:read', ['Admin', 'Operator', 'Developer', 'Auditor']],
    ['lists:write', ['Admin', 'Developer']],
    ['chains:read', ['Admin', 'Operator', 'Developer', 'Auditor']],
    ['users:read', ['Admin', 'Operator', 'Auditor']],
    ['users:write', ['Admin']],
    ['keys:issue', ['Admin']],
    ['agents:read', ['Admin', 'Operator', 'Developer', 'Auditor']],
    ['agents:write', ['Admin', 'Developer']],
    ['audit:read', ['Admin', 'Operator', 'Auditor']],
    ['audit:verify', ['Admin', 'Operator', 'Auditor']],
    ['kill:read', ['Admin', 'Operator', 'Developer', 'Auditor']],
    ['kill:engage', ['Admin', 'Operator']],
    ['kill:engage_global', ['Admin', 'Operator']],
    ['kill:lift', ['Admin', 'Operator']],
    ['status:read', ['Admin', 'Operator', 'Developer', 'Auditor']],
  ])('%s is held by %j', (permission, roles) => {
    expect(holders(permission)).toEqual(roles);
  });

  it('grants an Auditor nothing that changes anything', () => {
    const verbs = sorted(permissionsOf(['Auditor'], [])).map((each) => each.split(':')[1]);
    expect(new Set(verbs)).toEqual(new Set(['read', 'read_all', 'verify']));
  });

  it('grants somebody with approver roles alone what deciding needs, whichever roles they are', () => {
    expect(sorted(permissionsOf([], ['finance']))).toEqual([
      'approvals:decide',
      'approvals:read',
      'channels:link_own',
      'status:read',
    ]);
    expect(permissionsOf([], ['a', 'b'])).toEqual(permissionsOf([], ['finance']));
    expect(permissionsOf([], [], true)).toEqual(permissionsOf([], ['finance']));
  });

  it('grants nobody anything', () => {
    expect(permissionsOf([], []).size).toBe(0);
  });

  it('of several roles is the union of what each grants, and never more', () => {
    const roles = fc.subarray([...ROLES]);
    const approver = fc.subarray(['finance', 'security']);
    fc.assert(
      fc.property(roles, approver, (held, approverRoles) => {
        const each = [
          ...held.flatMap((role) => [...permissionsOf([role], [])]),
          ...permissionsOf([], approverRoles),
        ];
        expect(permissionsOf(held, approverRoles)).toEqual(new Set(each));
      }),
    );
  });
});

describe('the key of an agent', () => {
  it('I-5: never decides, never reads what others ask, never steers a control', () => {
    expect(sorted(AGENT_PERMISSIONS)).toEqual([
      'executions:cancel',
      'executions:read',
      'executions:release',
      'executions:report',
      'executions:submit',
      'policies:evaluate',
    ]);
  });
});

describe('the table', () => {
  it('names each permission once and leaves none that nobody holds', () => {
    expect(new Set(PERMISSIONS).size).toBe(PERMISSIONS.length);
    for (const permission of PERMISSIONS) expect(holders(permission)).toContain('Admin');
  });
});
