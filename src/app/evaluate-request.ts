import { canonicalJson } from '../core/audit/canonical-json';
import { describeApprovers } from '../core/escalation/chain';
import type { EvaluationView } from '../core/execution/view';
import { agentId } from '../core/ids';
import { factsNeeded } from '../core/policy/policy-set';
import { requirePermission, type Caller } from './caller';
import { decideRequest, policyRequest } from './decide-request';
import type { Cryptography, FactGatherer, SnapshotSource } from './ports';
import type { ExecutionReads } from './read-ports';
import { registeredAgent, requestFields, requireOwnAgent, type SubmitInput } from './submit-input';

export interface EvaluateDeps {
  readonly snapshots: SnapshotSource;
  readonly crypto: Cryptography;
  readonly facts: FactGatherer;
  readonly reads: Pick<ExecutionReads, 'nowMs'>;
  readonly factDeadlineMs: number;
  /** Coalesced to one audit row per credential and minute. */
  readonly noteEvaluation: (caller: Caller, verdict: string) => void;
}

/** Decides and explains; reserves nothing, asks nobody, returns no execution id. */
export function createEvaluateRequest(deps: EvaluateDeps) {
  return async (caller: Caller, input: SubmitInput): Promise<EvaluationView> => {
    requirePermission(caller, 'policies:evaluate');
    if (caller.agent !== undefined) requireOwnAgent(caller, input.agent);
    const snapshot = await deps.snapshots.current(caller.tenant);
    const agent = await registeredAgent(snapshot, agentId(input.agent));
    const request = policyRequest(agent, requestFields(input, agent));
    const names = factsNeeded(request, snapshot.policySet);
    const facts =
      names.length === 0 ? {} : await deps.facts.gather(request, names, deps.factDeadlineMs);
    const nowMs = input.time === undefined ? await deps.reads.nowMs() : Date.parse(input.time);
    const { decision, ladder } = decideRequest(deps.crypto, snapshot, request, facts, nowMs);
    deps.noteEvaluation(caller, decision.verdict);
    const level = ladder?.levels[0];
    return {
      ...decision,
      mode: 'dry_run',
      argsDigest: deps.crypto.commit(
        deps.crypto.newSalt(),
        new TextEncoder().encode(canonicalJson(input.args)),
      ),
      ...(ladder === undefined || level === undefined
        ? {}
        : {
            approval: {
              chain: ladder.id,
              of: ladder.levels.length,
              levelName: level.name,
              approvers: describeApprovers(level),
            },
          }),
    };
  };
}
