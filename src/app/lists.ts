import { DomainError } from '../core/errors';
import { actorOf } from './audit-records';
import { requirePermission, type Caller } from './caller';
import type { SnapshotSource } from './ports';
import type { RegistryReads } from './read-ports';
import type { Committer } from './commit-ports';

export interface ListDeps {
  readonly committer: Committer;
  readonly snapshots: SnapshotSource;
  readonly reads: RegistryReads;
}

export interface NamedValues {
  readonly name: string;
  readonly values: readonly string[];
}

/** Replaces a named list that policies look at. */
export function createPutList(deps: ListDeps) {
  return async (caller: Caller, input: NamedValues): Promise<NamedValues> => {
    requirePermission(caller, 'lists:write');
    await deps.committer.commit(caller.tenant, {
      lane: 'exclusive',
      work: async (tx) => {
        await tx.registry.putList(input.name, input.values);
        tx.audit({
          type: 'list.changed',
          actor: actorOf(caller),
          target: { kind: 'list', id: input.name },
          context: { count: input.values.length, values: input.values.slice(0, 50) },
        });
        tx.bumpEpoch();
      },
    });
    deps.snapshots.invalidate(caller.tenant);
    return input;
  };
}

export function createReadLists(deps: ListDeps) {
  return async (caller: Caller): Promise<{ items: NamedValues[] }> => {
    requirePermission(caller, 'lists:read');
    return {
      items: [...(await deps.reads.lists(caller.tenant))].map(([name, values]) => ({
        name,
        values,
      })),
    };
  };
}

export function createReadList(deps: ListDeps) {
  return async (caller: Caller, name: string): Promise<NamedValues> => {
    requirePermission(caller, 'lists:read');
    const values = (await deps.reads.lists(caller.tenant)).get(name);
    if (values === undefined)
      throw new DomainError('not_found', { what: `No list ${name} exists.` });
    return { name, values };
  };
}
