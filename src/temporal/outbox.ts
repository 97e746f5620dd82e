import type { StoredExecution } from '../app/ports';
import type { OutboxJob } from '../app/ports';
import { dueAtMs, isOpen, statusOf, type ExecutionState } from '../core/execution/state';
import type { ExecutionId, TenantId } from '../core/ids';
import { EFFECTS } from '../core/policy/model';

/** One execution whose workflow is to be started: the input of the run and what its list entry shows. */
export interface StartRow {
  readonly tenant: TenantId;
  readonly executionId: ExecutionId;
  /** argsDigest. */
  readonly digest: string;
  readonly agent: string;
  readonly action: string;
  readonly environment: string;
  readonly verdict: string;
  readonly status: string;
  readonly reason: string;
  readonly policy: string;
  readonly rule: string;
  readonly level?: string;
  readonly dueAtMs?: number;
  /**
   * The stored state still waits for something that the workflow waits for (`RunView.waitingFor`). A closed
   * run of such an execution ended wrongly and is started again; any other closed run has done its work.
   */
  readonly waiting: boolean;
}

/** Whether a workflow has anything to wait for. A plain ALLOW has not: sweeps see to its outcome. */
function stillWaits(state: ExecutionState): boolean {
  if (isOpen(state)) return true;
  if (state.approval === undefined) return false;
  if (state.verdict === 'approved' && state.run.kind === 'none') return true;
  return state.run.kind === 'executing' && state.outcomeDueMs !== undefined;
}

export function startRowOf({
  tenant,
  state,
  agent,
  action,
  environment,
  decision,
}: StoredExecution): StartRow {
  const strictest = [...decision.matched].sort(
    (a, b) => EFFECTS.indexOf(b.effect) - EFFECTS.indexOf(a.effect),
  )[0];
  const level =
    state.verdict === 'pending_approval'
      ? state.approval?.chain.levels[state.approval.level.index]?.name
      : undefined;
  const dueAt = stillWaits(state) ? dueAtMs(state) : undefined;
  return {
    tenant,
    executionId: state.id,
    digest: state.argsDigest,
    agent,
    action,
    environment,
    verdict: decision.verdict,
    status: statusOf(state),
    reason: decision.reason,
    policy: strictest?.policy ?? 'none',
    rule: strictest?.rule ?? 'none',
    ...(level === undefined ? {} : { level }),
    ...(dueAt === undefined ? {} : { dueAtMs: dueAt }),
    waiting: stillWaits(state),
  };
}

export interface JobRow {
  readonly id: string;
  readonly tenant: TenantId;
  readonly job: OutboxJob;
}

/**
 * The durable work of the relay. Everything it does with a row is idempotent, so a claim need not exclude
 * other relays; one that does must lapse within a few seconds, or a dead relay delays its rows.
 */
export interface OutboxSource {
  /** Executions that wait for their workflow, approvals before ALLOWs, then oldest first. */
  claimStarts(limit: number): Promise<readonly StartRow[]>;
  markStarted(tenant: TenantId, ids: readonly ExecutionId[]): Promise<void>;
  /** Sweeps before nudges, then oldest first. */
  claimJobs(limit: number): Promise<readonly JobRow[]>;
  finishJobs(ids: readonly string[]): Promise<void>;
}
