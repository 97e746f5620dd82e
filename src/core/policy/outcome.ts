import { joinAll, strictest, type Combined } from './combine';
import type { CompiledPolicy, CompiledRule } from './compile';
import type { RuleEffect } from './document';
import { startEvaluation, UNKNOWN, YES } from './evaluation';
import type { Evaluation, Truth, WorkBudget } from './evaluation';
import type { ApprovalRequirement, Effect, Obligation, PolicyInput, PolicyRequest } from './model';
import type { PolicySet } from './policy-set';
import { LEVEL_CHAINS, STANDARD } from './level-chain';
import { bandOver, type RiskBand } from './risk-band';
import { strictestLevel } from '../risk/score';

/** A rule that matched, with what it asks of this request. */
export interface Hit {
  readonly rule: CompiledRule;
  readonly effect: RuleEffect;
  /** Set when the rule could not be evaluated and therefore counts as matched. */
  readonly problem?: string;
  /** The requester asked for the exception this denial offers. */
  readonly asksException: boolean;
}

/** The join of all rules that are applied, and the default where no rule speaks. */
export interface Outcome {
  readonly hits: readonly Hit[];
  readonly combined: Combined;
  readonly defaulted?: { readonly policy?: CompiledPolicy; readonly effect: Effect };
  /** The band of the risk score, where it changes the outcome. */
  readonly band?: RiskBand;
}

/** Never throws: whatever goes wrong inside a condition leaves the rule without an answer. */
export function judge(rule: CompiledRule, evaluation: Evaluation): Truth {
  evaluation.atom = undefined;
  evaluation.problem = undefined;
  try {
    return rule.evaluate(evaluation);
  } catch {
    evaluation.problem = 'a condition failed unexpectedly';
    return UNKNOWN;
  }
}

/** Fail toward the rule's effect: without an answer an `allow` does not match and every other rule does. */
export function hitOf(rule: CompiledRule, result: Truth, evaluation: Evaluation): Hit | undefined {
  const { request } = evaluation.input;
  if (result === UNKNOWN && rule.effect !== 'allow') {
    const problem = evaluation.problem ?? 'a condition could not be evaluated';
    return { rule, effect: rule.effect, problem, asksException: false };
  }
  if (result !== YES) return undefined;
  const asksException = rule.exceptionRole !== undefined && isExceptionRequest(request);
  return { rule, effect: asksException ? 'require_approval' : rule.effect, asksException };
}

/** An exception without a reason is none. */
export const isExceptionRequest = (request: PolicyRequest): boolean =>
  request.exceptionRequested && (request.justification ?? '').trim() !== '';

/**
 * Joins the applied hits; the strictest default of the covering policies fills in where no rule speaks. The band of
 * the score joins last: it never lifts anything and is no match for the defaults.
 */
export function settle(hits: readonly Hit[], evaluation: Evaluation, set: PolicySet): Outcome {
  const { request } = evaluation.input;
  const parts: Combined[] = [];
  for (const hit of hits) parts.push(contribution(hit, evaluation));
  if (hits.some(decides)) return banded({ hits, combined: joinAll(parts) }, evaluation);
  const defaulted = strictestDefault(request, set);
  const { effect } = defaulted;
  const requirements = effect === 'require_approval' ? [bareRequirement(evaluation)] : [];
  parts.push({ effect, requirements, obligations: [] });
  return banded({ hits, defaulted, combined: joinAll(parts) }, evaluation);
}

function banded(outcome: Outcome, { risk }: Evaluation): Outcome {
  const over = bandOver(outcome.combined, risk);
  if (over === undefined) return outcome;
  const { hits, defaulted } = outcome;
  const { combined, band } = over;
  return defaulted === undefined ? { hits, combined, band } : { hits, combined, defaulted, band };
}

/** The requirement of an approval for which nobody names a chain or a role. */
const bareRequirement = ({ input, risk }: Evaluation): ApprovalRequirement =>
  LEVEL_CHAINS[strictestLevel(input.request, risk)];

/** The outcome alone, without trace, within what is left of a decision's budget. */
export function outcomeOf(input: PolicyInput, set: PolicySet, work: WorkBudget): Outcome {
  const evaluation = startEvaluation(input, set.lists, work);
  const hits: Hit[] = [];
  for (const rule of set.candidates(input.request)) {
    const hit = rule.shadow ? undefined : hitOf(rule, judge(rule, evaluation), evaluation);
    if (hit !== undefined) hits.push(hit);
  }
  return settle(hits, evaluation, set);
}

/** A flag on everything, or one raised for want of an answer, must not lift a default denial. */
const decides = (hit: Hit): boolean =>
  hit.rule.effect !== 'audit' || !(hit.rule.isCatchAll || hit.problem !== undefined);

function contribution({ rule, effect, asksException }: Hit, evaluation: Evaluation): Combined {
  const requirements =
    effect === 'require_approval' ? [requirementOf(rule, asksException, evaluation)] : [];
  return { effect, requirements, obligations: effect === 'audit' ? flags(rule) : [] };
}

function requirementOf(
  rule: CompiledRule,
  asksException: boolean,
  evaluation: Evaluation,
): ApprovalRequirement {
  const role = rule.exceptionRole;
  return asksException && role !== undefined
    ? { chain: STANDARD, approverRole: role }
    : (rule.requirement ?? bareRequirement(evaluation));
}

function flags(rule: CompiledRule): readonly Obligation[] {
  const flag = { policy: rule.policy, rule: rule.id, message: rule.reason };
  const audit: Obligation = { type: 'audit', ...flag };
  return rule.warn ? [audit, { type: 'warn', ...flag }] : [audit];
}

function strictestDefault(
  request: PolicyRequest,
  set: PolicySet,
): NonNullable<Outcome['defaulted']> {
  let found: { policy: CompiledPolicy; effect: Effect } | undefined;
  for (const policy of set.policies) {
    const effect = policy.defaultEffect;
    if (effect === undefined || policy.mode !== 'enforce') continue;
    if (policy.isScoped && !policy.covers(request)) continue;
    const isStricter = found !== undefined && strictest(found.effect, effect) !== found.effect;
    if (found === undefined || isStricter) found = { policy, effect };
  }
  return found ?? { effect: 'deny' };
}
