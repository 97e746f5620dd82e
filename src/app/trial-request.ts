import { agentId } from '../core/ids';
import type { Facts, PolicyRequest } from '../core/policy/model';
import { requirePermission, type Caller } from './caller';
import { factsFor, policyRequest } from './decide-request';
import type { FactGatherer, SnapshotSource, TenantSnapshot } from './ports';
import { registeredAgent, requestFields, requireOwnAgent, type SubmitInput } from './submit-input';

export interface TrialDeps {
  readonly snapshots: SnapshotSource;
  readonly facts: FactGatherer;
  readonly factDeadlineMs: number;
}

/** A request as it would be decided now, with its facts, for whoever only wants to know what would come of it. */
export async function trialRequest(
  deps: TrialDeps,
  caller: Caller,
  input: SubmitInput,
): Promise<{
  readonly snapshot: TenantSnapshot;
  readonly request: PolicyRequest;
  readonly facts: Facts;
}> {
  requirePermission(caller, 'policies:evaluate');
  if (caller.agent !== undefined) requireOwnAgent(caller, input.agent);
  const snapshot = await deps.snapshots.current(caller.tenant);
  const agent = await registeredAgent(snapshot, agentId(input.agent));
  const request = policyRequest(agent, requestFields(input, agent));
  const names = factsFor(request, snapshot);
  const facts =
    names.length === 0 ? {} : await deps.facts.gather(request, names, deps.factDeadlineMs);
  return { snapshot, request, facts };
}
