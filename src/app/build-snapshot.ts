import { loadPolicy } from '../contract/policy/load';
import { createAddTime } from '../core/escalation/business-time';
import type { ChainDefinition } from '../core/escalation/chain';
import { PREDEFINED_CHAINS } from '../core/escalation/predefined-chains';
import { chainFacts, createSituations } from '../core/escalation/situation';
import type { AgentId, TenantId } from '../core/ids';
import type { CompileDependencies } from '../core/policy/capabilities';
import { compilePolicy, type CompiledPolicy } from '../core/policy/compile';
import type { AgentProfile, Effect } from '../core/policy/model';
import { buildPolicySet } from '../core/policy/policy-set';
import type { RawSnapshot, TenantSnapshot } from './ports';
import { definitionOf } from './stored-chain';

export interface SnapshotDeps {
  readonly capabilities: CompileDependencies;
  readonly agent: (tenant: TenantId, id: AgentId) => Promise<AgentProfile | undefined>;
}

/** What a stored policy becomes; the same text under the same bundle default is compiled once a process. */
function createCompileCache(capabilities: CompileDependencies) {
  const cache = new Map<string, CompiledPolicy>();
  return (policy: RawSnapshot['policies'][number], bundleDefault: Effect): CompiledPolicy => {
    const key = JSON.stringify([policy.id, policy.version, policy.digest, bundleDefault]);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const loaded = loadPolicy(policy.text, {
      id: policy.id,
      bundleDefault,
      // Checked when it was published. A list that is gone since fails toward the effect of the rule that names it,
      // a chain that is gone denies.
      lists: 'any',
      chains: 'any',
    });
    // It loaded when it was published; if it does not now, no decision may be made without it.
    if (!loaded.ok)
      throw new Error(
        `published policy ${policy.id} version ${String(policy.version)} no longer loads`,
      );
    const compiled = compilePolicy(loaded.document, policy.version, capabilities);
    if (cache.size > 2_000) cache.clear();
    cache.set(key, compiled);
    return compiled;
  };
}

/** What a stored chain becomes; the same version of a text is read once a process. */
function createChainCache() {
  const cache = new Map<string, ChainDefinition>();
  return (chain: RawSnapshot['chains'][number]): ChainDefinition => {
    const key = JSON.stringify([chain.id, chain.version, chain.digest]);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const definition = definitionOf(chain);
    if (cache.size > 2_000) cache.clear();
    cache.set(key, definition);
    return definition;
  };
}

/** The default that other notations inherit: the active bundle's; without a bundle, deny. */
function bundleDefaultOf(policies: readonly CompiledPolicy[]): Effect {
  return policies[0]?.defaultEffect ?? 'deny';
}

/** Turns stored controls into the snapshot that decisions are made with. */
export function createSnapshotBuilder(deps: SnapshotDeps): (raw: RawSnapshot) => TenantSnapshot {
  const compile = createCompileCache(deps.capabilities);
  const readChain = createChainCache();
  return (raw) => {
    const listNames = new Set(raw.lists.keys());
    const bundles = raw.policies
      .filter((policy) => policy.bundle)
      .map((policy) => compile(policy, 'deny'));
    const bundleDefault = bundleDefaultOf(bundles);
    const others = raw.policies
      .filter((policy) => !policy.bundle)
      .map((policy) => compile(policy, bundleDefault));
    const agents = new Map<AgentId, AgentProfile>();
    const policySet = buildPolicySet([...bundles, ...others], raw.lists);
    const chains = new Map([
      ...PREDEFINED_CHAINS,
      ...raw.chains.map((chain) => [chain.id, readChain(chain)] as const),
    ]);
    return {
      tenant: raw.tenant,
      epoch: raw.epoch,
      policySet,
      chains,
      chainFacts: chainFacts(chains, deps.capabilities),
      situation: createSituations(deps.capabilities, policySet.lists),
      addTime: createAddTime(deps.capabilities.zones),
      kills: raw.kills,
      bundleDefault,
      listNames,
      agent: async (id) => {
        const known = agents.get(id);
        if (known !== undefined) return known;
        const found = await deps.agent(raw.tenant, id);
        if (found !== undefined) agents.set(id, found);
        return found;
      },
    };
  };
}
