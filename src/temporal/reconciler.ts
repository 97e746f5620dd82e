import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Logger } from '../app/ports';
import { workflowIdOf, type ExecutionId, type TenantId } from '../core/ids';
import { boundedCall } from './bounded-call';

const DESCRIBE_TIMEOUT_MS = 5_000;
const PAGE = 100;

export interface OpenExecution {
  readonly tenant: TenantId;
  readonly executionId: ExecutionId;
}

/** Executions that still wait (`StartRow.waiting`) and whose start is not pending. */
export interface OpenExecutions {
  /** Ordered by id, after `after`; only those decided long enough ago to have a workflow (a minute). */
  openWithoutPendingStart(
    after: ExecutionId | undefined,
    limit: number,
  ): Promise<readonly OpenExecution[]>;
  /** Marks those that still wait, and no others, to be started again. */
  markStartPending(rows: readonly OpenExecution[]): Promise<void>;
}

export interface ReconcilerOptions {
  readonly client: Client;
  readonly source: OpenExecutions;
  readonly logger: Logger;
  /** Wakes the relay of this process when something is to be started. */
  readonly poke?: () => void;
  readonly ratePerSecond?: number;
  /** Length of one round. The next goes on where it ended. */
  readonly budgetMs?: number;
}

export interface Reconciler {
  reconcileStarts(): Promise<{ readonly checked: number; readonly restarted: number }>;
}

/**
 * Finds executions that wait although no workflow runs for them: terminated or cancelled by hand, failed,
 * completed too early, or lost with their server. The relay starts what is marked here.
 */
export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { source, client, logger, ratePerSecond = 20, budgetMs = 40_000 } = options;
  let after: ExecutionId | undefined;

  const checkPage = async (
    page: readonly OpenExecution[],
  ): Promise<{ readonly checked: number; readonly missing: readonly OpenExecution[] }> => {
    const missing: OpenExecution[] = [];
    let checked = 0;
    try {
      for (const row of page) {
        const spaced = new Promise((resolve) => setTimeout(resolve, 1_000 / ratePerSecond));
        if (!(await isRunning(client, row.executionId))) missing.push(row);
        checked += 1;
        after = row.executionId;
        await spaced;
      }
    } finally {
      if (missing.length > 0) {
        logger.warn(
          { executions: missing.map(({ executionId }) => executionId) },
          'no workflow runs',
        );
        await source.markStartPending(missing);
        options.poke?.();
      }
    }
    return { checked, missing };
  };

  return {
    async reconcileStarts() {
      const endMs = Date.now() + budgetMs;
      let checked = 0;
      let restarted = 0;
      while (Date.now() < endMs) {
        const left = Math.ceil(((endMs - Date.now()) / 1_000) * ratePerSecond);
        const limit = Math.max(1, Math.min(PAGE, left));
        const page = await source.openWithoutPendingStart(after, limit);
        const found = await checkPage(page);
        checked += found.checked;
        restarted += found.missing.length;
        if (page.length < limit) {
          after = undefined;
          break;
        }
      }
      return { checked, restarted };
    },
  };
}

async function isRunning(client: Client, id: ExecutionId): Promise<boolean> {
  try {
    const { status } = await boundedCall(client, DESCRIBE_TIMEOUT_MS, () =>
      client.workflow.getHandle(workflowIdOf(id)).describe(),
    );
    return status.name === 'RUNNING' || status.name === 'PAUSED';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
