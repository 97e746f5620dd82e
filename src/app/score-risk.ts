import { agentId } from '../core/ids';
import { factsNeeded } from '../core/policy/policy-set';
import type { RiskScore } from '../core/risk/model';
import { scoreRisk } from '../core/risk/score';
import { requirePermission, type Caller } from './caller';
import { policyRequest } from './decide-request';
import type { FactGatherer, SnapshotSource } from './ports';
import { registeredAgent, requestFields, requireOwnAgent, type SubmitInput } from './submit-input';

export interface ScoreRiskDeps {
  readonly snapshots: SnapshotSource;
  readonly facts: FactGatherer;
  readonly factDeadlineMs: number;
}

/** The score a decision of this request would carry, with its factors; stores nothing. */
export function createScoreRisk(deps: ScoreRiskDeps) {
  return async (caller: Caller, input: SubmitInput): Promise<RiskScore> => {
    requirePermission(caller, 'policies:evaluate');
    if (caller.agent !== undefined) requireOwnAgent(caller, input.agent);
    const snapshot = await deps.snapshots.current(caller.tenant);
    const agent = await registeredAgent(snapshot, agentId(input.agent));
    const request = policyRequest(agent, requestFields(input, agent));
    const names = factsNeeded(request, snapshot.policySet);
    const facts =
      names.length === 0 ? {} : await deps.facts.gather(request, names, deps.factDeadlineMs);
    return scoreRisk({ request, facts });
  };
}
