import { EFFECTS } from './model';
import type { ApprovalRequirement, Effect, Obligation } from './model';

/** What rules ask for together. */
export interface Combined {
  readonly effect: Effect;
  /** Sorted, without duplicates. */
  readonly requirements: readonly ApprovalRequirement[];
  /** Sorted, without duplicates. */
  readonly obligations: readonly Obligation[];
}

/** Neutral in `join`. */
export const NOTHING: Combined = { effect: 'allow', requirements: [], obligations: [] };

export const strictest = (a: Effect, b: Effect): Effect =>
  EFFECTS.indexOf(a) >= EFFECTS.indexOf(b) ? a : b;

/**
 * The least upper bound of two outcomes: the more restrictive effect, the union of requirements and obligations.
 * Commutative, associative and idempotent, so the order of rules and policies cannot matter.
 */
export function join(a: Combined, b: Combined): Combined {
  return {
    effect: strictest(a.effect, b.effect),
    requirements: union(a.requirements, b.requirements, requirementKey),
    obligations: union(a.obligations, b.obligations, obligationKey),
  };
}

function union<T>(a: readonly T[], b: readonly T[], keyOf: (member: T) => string): readonly T[] {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const byKey = new Map<string, T>();
  for (const member of [...a, ...b]) byKey.set(keyOf(member), member);
  return [...byKey.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, member]) => member);
}

export const requirementKey = ({ chain, approverRole }: ApprovalRequirement): string =>
  JSON.stringify([chain, approverRole ?? '']);

const obligationKey = ({ type, policy, rule, message }: Obligation): string =>
  JSON.stringify([policy, rule, type, message]);
