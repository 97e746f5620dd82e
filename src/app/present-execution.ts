import type { ApprovalState } from '../core/escalation/approval-state';
import { currentLevel } from '../core/escalation/ladder';
import { describeApprovers } from '../core/escalation/chain';
import { endOf } from '../core/execution/answers';
import { dueAtMs, isOpen, statusOf, type ExecutionState } from '../core/execution/state';
import { mayRun } from '../core/execution/transition';
import type { ApprovalView, ExecutionSummary, ExecutionView } from '../core/execution/view';
import { attemptId, workflowIdOf } from '../core/ids';
import type { Caller } from './caller';
import { killSubjects } from './kill-subjects';
import type { Cryptography, StoredExecution, TenantSnapshot } from './ports';

const iso = (ms: number): string => new Date(ms).toISOString();

/** How long a release token opens the tool, from the release. */
const TOKEN_LIFE_MS = 15 * 60_000;

export function approvalView(approval: ApprovalState): ApprovalView {
  const level = currentLevel(approval);
  return {
    id: approval.approvalId,
    chain: approval.chain.id,
    level: approval.level.number,
    levelName: level.name,
    of: approval.chain.of,
    deadline: iso(approval.level.deadlineMs),
    approvers: describeApprovers(level),
    votes: approval.votes.map((vote) => ({
      by: vote.principal,
      verdict: vote.verdict,
      level: vote.level,
      at: iso(vote.atMs),
    })),
  };
}

/** Until a verdict the policy speaks; afterwards what closed the approval or voided the run does. */
function reasonOf({ state, decision }: StoredExecution): {
  readonly reasonCode: string;
  readonly reason: string;
} {
  const { reasonCode, reason } = endOf(state) ?? decision;
  return { reasonCode, reason };
}

function nextStep(state: ExecutionState, runs: boolean): string | undefined {
  if (isOpen(state))
    return 'Wait for the verdict: GET /v1/executions/{id}?waitMs=50000, then act on status and mayRun.';
  if (state.verdict === 'approved' && state.run.kind === 'none') {
    return 'Approved: POST /v1/executions/{id}/release with argsDigest and your attemptId, and run only if its answer has mayRun true.';
  }
  if (state.run.kind === 'executing' && !runs) {
    return 'Do not run: another attempt holds the release, the request outlived its expiresAt, or a kill switch was engaged. Send the attemptId you submitted with.';
  }
  return undefined;
}

export interface Presented {
  readonly attempt?: string;
  readonly salt?: Uint8Array;
}

export interface PresentDeps {
  readonly crypto: Cryptography;
  readonly temporalUiUrl?: (workflowId: string) => string;
}

/** The Decision as its caller may see it; `mayRun` is judged now. */
export async function presentExecution(
  deps: PresentDeps,
  caller: Caller,
  row: StoredExecution,
  at: { readonly snapshot: Pick<TenantSnapshot, 'kills' | 'agent'>; readonly nowMs: number },
  asked: Presented = {},
): Promise<ExecutionView> {
  const { state, decision } = row;
  const own = caller.agent === row.agent;
  const attempt = asked.attempt === undefined ? undefined : attemptId(asked.attempt);
  const runs = mayRun(state, attempt, {
    kills: at.snapshot.kills,
    subjects: await killSubjects(row, at.snapshot),
    nowMs: at.nowMs,
  });
  const released = state.run.kind === 'executing' ? state.run : undefined;
  const token =
    own && runs && released !== undefined
      ? deps.crypto.releaseToken(
          { execution: state.id, attempt: released.attemptId, digest: state.argsDigest },
          Math.min(released.releasedAtMs + TOKEN_LIFE_MS, state.expiresAtMs ?? Infinity),
        )
      : undefined;
  const howToFix = nextStep(state, runs);
  // The request's own end of life may come first.
  const validUntilMs = state.verdict === 'approved' && !released ? dueAtMs(state) : undefined;
  const temporal = deps.temporalUiUrl?.(workflowIdOf(state.id));
  return {
    executionId: state.id,
    verdict: decision.verdict,
    status: statusOf(state),
    ...reasonOf(row),
    explanation: decision.explanation,
    matched: decision.matched,
    trace: decision.trace,
    policyChain: decision.policyChain,
    obligations: decision.obligations,
    ...(decision.risk === undefined ? {} : { risk: decision.risk }),
    agent: row.agent,
    action: row.action,
    environment: row.environment,
    mode: 'decide',
    argsDigest: state.argsDigest,
    mayRun: runs,
    createdAt: iso(row.decidedAtMs),
    updatedAt: iso(row.updatedAtMs),
    version: state.version,
    links: {
      self: `/v1/executions/${state.id}`,
      ...(temporal === undefined ? {} : { temporal }),
      ...(isOpen(state) ? {} : { receipt: `/v1/executions/${state.id}/receipt` }),
    },
    ...(own && asked.salt !== undefined
      ? { argsSalt: Buffer.from(asked.salt).toString('base64url') }
      : {}),
    ...(asked.attempt === undefined ? {} : { attemptId: asked.attempt }),
    ...(state.approval === undefined ? {} : { approval: approvalView(state.approval) }),
    ...(validUntilMs === undefined ? {} : { validUntil: iso(validUntilMs) }),
    ...(decision.exceptionOffered === undefined
      ? {}
      : { exceptionOffered: decision.exceptionOffered }),
    ...(token === undefined ? {} : { releaseToken: token }),
    ...(howToFix === undefined ? {} : { howToFix }),
  };
}

export function summarizeExecution(row: StoredExecution): ExecutionSummary {
  return {
    executionId: row.state.id,
    verdict: row.decision.verdict,
    status: statusOf(row.state),
    agent: row.agent,
    action: row.action,
    environment: row.environment,
    reason: reasonOf(row).reason,
    createdAt: iso(row.decidedAtMs),
    updatedAt: iso(row.updatedAtMs),
  };
}
