import { activeKill, killSubject, type KillSwitch } from '../controls/kill-switch';
import { decide } from '../policy/decide';
import type { PolicyDecision, PolicyInput } from '../policy/model';
import type { PolicySet } from '../policy/policy-set';
import type { RiskScore } from '../risk/model';
import { scoreRisk } from '../risk/score';

/** A denial that no rule made: the controls around policy did. */
function denial(
  risk: RiskScore,
  reasonCode: string,
  reason: string,
  explanation: string,
): PolicyDecision {
  return {
    verdict: 'DENY',
    reasonCode,
    reason,
    explanation,
    matched: [],
    trace: [],
    obligations: [],
    requirements: [],
    policyChain: [],
    risk,
  };
}

/**
 * Decides one request under one snapshot: kill switch, agent status, registered environments, then policy.
 * Pure; any doubt is a denial (I-1).
 */
export function govern(
  input: PolicyInput,
  set: PolicySet,
  kills: readonly KillSwitch[],
): PolicyDecision {
  const { agent, environment } = input.request;
  const kill = activeKill(kills, input.nowMs, [killSubject(agent, input.request)]);
  if (kill !== undefined) {
    return denial(
      scoreRisk(input),
      'kill_switch_active',
      `A ${kill.severity} kill switch is engaged: ${kill.reason}`,
      'Everything in the scope of the kill switch is denied until it is lifted. What was pending when it was engaged stays void.',
    );
  }
  if (agent.status !== 'active') {
    return denial(
      scoreRisk(input),
      'agent_suspended',
      `The agent is ${agent.status}`,
      'Only active agents may act. An Admin can reactivate it.',
    );
  }
  if (!agent.environments.includes(environment)) {
    return denial(
      scoreRisk(input),
      'environment_not_registered',
      `The agent is not registered for environment ${environment}`,
      `It is registered for ${agent.environments.join(', ')}. Register it for this environment, or submit for one of those.`,
    );
  }
  return decide(input, set);
}
