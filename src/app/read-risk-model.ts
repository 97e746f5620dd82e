import { describeRiskModel, type RiskModel } from '../core/risk/describe-model';
import { requirePermission, type Caller } from './caller';

/** The table of factors and weights that scores are made with. */
export async function readRiskModel(caller: Caller): Promise<RiskModel> {
  requirePermission(caller, 'policies:read');
  return describeRiskModel();
}
