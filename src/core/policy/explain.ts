import type { CompiledRule } from './compile';
import type { WorkBudget } from './evaluation';
import { withValue } from './field';
import { isExceptionRequest, outcomeOf, type Hit, type Outcome } from './outcome';
import type { MatchedRule, PolicyInput, PolicyVerdict } from './model';
import type { PolicySet } from './policy-set';
import type { RiskScore } from '../risk/model';
import { riskSentence } from '../risk/explain-score';

export interface Explained {
  readonly verdict: PolicyVerdict;
  readonly outcome: Outcome;
  readonly matched: readonly MatchedRule[];
  readonly input: PolicyInput;
  readonly set: PolicySet;
  readonly work: WorkBudget;
  readonly risk: RiskScore;
}

/** The matched rule that decided: of the winning effect, one that was evaluated in full if there is one. */
function decisive(outcome: Outcome, matched: readonly MatchedRule[]): MatchedRule | undefined {
  // A flag for audit allows nothing: where no rule decided, the default did.
  const { combined, defaulted, band } = outcome;
  if (combined.effect === 'audit' && defaulted !== undefined) {
    const byDefault = matched.find((match) => match.rule === 'default');
    if (byDefault !== undefined) return byDefault;
  }
  // Nor does a band that flags, and it does so only over what allows.
  const effect = band?.match.effect === 'audit' ? 'allow' : combined.effect;
  const winning = matched.filter((match) => match.effect === effect);
  return winning.find((match) => match.policyError === undefined) ?? winning[0];
}

/** One public sentence for the verdict. */
export function reasonOf(
  verdict: PolicyVerdict,
  outcome: Outcome,
  matched: readonly MatchedRule[],
): string {
  const reason = decisive(outcome, matched)?.reason;
  return (
    reason ?? (verdict === 'ALLOW' ? 'No rule restricts this request' : 'Restricted by policy')
  );
}

/** Plain English, the same for the same decision: what decided, and the nearest change that would allow it. */
export function explain(explained: Explained): string {
  const { verdict, outcome, matched } = explained;
  const decided = decisive(outcome, matched);
  const sentences = [opening(verdict, outcome, decided), ...further(outcome, matched, decided)];
  if (verdict !== 'ALLOW') {
    const exception = exceptionSentence(explained);
    if (exception !== undefined) sentences.push(exception);
    const change = nearestChange(explained);
    if (change !== undefined) sentences.push(change);
  }
  sentences.push(riskSentence(explained.risk));
  return sentences.join(' ');
}

function opening(
  verdict: PolicyVerdict,
  { combined, defaulted }: Outcome,
  decided: MatchedRule | undefined,
): string {
  const word = { ALLOW: 'Allowed', DENY: 'Denied', REQUIRE_APPROVAL: 'Needs approval' }[verdict];
  if (decided === undefined) return `${word}.`;
  if (defaulted !== undefined && decided.rule === 'default')
    return `${word}: ${sentence(decided.reason)}`;
  const roles = combined.requirements.flatMap(({ approverRole }) => approverRole ?? []);
  const by = verdict === 'REQUIRE_APPROVAL' && roles.length > 0 ? ` of ${roles.join(' and ')}` : '';
  const where = `rule ${decided.rule} of policy ${decided.policy}`;
  const why = decided.policyError;
  if (why !== undefined) {
    return `${word}${by}: ${where} could not be evaluated (${why}), so it counts as matched.`;
  }
  return `${word}${by} by ${where}: ${sentence(decided.reason)}`;
}

/** Names the other rules that restrict, at most three of them. */
function further(
  { combined }: Outcome,
  matched: readonly MatchedRule[],
  decided: MatchedRule | undefined,
): readonly string[] {
  if (combined.effect !== 'deny' && combined.effect !== 'require_approval') return [];
  const others = matched.filter((match) => match !== decided && match.effect === combined.effect);
  if (others.length === 0) return [];
  const names = others.slice(0, 3).map((match) => match.rule);
  const more = others.length > 3 ? ` and ${others.length - 3} more` : '';
  return [`The same is asked by ${names.join(', ')}${more}.`];
}

function exceptionSentence({ verdict, outcome, input }: Explained): string | undefined {
  if (verdict !== 'DENY' || outcome.defaulted !== undefined) return undefined;
  const denying = outcome.hits.filter((hit) => hit.effect === 'deny');
  const roles = new Set(
    denying.flatMap((hit) => (hit.problem === undefined ? (hit.rule.exceptionRole ?? []) : [])),
  );
  const offering = denying.filter(
    (hit) => hit.problem === undefined && hit.rule.exceptionRole !== undefined,
  );
  if (offering.length === 0 || offering.length < denying.length) {
    return isExceptionRequest(input.request)
      ? 'The exception asked for does not lift these denials.'
      : undefined;
  }
  return `An exception can be requested, with a justification, from ${[...roles].sort().join(' and ')}.`;
}

const MAX_CHANGES = 4;

/**
 * Moves numbers to the edge of the rules that restrict, one rule at a time, and decides again; so what it says would be
 * allowed is allowed.
 */
function nearestChange({ outcome, input, set, work }: Explained): string | undefined {
  const phrases = new Map<string, string>();
  const hasOtherGrounds = outcome.hits.some((hit) => restricts(hit) && !hit.rule.hasEdge);
  if (hasOtherGrounds) return firstCondition(restricting(outcome));
  let changed = input;
  let current = outcome;
  for (let step = 0; step < MAX_CHANGES; step += 1) {
    const rule = restricting(current);
    const move = rule === undefined ? undefined : edgeMove(rule, changed);
    if (rule === undefined || move === undefined) break;
    phrases.set(move.field, move.phrase);
    changed = move.input;
    current = outcomeOf(changed, set, work);
    const { effect } = current.combined;
    if (effect === 'allow' || effect === 'audit') {
      return `Would be allowed if ${[...phrases.values()].join(' and ')}.`;
    }
    if (restricting(current) === rule) break;
  }
  return firstCondition(restricting(outcome));
}

const restricts = ({ effect }: Hit): boolean => effect === 'deny' || effect === 'require_approval';

const restricting = ({ hits }: Outcome): CompiledRule | undefined => hits.find(restricts)?.rule;

function edgeMove(
  rule: CompiledRule,
  input: PolicyInput,
): { readonly field: string; readonly phrase: string; readonly input: PolicyInput } | undefined {
  for (const { field, edge } of rule.conjuncts) {
    const moved = edge === undefined ? undefined : withValue(input, field, edge.witness);
    if (edge !== undefined && moved !== undefined)
      return { field, phrase: edge.phrase, input: moved };
  }
  return undefined;
}

function firstCondition(rule: CompiledRule | undefined): string | undefined {
  const atom = rule?.conjuncts[0];
  if (rule === undefined || atom === undefined) return undefined;
  const condition = `${atom.field} ${atom.operator.replaceAll('_', ' ')} ${atom.expected}`;
  return `Rule ${rule.id} would not match if this did not hold: ${condition}.`;
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
