import { compileLists, type CompiledPolicy, type CompiledRule } from './compile';
import type { NamedList } from './evaluation';
import type { PolicyRequest } from './model';

/** All active policy versions of a tenant, indexed by action, environment and agent. Immutable. */
export interface PolicySet {
  /** Sorted by id, then version; policies that are off are left out. */
  readonly policies: readonly CompiledPolicy[];
  readonly lists: ReadonlyMap<string, NamedList>;
  /** Rules whose scope and match cover the request, sorted by policy, version and rule id. */
  readonly candidates: (request: PolicyRequest) => readonly CompiledRule[];
}

/** Builds the set a decision is made with. The order of `policies` has no influence. */
export function buildPolicySet(
  policies: readonly CompiledPolicy[],
  lists: ReadonlyMap<string, readonly string[]>,
): PolicySet {
  const active = policies.filter((policy) => policy.mode !== 'off').sort(byIdAndVersion);
  const index: Index = new Map();
  let order = 0;
  for (const policy of active) {
    for (const rule of [...policy.rules].sort((a, b) => compareText(a.id, b.id))) {
      file(index, order, rule);
      order += 1;
    }
  }
  return {
    policies: active,
    lists: compileLists(lists),
    candidates: (request) => lookUp(index, request),
  };
}

/** The names of the facts that the rules covering the request look at, sorted. */
export function factsNeeded(request: PolicyRequest, set: PolicySet): readonly string[] {
  const names = new Set<string>();
  for (const rule of set.candidates(request)) for (const fact of rule.facts) names.add(fact);
  return [...names].sort();
}

interface Entry {
  readonly order: number;
  readonly rule: CompiledRule;
  /** Filed under exactly what it covers, so the rule's own check is not needed. */
  readonly isExact: boolean;
}
type Index = Map<string, Map<string, Map<string, Entry[]>>>;

/** No name of an action, environment or agent: names with control characters do not pass the contract. */
const ANY = '\u0000any';
const ANY_NAME: readonly string[] = [ANY];
/** A rule naming more combinations than this is filed as a wildcard and checked by itself. */
const MAX_FILINGS = 256;

function file(index: Index, order: number, rule: CompiledRule): void {
  const { actions = ANY_NAME, environments = ANY_NAME, agents = ANY_NAME } = rule.keys;
  const few = actions.length * environments.length * agents.length <= MAX_FILINGS;
  const entry: Entry = { order, rule, isExact: few && rule.keys.areComplete };
  for (const action of few ? actions : ANY_NAME) {
    const byEnvironment = memberOf(index, action, () => new Map<string, Map<string, Entry[]>>());
    for (const environment of few ? environments : ANY_NAME) {
      const byAgent = memberOf(byEnvironment, environment, () => new Map<string, Entry[]>());
      for (const agent of few ? agents : ANY_NAME) {
        memberOf(byAgent, agent, (): Entry[] => []).push(entry);
      }
    }
  }
}

function memberOf<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

function lookUp(index: Index, request: PolicyRequest): readonly CompiledRule[] {
  const lists: Entry[][] = [];
  for (const action of [request.action, ANY]) {
    const byEnvironment = index.get(action);
    if (byEnvironment === undefined) continue;
    for (const environment of [request.environment, ANY]) {
      const byAgent = byEnvironment.get(environment);
      if (byAgent === undefined) continue;
      for (const agent of [request.agent.id, ANY]) {
        const entries = byAgent.get(agent);
        if (entries !== undefined) lists.push(entries);
      }
    }
  }
  const rules: CompiledRule[] = [];
  for (const { rule, isExact } of merge(lists)) {
    if (isExact || rule.applies(request)) rules.push(rule);
  }
  return rules;
}

/** The lists are sorted and share no entry, so merging them pairwise keeps the order. */
function merge(lists: readonly Entry[][]): readonly Entry[] {
  let merged: readonly Entry[] = [];
  for (const list of lists) {
    if (merged.length === 0) {
      merged = list;
      continue;
    }
    const both: Entry[] = [];
    let left = 0;
    let right = 0;
    for (;;) {
      const a = merged[left];
      const b = list[right];
      if (a === undefined && b === undefined) break;
      if (b === undefined || (a !== undefined && a.order < b.order)) {
        both.push(a as Entry);
        left += 1;
      } else {
        both.push(b);
        right += 1;
      }
    }
    merged = both;
  }
  return merged;
}

const byIdAndVersion = (a: CompiledPolicy, b: CompiledPolicy): number =>
  compareText(a.id, b.id) || a.version - b.version;

/** By code unit, so that the order is the same on every machine. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
