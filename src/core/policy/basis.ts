import { requirementKey } from './combine';
import type { PolicyDecision } from './model';
import type { JsonObject } from '../json';

/**
 * What an approval rests on: the rules that matched and the merged requirement, in one canonical form. Its hash is the
 * approval's basis; an approval is void when it differs at release (I-3).
 */
export function basisOf(decision: PolicyDecision): JsonObject {
  const rules = decision.matched
    .map(({ policy, version, rule, effect }) => ({ policy, version, rule, effect }))
    .sort((a, b) => (ruleKey(a) < ruleKey(b) ? -1 : 1));
  const requirements = [...decision.requirements]
    .sort((a, b) => (requirementKey(a) < requirementKey(b) ? -1 : 1))
    .map(({ chain, approverRole }) => ({ chain, approverRole: approverRole ?? null }));
  return { rules, requirements };
}

const ruleKey = (rule: { policy: string; version: number; rule: string; effect: string }): string =>
  JSON.stringify([rule.policy, rule.version, rule.rule, rule.effect]);
