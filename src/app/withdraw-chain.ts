import { DomainError } from '../core/errors';
import { PREDEFINED_CHAINS } from '../core/escalation/predefined-chains';
import type { PolicySet } from '../core/policy/policy-set';
import { actorOf } from './audit-records';
import { requirePermission, type Caller } from './caller';
import type { Committer } from './commit-ports';
import type { SnapshotSource } from './ports';

export interface WithdrawChainDeps {
  readonly committer: Committer;
  readonly snapshots: SnapshotSource;
}

export interface WithdrawnChain {
  readonly id: string;
  readonly withdrawnVersion: number;
  /** Version of the predefined chain that is in force again. */
  readonly predefinedVersion?: number;
}

/** Rules of published policies that send requests to the chain, as `policy/rule`. */
function rulesNaming({ policies }: PolicySet, chain: string): string[] {
  return policies.flatMap(({ rules }) =>
    rules
      .filter((rule) => rule.effect === 'require_approval' && rule.requirement?.chain === chain)
      .map((rule) => `${rule.policy}/${rule.id}`),
  );
}

/**
 * Takes a tenant's own chain out of force; its versions stay readable. Where a predefined chain has the id, that one
 * is in force again.
 *
 * @throws DomainError `chain_not_found`, or `chain_in_use` while a policy needs it and nothing takes its place.
 */
export function createWithdrawChain(deps: WithdrawChainDeps) {
  return async (caller: Caller, id: string): Promise<WithdrawnChain> => {
    requirePermission(caller, 'chains:write');
    const predefined = PREDEFINED_CHAINS.get(id);
    const withdrawnVersion = await deps.committer.commit(caller.tenant, {
      lane: 'exclusive',
      work: async (tx, snapshot) => {
        const naming = predefined === undefined ? rulesNaming(snapshot.policySet, id) : [];
        if (naming.length > 0) {
          throw new DomainError('chain_in_use', {
            what: `Chain ${id} is named by ${naming.slice(0, 20).join(', ')}.`,
          });
        }
        const version = await tx.registry.withdrawChain(id, caller.principal);
        if (version === undefined) throw notWithdrawable(id, predefined !== undefined);
        tx.audit({
          type: 'chain.changed',
          actor: actorOf(caller),
          target: { kind: 'chain', id },
          outcome: 'withdrawn',
          context: { version, predefined: predefined !== undefined },
        });
        tx.bumpEpoch();
        return version;
      },
    });
    deps.snapshots.invalidate(caller.tenant);
    return {
      id,
      withdrawnVersion,
      ...(predefined === undefined ? {} : { predefinedVersion: predefined.version }),
    };
  };
}

const notWithdrawable = (id: string, isPredefined: boolean): DomainError =>
  new DomainError('chain_not_found', {
    what: isPredefined
      ? `Chain ${id} is predefined, and you have no chain of your own in its place.`
      : `No chain ${id} is in force.`,
  });
