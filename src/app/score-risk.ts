import type { RiskScore } from '../core/risk/model';
import { scoreRisk } from '../core/risk/score';
import type { Caller } from './caller';
import type { SubmitInput } from './submit-input';
import { trialRequest, type TrialDeps } from './trial-request';

/** The score a decision of this request would carry, with its factors; stores nothing. */
export function createScoreRisk(deps: TrialDeps) {
  return async (caller: Caller, input: SubmitInput): Promise<RiskScore> => {
    const { request, facts } = await trialRequest(deps, caller, input);
    return scoreRisk({ request, facts });
  };
}
