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
  a === b || EFFECTS.indexOf(a) > EFFECTS.indexOf(b) ? a : b;

/**
 * The least upper bound of outcomes: the most restrictive effect, the union of requirements and obligations.
 * Commutative, associative and idempotent, so the order of rules and policies cannot matter.
 */
export function joinAll(parts: readonly Combined[]): Combined {
  let { effect } = NOTHING;
  const requirements: ApprovalRequirement[] = [];
  const obligations: Obligation[] = [];
  for (const part of parts) {
    effect = strictest(effect, part.effect);
    requirements.push(...part.requirements);
    obligations.push(...part.obligations);
  }
  return {
    effect,
    requirements: distinct(requirements, requirementKey),
    obligations: distinct(obligations, obligationKey),
  };
}

export const join = (a: Combined, b: Combined): Combined => joinAll([a, b]);

function distinct<T>(members: readonly T[], keyOf: (member: T) => string): readonly T[] {
  if (members.length < 2) return members;
  const byKey = new Map<string, T>();
  for (const member of members) byKey.set(keyOf(member), member);
  if (byKey.size === 1) return members.slice(0, 1);
  return [...byKey.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, member]) => member);
}

/** Chains and roles are names without line ends. */
export const requirementKey = ({ chain, approverRole }: ApprovalRequirement): string =>
  approverRole === undefined ? chain : `${chain}\n${approverRole}`;

const obligationKey = ({ type, policy, rule, message }: Obligation): string =>
  `${policy}
${rule}
${type}
${message}`;
