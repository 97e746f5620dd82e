import type { CompileDependencies } from '../policy/capabilities';
import { compileCondition, type Predicate } from '../policy/conditions';
import type { Condition } from '../policy/document';
import { NO, startEvaluation, type NamedList } from '../policy/evaluation';
import type { PolicyInput } from '../policy/model';
import { isWithin } from '../policy/time-window';
import type { ChainDefinition } from './chain';
import type { LadderSituation } from './compose';

interface CompiledCondition {
  readonly evaluate: Predicate;
  readonly facts: ReadonlySet<string>;
}

/** Restrictive: a level whose condition meets several values applies where any of them does. */
function compile(condition: Condition, dependencies: CompileDependencies): CompiledCondition {
  const facts = new Set<string>();
  const evaluate = compileCondition(condition, {
    notation: 'canonical',
    restrictive: true,
    negated: false,
    ownLists: new Map(),
    dependencies,
    facts,
    conjuncts: undefined,
  });
  return { evaluate, facts };
}

/** Names of the facts that the conditions of these chains look at, sorted. */
export function chainFacts(
  chains: ReadonlyMap<string, ChainDefinition>,
  dependencies: CompileDependencies,
): readonly string[] {
  const facts = new Set<string>();
  for (const chain of chains.values())
    for (const { when } of chain.levels)
      if (when !== undefined) for (const fact of compile(when, dependencies).facts) facts.add(fact);
  return [...facts].sort();
}

/**
 * Judges the conditions of chains for one request. What cannot be evaluated (a missing field, a wrong type)
 * holds: the level's people are asked rather than passed over.
 */
export function createSituations(
  dependencies: CompileDependencies,
  lists: ReadonlyMap<string, NamedList>,
): (input: PolicyInput, riskScore: number) => LadderSituation {
  const compiled = new WeakMap<Condition, CompiledCondition>();
  return (input, riskScore) => ({
    riskScore,
    holds: (condition) => {
      const known = compiled.get(condition) ?? compile(condition, dependencies);
      compiled.set(condition, known);
      return known.evaluate(startEvaluation(input, lists)) !== NO;
    },
    isWithin: (window) => {
      const local = dependencies.zones.resolve(window.zone);
      return local === undefined ? undefined : isWithin(window, local(input.nowMs));
    },
  });
}
