import { strictest } from './combine';
import type { CompiledRule, PolicyPart } from './compile';
import { startEvaluation, type Evaluation } from './evaluation';
import { explain, reasonOf } from './explain';
import { hitOf, judge, settle, type Hit, type Outcome } from './outcome';
import {
  EFFECTS,
  type Effect,
  type MatchedRule,
  type PolicyDecision,
  type PolicyInput,
  type PolicyVerdict,
  type RuleTrace,
} from './model';
import type { PolicySet } from './policy-set';
import { displayText } from './redact';
import type { RiskScore } from '../risk/model';
import { scoreRisk } from '../risk/score';

/**
 * Decides a request against all active policies: the most restrictive of the matching rules wins. Pure, and never throws;
 * whatever cannot be evaluated restricts (I-1).
 */
export function decide(input: PolicyInput, set: PolicySet): PolicyDecision {
  const risk = scoreRisk(input);
  try {
    if (!set.policies.some((policy) => policy.mode === 'enforce')) {
      return denial('no_active_policy', 'No policy set is active, so nothing is allowed.', risk);
    }
    return decideWith(input, set, risk);
  } catch {
    return denial(
      'policy_error',
      'The policies could not be evaluated, so nothing is allowed.',
      risk,
    );
  }
}

function decideWith(input: PolicyInput, set: PolicySet, risk: RiskScore): PolicyDecision {
  const evaluation = startEvaluation(input, set.lists, undefined, risk);
  const applied: Hit[] = [];
  const trace: RuleTrace[] = [];
  const effects = new Map<PolicyPart, Effect>();
  for (const rule of set.candidates(input.request)) {
    const hit = hitOf(rule, judge(rule, evaluation), evaluation);
    trace.push(traceOf(rule, hit, evaluation));
    if (hit === undefined) continue;
    if (!rule.shadow) applied.push(hit);
    const before = effects.get(rule.policyPart) ?? 'allow';
    effects.set(rule.policyPart, strictest(before, hit.effect));
  }
  const outcome = settle(applied, evaluation, set);
  const matched = applied.map(matchOf);
  if (outcome.defaulted !== undefined) {
    const match = defaultMatch(outcome.defaulted);
    matched.push(match);
    const { policy, version, rule, effect } = match;
    trace.push({ policy, version, rule, effect, matched: true });
  }
  if (outcome.band !== undefined) {
    matched.push(outcome.band.match);
    trace.push(outcome.band.trace);
  }
  // What decided stands first; among equals the order of policy and rule stays.
  if (matched.length > 1) matched.sort(byRestriction);
  const verdict = verdictOf(outcome.combined.effect);
  const exceptionOffered = offeredException(verdict, outcome);
  return {
    verdict,
    reasonCode: reasonCodeOf(verdict, outcome),
    reason: reasonOf(verdict, outcome, matched),
    explanation: explain({ verdict, outcome, matched, input, set, work: evaluation.work, risk }),
    matched,
    trace,
    obligations: outcome.combined.obligations,
    requirements: verdict === 'REQUIRE_APPROVAL' ? outcome.combined.requirements : [],
    policyChain: chainOf(input, set, effects),
    risk,
    ...(exceptionOffered === undefined ? {} : { exceptionOffered }),
  };
}

/** Written out member by member: a decision makes hundreds of these, and copying by spread is several times slower. */
function traceOf(rule: CompiledRule, hit: Hit | undefined, evaluation: Evaluation): RuleTrace {
  const { atom, problem } = evaluation;
  const { policy, version, id, effect } = rule;
  const matched = hit !== undefined;
  let trace: RuleTrace;
  if (problem !== undefined && (hit === undefined || hit.problem !== undefined)) {
    const policyError = displayText(problem);
    trace = { policy, version, rule: id, effect, matched, policyError };
  } else if (matched || atom === undefined) {
    trace = { policy, version, rule: id, effect, matched };
  } else {
    const { field, expected } = atom;
    const operator = evaluation.negated ? `not ${atom.operator}` : atom.operator;
    const failed = { field, operator, expected, actual: atom.show(evaluation) };
    trace = { policy, version, rule: id, effect, matched, failed };
  }
  return rule.shadow ? { ...trace, shadow: true } : trace;
}

const byRestriction = (a: MatchedRule, b: MatchedRule): number =>
  EFFECTS.indexOf(b.effect) - EFFECTS.indexOf(a.effect);

function matchOf({ rule, effect, problem }: Hit): MatchedRule {
  if (problem !== undefined) return { ...rule.match, policyError: displayText(problem) };
  return effect === rule.effect ? rule.match : { ...rule.match, effect };
}

function defaultMatch({ policy, effect }: NonNullable<Outcome['defaulted']>): MatchedRule {
  const reason =
    policy === undefined
      ? 'No rule matched and no policy in force gives a default'
      : `No rule matched; the default of ${policy.id} is ${effect}`;
  return {
    policy: policy?.id ?? 'none',
    version: policy?.version ?? 0,
    rule: 'default',
    effect,
    reason,
  };
}

function verdictOf(effect: Effect): PolicyVerdict {
  switch (effect) {
    case 'allow':
    case 'audit':
      return 'ALLOW';
    case 'require_approval':
      return 'REQUIRE_APPROVAL';
    case 'deny':
    case 'throttle':
    case 'transform':
      return 'DENY';
  }
}

function reasonCodeOf(verdict: PolicyVerdict, { hits, defaulted }: Outcome): string {
  if (verdict === 'ALLOW') return 'allowed';
  if (verdict === 'REQUIRE_APPROVAL') return 'approval_required';
  const denying = hits.filter((hit) => hit.effect === 'deny');
  const onlyErrors = defaulted === undefined && denying.every((hit) => hit.problem !== undefined);
  return onlyErrors ? 'policy_error' : 'policy_violation';
}

/** Offered only when every denial can be excepted: an exception never lifts another denial. */
function offeredException(
  verdict: PolicyVerdict,
  { hits, defaulted }: Outcome,
): string | undefined {
  if (verdict !== 'DENY' || defaulted !== undefined) return undefined;
  const denying = hits.filter((hit) => hit.effect === 'deny');
  const roles = denying.map((hit) =>
    hit.problem === undefined ? hit.rule.exceptionRole : undefined,
  );
  return roles.includes(undefined) ? undefined : roles.sort()[0];
}

function chainOf(
  { request }: PolicyInput,
  set: PolicySet,
  effects: ReadonlyMap<PolicyPart, Effect>,
): PolicyDecision['policyChain'] {
  const chain: PolicyPart[] = [];
  for (const policy of set.policies) {
    if (policy.isScoped && !policy.covers(request)) continue;
    const effect = effects.get(policy.noMatch);
    chain.push(effect === undefined ? policy.noMatch : { ...policy.noMatch, effect });
  }
  return chain;
}

const denial = (reasonCode: string, reason: string, risk: RiskScore): PolicyDecision => ({
  verdict: 'DENY',
  reasonCode,
  reason,
  explanation: reason,
  matched: [],
  trace: [],
  obligations: [],
  requirements: [],
  policyChain: [],
  risk,
});
