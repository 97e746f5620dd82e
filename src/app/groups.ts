import { DomainError } from '../core/errors';
import { actorOf } from './audit-records';
import { requirePermission, type Caller } from './caller';
import type { Group, GroupReads } from './chain-ports';
import type { Committer, Tx } from './commit-ports';

export interface GroupDeps {
  readonly committer: Committer;
  readonly reads: GroupReads;
}

export interface PutGroupInput {
  readonly id: string;
  readonly name?: string;
  /** User ids. */
  readonly members: readonly string[];
}

const MOST_IN_AUDIT = 50;

/** Refuses with each id that is no user, at its place in the list named `list`. Call it before writing. */
export async function requireUsers(
  tx: Tx,
  ids: readonly string[],
  place: (index: number) => string,
): Promise<void> {
  const unknown = new Set(await tx.registry.unknownUsers([...new Set(ids)]));
  if (unknown.size === 0) return;
  throw new DomainError('validation_failed', {
    what: `${String(unknown.size)} of the named users ${unknown.size === 1 ? 'does' : 'do'} not exist.`,
    howToFix: 'Create them with POST /v1/users, or leave them out.',
    problems: ids.flatMap((id, index) =>
      unknown.has(id) ? [{ path: place(index), message: `no user ${id} exists` }] : [],
    ),
  });
}

/** Replaces the members of a group. Whoever is taken out no longer counts at any open level. */
export function createPutGroup(deps: GroupDeps) {
  return async (caller: Caller, input: PutGroupInput): Promise<Group> => {
    requirePermission(caller, 'groups:write');
    return deps.committer.commit(caller.tenant, {
      lane: 'exclusive',
      work: async (tx) => {
        await requireUsers(tx, input.members, (index) => `members[${String(index)}]`);
        const group = await tx.registry.putGroup(input);
        tx.audit({
          type: 'group.changed',
          actor: actorOf(caller),
          target: { kind: 'group', id: group.id },
          context: {
            name: group.name,
            count: group.members.length,
            members: group.members.slice(0, MOST_IN_AUDIT),
          },
        });
        return group;
      },
    });
  };
}

export function createListGroups({ reads }: Pick<GroupDeps, 'reads'>) {
  return async (caller: Caller): Promise<{ readonly items: readonly Group[] }> => {
    requirePermission(caller, 'groups:read');
    return { items: await reads.groups(caller.tenant) };
  };
}

export function createReadGroup({ reads }: Pick<GroupDeps, 'reads'>) {
  return async (caller: Caller, id: string): Promise<Group> => {
    requirePermission(caller, 'groups:read');
    const group = await reads.group(caller.tenant, id);
    if (group === undefined) throw new DomainError('not_found', { what: `No group ${id} exists.` });
    return group;
  };
}
