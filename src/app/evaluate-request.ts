import { canonicalJson } from '../core/audit/canonical-json';
import { describeApprovers } from '../core/escalation/chain';
import type { EvaluationView } from '../core/execution/view';
import type { Caller } from './caller';
import { decideRequest } from './decide-request';
import type { Cryptography } from './ports';
import type { ExecutionReads } from './read-ports';
import type { SubmitInput } from './submit-input';
import { trialRequest, type TrialDeps } from './trial-request';

export interface EvaluateDeps extends TrialDeps {
  readonly crypto: Cryptography;
  readonly reads: Pick<ExecutionReads, 'nowMs'>;
  /** Coalesced to one audit row per credential and minute. */
  readonly noteEvaluation: (caller: Caller, verdict: string) => void;
}

/** Decides and explains; reserves nothing, asks nobody, returns no execution id. */
export function createEvaluateRequest(deps: EvaluateDeps) {
  return async (caller: Caller, input: SubmitInput): Promise<EvaluationView> => {
    const { snapshot, request, facts } = await trialRequest(deps, caller, input);
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
