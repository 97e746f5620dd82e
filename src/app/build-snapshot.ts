import { loadPolicy } from '../contract/policy/load';
import { createAddTime } from '../core/escalation/business-time';
import { PREDEFINED_CHAINS } from '../core/escalation/predefined-chains';
import { chainFacts, createSituations } from '../core/escalation/situation';
import type { AgentId, TenantId } from '../core/ids';
import type { CompileDependencies } from '../core/policy/capabilities';
import { compilePolicy, type CompiledPolicy } from '../core/policy/compile';
import type { AgentProfile, Effect } from '../core/policy/model';
import { buildPolicySet } from '../core/policy/policy-set';
import type { RawSnapshot, TenantSnapshot } from './ports';

/** Chains every tenant has. */
export const BUILT_IN_CHAINS = PREDEFINED_CHAINS;

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
      // Checked when it was published. A list that is gone since fails toward the effect of the rule that names it.
      lists: 'any',
      chains: new Set(BUILT_IN_CHAINS.keys()),
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

/** The default that other notations inherit: the active bundle's; without a bundle, deny. */
function bundleDefaultOf(policies: readonly CompiledPolicy[]): Effect {
  return policies[0]?.defaultEffect ?? 'deny';
}

/** Turns stored controls into the snapshot that decisions are made with. */
export function createSnapshotBuilder(deps: SnapshotDeps): (raw: RawSnapshot) => TenantSnapshot {
  const compile = createCompileCache(deps.capabilities);
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
    const chains = BUILT_IN_CHAINS;
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
