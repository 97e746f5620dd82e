import { DomainError } from '../core/errors';
import { isOpen, statusOf } from '../core/execution/state';
import type { PendingApproval } from '../core/execution/view';
import { executionId, userPrincipal } from '../core/ids';
import type { JsonObject } from '../core/json';
import { createFreshen, type FreshDeps } from './apply-due';
import { requirePermission, type Caller } from './caller';
import { openKind } from './payloads';
import type { StoredExecution } from './ports';
import type { ExecutionReads } from './read-ports';
import { displayDigestOf, displayOf } from './approval-display';
import { approvalView } from './present-execution';

export interface ApprovalReadDeps extends FreshDeps {
  readonly reads: ExecutionReads;
}

/** Arguments are for those who decide, the agent's owner and Admins; others see what was asked and its digest. */
export function maySeeArguments(caller: Caller, { state, agentProfile }: StoredExecution): boolean {
  const { principal, permissions } = caller;
  const asked = state.approval?.level.groups.some((group) => group.eligible.includes(principal));
  const voted = state.approval?.votes.some((vote) => vote.principal === principal);
  const owns = principal === userPrincipal(agentProfile.owner);
  return asked === true || voted === true || owns || permissions.has('approvals:read_arguments');
}

async function present(
  deps: ApprovalReadDeps,
  caller: Caller,
  row: StoredExecution,
  nowMs: number,
): Promise<PendingApproval> {
  const { approval } = row.state;
  if (approval === undefined) throw new DomainError('approval_not_found');
  const shown = maySeeArguments(caller, row);
  const payloads = shown ? await deps.reads.payloads(caller.tenant, row.state.id) : [];
  const value = (kind: 'arguments' | 'context'): JsonObject =>
    (openKind(deps.crypto, caller.tenant, payloads, kind)?.value ?? {}) as JsonObject;
  return {
    ...approvalView(approval),
    executionId: row.state.id,
    status: statusOf(row.state),
    agent: row.agent,
    action: row.action,
    environment: row.environment,
    args: value('arguments'),
    context: value('context'),
    argumentsShown: shown,
    argsDigest: row.state.argsDigest,
    ...(shown
      ? {
          displayDigest: displayDigestOf(
            deps.crypto,
            displayOf(row, approval, { args: value('arguments'), context: value('context') }),
          ),
        }
      : {}),
    reason: row.decision.reason,
    matched: row.decision.matched,
    ...(row.decision.risk === undefined ? {} : { risk: row.decision.risk }),
    requestedAt: new Date(row.decidedAtMs).toISOString(),
    remainingMs: Math.max(0, approval.level.deadlineMs - nowMs),
  };
}

/** Open approvals, newest first, with the exact arguments and their digest. */
export function createListPendingApprovals(deps: ApprovalReadDeps) {
  const freshen = createFreshen(deps);
  return async (
    caller: Caller,
    input: { readonly cursor?: string; readonly limit: number },
  ): Promise<{ items: PendingApproval[]; nextCursor?: string }> => {
    requirePermission(caller, 'approvals:read');
    const page = await deps.reads.list(caller.tenant, {
      statuses: ['pending_approval', 'parked'],
      limit: input.limit,
      ...(input.cursor === undefined ? {} : { cursor: input.cursor }),
    });
    const items: PendingApproval[] = [];
    for (const listed of page.rows) {
      const read = await deps.reads.execution(caller.tenant, listed.state.id);
      if (read === undefined) continue;
      const fresh = await freshen(caller.tenant, read);
      if (isOpen(fresh.row.state)) items.push(await present(deps, caller, fresh.row, fresh.nowMs));
    }
    return page.nextCursor === undefined ? { items } : { items, nextCursor: page.nextCursor };
  };
}

/** One approval in whatever state it is; `id` may also be its execution's. */
export function createReadApproval(deps: ApprovalReadDeps) {
  const freshen = createFreshen(deps);
  return async (caller: Caller, id: string): Promise<PendingApproval> => {
    requirePermission(caller, 'approvals:read');
    const read =
      (await deps.reads.executionByApproval(caller.tenant, id)) ??
      (await deps.reads.execution(caller.tenant, executionId(id)));
    if (read?.row.state.approval === undefined)
      throw new DomainError('approval_not_found', { what: `No approval ${id} exists.` });
    const fresh = await freshen(caller.tenant, read);
    return present(deps, caller, fresh.row, fresh.nowMs);
  };
}
