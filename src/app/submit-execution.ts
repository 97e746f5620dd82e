import { DomainError } from '../core/errors';
import { isOpen } from '../core/execution/state';
import type { ExecutionView } from '../core/execution/view';
import { agentId, executionId } from '../core/ids';
import type { AgentProfile, Facts } from '../core/policy/model';
import { requirePermission, type Caller } from './caller';
import { commitNew, repeatOf, type Draft, type Submission } from './commit-decision';
import { factsFor, policyRequest } from './decide-request';
import { openKind, seal } from './payloads';
import type { Cryptography, FactGatherer, StartLag, WorkflowStarter } from './ports';
import type { ExecutionReads } from './read-ports';
import type { Committer } from './commit-ports';
import { presentExecution, type PresentDeps } from './present-execution';
import {
  registeredAgent,
  requestDigest,
  requestFields,
  requireOwnAgent,
  type SubmitInput,
} from './submit-input';

export interface SubmitDeps extends PresentDeps {
  readonly committer: Committer;
  readonly crypto: Cryptography;
  readonly facts: FactGatherer;
  readonly reads: Pick<ExecutionReads, 'payloads'>;
  readonly starter: WorkflowStarter;
  readonly startLag: StartLag;
  readonly maxStartLagMs: number;
  readonly factDeadlineMs: number;
}

/**
 * Submits one action: gathers facts, then decides and commits the decision with its audit row in one step.
 * No committed row, no ALLOW. Throws DomainError for refusals of the edge; a governed denial is a view.
 */
export function createSubmitExecution(deps: SubmitDeps) {
  return async (caller: Caller, input: SubmitInput): Promise<ExecutionView> => {
    requirePermission(caller, 'executions:submit');
    requireOwnAgent(caller, input.agent);
    const lagMs = deps.startLag.lagMs(caller.tenant);
    if (lagMs > deps.maxStartLagMs) {
      throw new DomainError('unavailable', {
        what: 'Workflows have not been starting for too long.',
        why: `The oldest decision has waited ${String(Math.round(lagMs / 1_000))} s for its workflow; the limit is ${String(deps.maxStartLagMs / 1_000)} s.`,
        retryAfterMs: 5_000,
      });
    }
    const id = executionId(deps.crypto.uuidv7());
    const place = { tenant: caller.tenant, execution: id };
    const draft: Draft = {
      caller,
      input,
      id,
      digest: requestDigest(deps.crypto, input),
      attempt: input.attemptId ?? deps.crypto.uuidv7(),
      sealed: {
        args: seal(deps.crypto, place, 'arguments', input.args),
        ...(Object.keys(input.context).length === 0
          ? {}
          : { context: seal(deps.crypto, place, 'context', input.context) }),
        ...(input.justification === undefined
          ? {}
          : { justification: seal(deps.crypto, place, 'justification', input.justification) }),
        ...(input.actor === undefined
          ? {}
          : { actor: seal(deps.crypto, place, 'actor', input.actor) }),
      },
    };
    const key = input.idempotencyKey;
    let gathered: { profile: AgentProfile; facts: Facts } | undefined;
    const done = await deps.committer.commit<Submission>(caller.tenant, {
      ...(key === undefined ? {} : { key: `submit ${input.agent} ${key}` }),
      prepare: async (snapshot) => {
        const profile = await registeredAgent(snapshot, agentId(input.agent));
        const request = policyRequest(profile, requestFields(input, profile));
        const missing = factsFor(request, snapshot).filter(
          (name) => gathered?.facts[name] === undefined,
        );
        const fresh =
          missing.length === 0
            ? {}
            : await deps.facts.gather(request, missing, deps.factDeadlineMs);
        gathered = { profile, facts: { ...gathered?.facts, ...fresh } };
      },
      work: async (tx, snapshot) => {
        const existing =
          key === undefined ? undefined : await tx.executionByKey(agentId(input.agent), key);
        if (existing !== undefined) return repeatOf(draft, existing, snapshot, tx);
        if (gathered === undefined) throw new Error('the request was not prepared');
        if (input.expiresAt !== undefined && Date.parse(input.expiresAt) <= tx.nowMs) {
          throw new DomainError('validation_failed', {
            problems: [{ path: 'expiresAt', message: 'lies in the past' }],
          });
        }
        return commitNew(deps, draft, snapshot, tx, gathered);
      },
      stopsOnly: ({ row }) => row.state.verdict === 'denied',
    });
    if (!done.repeated) deps.starter.startSoon(done.row);
    return presentSubmission(deps, caller, draft, done);
  };
}

async function presentSubmission(
  deps: SubmitDeps,
  caller: Caller,
  draft: Draft,
  done: Submission,
): Promise<ExecutionView> {
  const salt =
    done.salt ??
    (caller.agent === undefined
      ? undefined
      : openKind(
          deps.crypto,
          caller.tenant,
          await deps.reads.payloads(caller.tenant, done.row.state.id),
          'arguments',
        )?.salt);
  // A repeat without an attemptId cannot prove that it is the attempt which holds the release.
  const attempt = done.repeated && !isOpen(done.row.state) ? draft.input.attemptId : draft.attempt;
  const view = await presentExecution(
    deps,
    caller,
    done.row,
    { snapshot: done.snapshot, nowMs: done.nowMs },
    {
      ...(attempt === undefined ? {} : { attempt }),
      ...(salt === undefined ? {} : { salt }),
    },
  );
  return done.trace === undefined ? view : { ...view, trace: done.trace };
}
