import type { RiskLevel, RiskScore } from '../risk/model';
import { join, type Combined } from './combine';
import { LEVEL_CHAINS } from './level-chain';
import type { MatchedRule, RuleTrace } from './model';

/** What the level of a score asks, as one more rule in the join. */
export interface RiskBand {
  readonly match: MatchedRule;
  readonly trace: RuleTrace;
  readonly asks: Combined;
}

/** The name under which bands appear among the matched rules. */
const POLICY = 'risk';
/** Grows with every change of what a band asks, never with a weight: an approval rests on it (I-3). */
const VERSION = 1;

function band(level: RiskLevel, effect: 'audit' | 'require_approval', reason: string): RiskBand {
  const rule = `band-${level}`;
  const identity = { policy: POLICY, version: VERSION, rule, effect };
  return {
    match: { ...identity, reason },
    trace: { ...identity, matched: true },
    asks: {
      effect,
      requirements: effect === 'require_approval' ? [LEVEL_CHAINS[level]] : [],
      obligations:
        effect === 'audit' ? [{ type: 'audit', policy: POLICY, rule, message: reason }] : [],
    },
  };
}

/** What a level asks; a low score asks nothing. */
export const bandOf = (level: RiskLevel): RiskBand | undefined =>
  level === 'low' ? undefined : BANDS[level];

const BANDS: Readonly<Record<Exclude<RiskLevel, 'low'>, RiskBand>> = {
  medium: band('medium', 'audit', 'The risk score is medium, so the request is flagged for audit'),
  high: band('high', 'require_approval', 'The risk score is high, so people decide'),
  critical: band('critical', 'require_approval', 'The risk score is critical, so people decide'),
};

/**
 * The band of a score with the join it leads to, or undefined when it would change nothing: a denial stays one,
 * an approval already asks the same chain, an audit is asked already.
 */
export function bandOver(
  rest: Combined,
  { level }: RiskScore,
): { readonly band: RiskBand; readonly combined: Combined } | undefined {
  const found = bandOf(level);
  if (found === undefined) return undefined;
  const { effect } = found.asks;
  // The usual cases need no join.
  if (effect === 'audit') {
    return rest.effect === 'allow' ? { band: found, combined: found.asks } : undefined;
  }
  const combined = join(rest, found.asks);
  const asksMore =
    combined.effect === 'require_approval' &&
    combined.requirements.length > rest.requirements.length;
  return combined.effect === rest.effect && !asksMore ? undefined : { band: found, combined };
}
