import { DomainError } from '../core/errors';
import type { ChainDefinition } from '../core/escalation/chain';
import { describeChain } from '../core/escalation/describe-chain';
import { PREDEFINED_CHAINS } from '../core/escalation/predefined-chains';
import { requirePermission, type Caller } from './caller';
import type { ChainReads } from './chain-ports';
import { definitionOf } from './stored-chain';

export interface ChainView extends ChainDefinition {
  readonly source: 'predefined' | 'own';
  /** What the chain does, in plain English. */
  readonly description: string;
}

export interface ChainDetail extends ChainView {
  readonly inForce: boolean;
  /** The document as it was sent; absent for a predefined chain, as is what follows. */
  readonly text?: string;
  readonly digest?: string;
  readonly author?: string;
  readonly createdAt?: string;
}

export interface ReadChainDeps {
  readonly reads: ChainReads;
}

const viewOf = (definition: ChainDefinition, source: ChainView['source']): ChainView => ({
  ...definition,
  source,
  description: describeChain(definition),
});

/** The chains in force, sorted by id. One of the tenant's own stands for the predefined one of its id. */
export function createListChains({ reads }: ReadChainDeps) {
  return async (caller: Caller): Promise<{ readonly items: readonly ChainView[] }> => {
    requirePermission(caller, 'chains:read');
    const views = new Map(
      [...PREDEFINED_CHAINS].map(([id, chain]) => [id, viewOf(chain, 'predefined')]),
    );
    for (const stored of await reads.chains(caller.tenant))
      views.set(stored.id, viewOf(definitionOf(stored), 'own'));
    return { items: [...views.values()].sort((a, b) => (a.id < b.id ? -1 : 1)) };
  };
}

/**
 * One chain: the named version, also one that is no longer in force, else the one in force.
 *
 * @throws DomainError `chain_not_found`
 */
export function createReadChain({ reads }: ReadChainDeps) {
  return async (
    caller: Caller,
    input: { readonly id: string; readonly version?: number },
  ): Promise<ChainDetail> => {
    requirePermission(caller, 'chains:read');
    const { id, version } = input;
    const own = await reads.chain(caller.tenant, id, version);
    if (own !== undefined) {
      const { text, digest, author, createdAt, publishedVersion } = own;
      return {
        ...viewOf(definitionOf(own), 'own'),
        inForce: publishedVersion === own.version,
        ...{ text, digest, author, createdAt },
      };
    }
    const predefined = PREDEFINED_CHAINS.get(id);
    if (predefined === undefined || (version ?? predefined.version) !== predefined.version) {
      const which = version === undefined ? '' : ` of version ${String(version)}`;
      throw new DomainError('chain_not_found', { what: `No chain ${id}${which} exists.` });
    }
    const replaced = (await reads.chain(caller.tenant, id, undefined)) !== undefined;
    return { ...viewOf(predefined, 'predefined'), inForce: !replaced };
  };
}
