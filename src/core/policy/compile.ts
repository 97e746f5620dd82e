import type { CompileDependencies } from './capabilities';
import { allOf, compileCondition, not, type ConditionContext, type Predicate } from './conditions';
import type { PolicyDocument, PolicyScope, RuleDocument, RuleEffect } from './document';
import { createDomainSet } from './domain-name';
import { STANDARD } from './level-chain';
import { YES, type Atom, type NamedList } from './evaluation';
import { hasWildcard, matchesAny } from './glob';
import type {
  ApprovalRequirement,
  Effect,
  MatchedRule,
  PolicyDecision,
  PolicyRequest,
} from './model';

/** One immutable policy version, ready to evaluate. */
export interface CompiledPolicy {
  readonly id: string;
  readonly version: number;
  readonly mode: PolicyDocument['mode'];
  readonly rules: readonly CompiledRule[];
  readonly defaultEffect?: Effect;
  readonly isScoped: boolean;
  readonly covers: (request: PolicyRequest) => boolean;
  /** This policy's part of a decision in which none of its rules matched. */
  readonly noMatch: PolicyPart;
}

/** One policy's part of a decision. */
export type PolicyPart = PolicyDecision['policyChain'][number];

/** Where the index may file a rule: exact names, or `undefined` for rules that only their own check can place. */
export interface IndexKeys {
  readonly actions: readonly string[] | undefined;
  readonly environments: readonly string[] | undefined;
  readonly agents: readonly string[] | undefined;
  /** Names, or no condition at all, in every respect: nothing is left to check. */
  readonly areComplete: boolean;
}

export interface CompiledRule {
  readonly policy: string;
  readonly version: number;
  readonly id: string;
  readonly effect: RuleEffect;
  readonly reason: string;
  readonly warn: boolean;
  readonly shadow: boolean;
  /** Absent: the rule names neither chain nor role, so the level of the risk chooses the chain. */
  readonly requirement?: ApprovalRequirement;
  readonly exceptionRole?: string;
  /** Flags everything it is asked about, so its match says nothing about defaults. */
  readonly isCatchAll: boolean;
  readonly keys: IndexKeys;
  /** Scope and match together. */
  readonly applies: (request: PolicyRequest) => boolean;
  readonly evaluate: Predicate;
  /** Tests that alone keep the rule from matching when they do not hold. */
  readonly conjuncts: readonly Atom[];
  /** One of them is about a number that could change. */
  readonly hasEdge: boolean;
  readonly facts: readonly string[];
  /** The `noMatch` of the rule's policy, which identifies the policy version within a set. */
  readonly policyPart: PolicyPart;
  /** Shared by all decisions in which the rule matched without errors. */
  readonly match: MatchedRule;
}

/** Compiles a loaded policy to closures. Never throws for what a document says: it fails toward the rule's effect. */
export function compilePolicy(
  document: PolicyDocument,
  version: number,
  dependencies: CompileDependencies,
): CompiledPolicy {
  const ownLists = compileLists(new Map(Object.entries(document.lists)));
  const covers = scopeCheck(document.scope);
  const { id, mode, defaultEffect } = document;
  const shadow = mode === 'shadow' ? { shadow: true as const } : {};
  const noMatch: PolicyPart = { policy: id, version, effect: 'no_match', ...shadow };
  const rules = document.rules.map((rule) =>
    compileRule(rule, { document, version, covers, ownLists, dependencies, noMatch }),
  );
  const isScoped = Object.values(document.scope).some(
    (patterns: readonly string[]) => patterns.length > 0,
  );
  const policy = { id, version, mode, rules, isScoped, covers, noMatch };
  return defaultEffect === undefined ? policy : { ...policy, defaultEffect };
}

