import type { StoredExecution } from '../app/ports';
import { dueAtMs, statusOf, type ExecutionState } from '../core/execution/state';
import { agentId, executionId, principalId, tenantId } from '../core/ids';
import type { AgentProfile, PolicyDecision } from '../core/policy/model';

/** The part of a request that stands in the row; arguments and context are encrypted payloads. */
interface RequestColumn {
  readonly agentProfile: AgentProfile;
  readonly requester: string;
  readonly attemptId?: string;
  readonly exceptionRequested: boolean;
  readonly workflowType?: string;
}

export interface ExecutionRow {
  readonly tenant: string;
  readonly id: string;
  readonly agent: string;
  readonly action: string;
  readonly environment: string;
  readonly status: string;
  readonly version: number;
  readonly state: ExecutionState;
  readonly decision: PolicyDecision;
  readonly request: RequestColumn;
  readonly request_digest: string;
  readonly idempotency_key: string | null;
  readonly decided_at: number;
  readonly updated_at: number;
  readonly start_pending: boolean;
}

export const EXECUTION_COLUMNS =
  'tenant, id, agent, action, environment, status, version, state, decision, request, request_digest, idempotency_key, decided_at, updated_at, start_pending';

/** A row as stored becomes the domain's shape again; a row that contradicts itself is a bug worth stopping for. */
export function fromRow(row: ExecutionRow): StoredExecution {
  if (
    row.state.id !== row.id ||
    statusOf(row.state) !== row.status ||
    row.state.version !== row.version
  ) {
    throw new Error(`execution ${row.id} contradicts its own state`);
  }
  const { agentProfile, requester, attemptId, exceptionRequested, workflowType } = row.request;
  return {
    tenant: tenantId(row.tenant),
    state: { ...row.state, id: executionId(row.id) },
    agent: agentId(row.agent),
    action: row.action,
    environment: row.environment,
    decision: row.decision,
    agentProfile,
    requester: principalId(requester),
    exceptionRequested,
    requestDigest: row.request_digest,
    decidedAtMs: row.decided_at,
    updatedAtMs: row.updated_at,
    startPending: row.start_pending,
    ...(attemptId === undefined ? {} : { attemptId }),
    ...(workflowType === undefined ? {} : { workflowType }),
    ...(row.idempotency_key === null ? {} : { idempotencyKey: row.idempotency_key }),
  };
}

export function requestColumn(row: StoredExecution): string {
  const { agentProfile, requester, attemptId, exceptionRequested, workflowType } = row;
  return JSON.stringify({
    agentProfile,
    requester,
    attemptId,
    exceptionRequested,
    workflowType,
  });
}

export const rowStatus = (row: StoredExecution): string => statusOf(row.state);
export const rowDueAt = (row: StoredExecution): number | null => dueAtMs(row.state) ?? null;
