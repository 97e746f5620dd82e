import type { RiskLevel } from '../risk/model';
import type { ApprovalRequirement } from './model';

/** The chain every tenant has. */
export const STANDARD = 'standard';

/** The chain of an approval for which nobody names one, by the strictest level of the risk (specification of policies). */
export const LEVEL_CHAINS: Readonly<Record<RiskLevel, ApprovalRequirement>> = {
  low: { chain: STANDARD },
  medium: { chain: STANDARD },
  high: { chain: 'high-risk' },
  critical: { chain: 'critical' },
};
