import type { ExecutionSummary } from '../core/execution/view';
import { agentId } from '../core/ids';
import { requirePermission, type Caller } from './caller';
import type { ExecutionReads } from './read-ports';
import { summarizeExecution } from './present-execution';

export interface ListInput {
  readonly status?: string;
  readonly agent?: string;
  readonly action?: string;
  readonly cursor?: string;
  readonly limit: number;
}

/** Newest first. An agent's key sees its own agent only. */
export function createListExecutions(deps: { readonly reads: ExecutionReads }) {
  return async (
    caller: Caller,
    input: ListInput,
  ): Promise<{ items: ExecutionSummary[]; nextCursor?: string }> => {
    requirePermission(
      caller,
      caller.agent === undefined ? 'executions:read_all' : 'executions:read',
    );
    const agent = caller.agent ?? (input.agent === undefined ? undefined : agentId(input.agent));
    const page = await deps.reads.list(caller.tenant, {
      limit: input.limit,
      ...(agent === undefined ? {} : { agent }),
      ...(input.status === undefined ? {} : { statuses: [input.status] }),
      ...(input.action === undefined ? {} : { action: input.action }),
      ...(input.cursor === undefined ? {} : { cursor: input.cursor }),
    });
    const items = page.rows.map(summarizeExecution);
    return page.nextCursor === undefined ? { items } : { items, nextCursor: page.nextCursor };
  };
}