/** Lists in the forms that tests need. */
export function compileLists(
  lists: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, NamedList> {
  const compiled = new Map<string, NamedList>();
  for (const [name, values] of lists) {
    compiled.set(name, { values: new Set(values), domains: createDomainSet(values) });
  }
  return compiled;
}

interface RuleSurroundings {
  readonly document: PolicyDocument;
  readonly version: number;
  readonly covers: (request: PolicyRequest) => boolean;
  readonly ownLists: ReadonlyMap<string, NamedList>;
  readonly dependencies: CompileDependencies;
  readonly noMatch: PolicyPart;
}

function compileRule(rule: RuleDocument, surroundings: RuleSurroundings): CompiledRule {
  const { document, version, covers, noMatch } = surroundings;
  const facts = new Set<string>();
  const conjuncts: Atom[] = [];
  const evaluate = compileConditions(rule, surroundings, facts, conjuncts);
  const identity = { policy: document.id, version };
  const match = { ...identity, rule: rule.id, effect: rule.effect, reason: rule.reason };
  const { exceptionRole } = rule;
  const requirement = requirementOf(rule);
  return {
    ...identity,
    id: rule.id,
    effect: rule.effect,
    reason: rule.reason,
    warn: rule.warn,
    shadow: document.mode === 'shadow',
    ...(requirement === undefined ? {} : { requirement }),
    ...(exceptionRole === undefined ? {} : { exceptionRole }),
    isCatchAll: rule.effect === 'audit' && isUnconditional(rule, document.scope),
    keys: indexKeys(rule, document.scope),
    applies: (request) =>
      matchesAny(rule.actions, request.action) &&
      matchesAny(rule.environments, request.environment) &&
      matchesAny(rule.agents, request.agent.id) &&
      covers(request),
    evaluate,
    conjuncts,
    hasEdge: conjuncts.some(({ edge }) => edge !== undefined),
    facts: [...facts].sort(),
    policyPart: noMatch,
    match,
  };
}

/** A role without a chain takes the place of the standard chain's approvers. */
function requirementOf({ chain, approverRole }: RuleDocument): ApprovalRequirement | undefined {
  if (approverRole !== undefined) return { chain: chain ?? STANDARD, approverRole };
  return chain === undefined ? undefined : { chain };
}

function compileConditions(
  rule: RuleDocument,
  { document, ownLists, dependencies }: RuleSurroundings,
  facts: Set<string>,
  conjuncts: Atom[],
): Predicate {
  const context: ConditionContext = {
    notation: document.notation,
    // An audit lets the request pass, so on several values it is read as an allow is.
    restrictive: rule.effect === 'deny' || rule.effect === 'require_approval',
    negated: false,
    ownLists,
    dependencies,
    facts,
    conjuncts,
  };
  const parts: Predicate[] = [];
  if (rule.when !== undefined) parts.push(compileCondition(rule.when, context));
  if (rule.unless !== undefined) {
    parts.push(
      not(compileCondition(rule.unless, { ...context, negated: true, conjuncts: undefined })),
    );
  }
  return parts.length === 0 ? () => YES : allOf(parts);
}

const isUnconditional = (rule: RuleDocument, scope: PolicyScope): boolean =>
  rule.when === undefined &&
  rule.unless === undefined &&
  [...rule.actions, ...scope.actions].every((action) => action === '*');

function scopeCheck(scope: PolicyScope): (request: PolicyRequest) => boolean {
  const { workflows, teams } = scope;
  return (request) =>
    matchesAny(scope.actions, request.action) &&
    matchesAny(scope.environments, request.environment) &&
    matchesAny(scope.agents, request.agent.id) &&
    (workflows.length === 0 || matchesAny(workflows, request.workflowType ?? '')) &&
    (teams.length === 0 || matchesAny(teams, request.agent.team ?? ''));
}

function indexKeys(rule: RuleDocument, scope: PolicyScope): IndexKeys {
  const actions = exactNames(rule.actions, scope.actions);
  const environments = exactNames(rule.environments, scope.environments);
  const agents = exactNames(rule.agents, scope.agents);
  const isComplete = (names: IndexKeys['actions'], ...patterns: (readonly string[])[]): boolean =>
    names !== undefined || patterns.every((list) => list.length === 0);
  const areComplete =
    isComplete(actions, rule.actions, scope.actions) &&
    isComplete(environments, rule.environments, scope.environments) &&
    isComplete(agents, rule.agents, scope.agents) &&
    scope.workflows.length + scope.teams.length === 0;
  return { actions, environments, agents, areComplete };
}

/** The names under which both lists of patterns can hold, when one of them is made of names alone. */
function exactNames(
  ofRule: readonly string[],
  ofScope: readonly string[],
): readonly string[] | undefined {
  const areNames = (patterns: readonly string[]): boolean =>
    patterns.length > 0 && !patterns.some(hasWildcard);
  if (areNames(ofRule)) return [...new Set(ofRule)].filter((name) => matchesAny(ofScope, name));
  if (areNames(ofScope)) return [...new Set(ofScope)].filter((name) => matchesAny(ofRule, name));
  return undefined;
}
