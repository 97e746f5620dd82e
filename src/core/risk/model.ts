/** From least to most severe. */
export const RISK_LEVELS = ['low', 'medium', 'high', 'critical'] as const;
export type RiskLevel = (typeof RISK_LEVELS)[number];

/** How far an action can be taken back, as its tool was registered. From harmless to final. */
export const REVERSIBILITIES = [
  'read',
  'reversible',
  'externally_reversible',
  'irreversible',
] as const;
export type Reversibility = (typeof REVERSIBILITIES)[number];

export const RISK_FACTOR_NAMES = [
  'action',
  'reversibility',
  'agent',
  'data',
  'amount',
  'environment',
  /** Takes away what lies above 100. */
  'clamped',
  /** The request could not be read, so everything is assumed. */
  'unreadable',
] as const;
export type RiskFactorName = (typeof RISK_FACTOR_NAMES)[number];

/** One reason for the score. `why` is public text and repeats nothing of the request. */
export interface RiskFactor {
  readonly name: RiskFactorName;
  /** Negative only for `clamped`. */
  readonly points: number;
  readonly why: string;
}

export interface RiskScore {
  /** Integer from 0 to 100, the sum of the factors' points. */
  readonly score: number;
  readonly level: RiskLevel;
  readonly factors: readonly RiskFactor[];
}

/** The stricter of two levels. */
export const stricterLevel = (a: RiskLevel, b: RiskLevel): RiskLevel =>
  RISK_LEVELS.indexOf(a) >= RISK_LEVELS.indexOf(b) ? a : b;
