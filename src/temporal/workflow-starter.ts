import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { GOVERNED_EXECUTION } from '../../workflows/messages';
import type { Logger, WorkflowStarter } from '../app/ports';
import type { ExecutionId } from '../core/ids';
import { boundedCall } from './bounded-call';
import { startRowOf, type OutboxSource, type StartRow } from './outbox';
import { startOptionsOf } from './start-options';
import { createStartedMarks } from './started-marks';

const START_TIMEOUT_MS = 5_000;
const MAX_IN_FLIGHT = 64;

export interface WorkflowStarterOptions {
  readonly client: Client;
  readonly taskQueue: string;
  /** Whether this process runs a worker of the task queue on the client's own connection. */
  readonly eager: boolean;
  readonly markStarted: OutboxSource['markStarted'];
  readonly logger: Logger;
  /** Wakes the relay of this process, where it has one. */
  readonly poke?: () => void;
  readonly publicUrl?: string;
  /** Eager starts at once; beyond it the relay starts them. */
  readonly maxInFlight?: number;
}

export interface TemporalStarter extends WorkflowStarter {
  /**
   * Starts the workflow of a row. That it runs or has run counts as done.
   * @throws ServiceError when Temporal is away or refuses
   */
  start(row: StartRow): Promise<'started' | 'already_started'>;
  /** This process is starting it, or has and the database does not know yet. */
  isStarting(id: ExecutionId): boolean;
  /** Writes the marks held; rejects when the database is away. */
  flushMarks(): Promise<void>;
  /** Waits for starts in flight and writes their marks. Never throws. */
  close(): Promise<void>;
}

/** Starts workflows right after the commit. What it cannot do, the outbox relay does. */
export function createWorkflowStarter(options: WorkflowStarterOptions): TemporalStarter {
  const { client, logger, poke } = options;
  const marks = createStartedMarks(options.markStarted, logger);
  const starting = new Map<ExecutionId, Promise<unknown>>();
  const maxInFlight = options.maxInFlight ?? MAX_IN_FLIGHT;

  const startOnce = (row: StartRow, again: boolean): Promise<unknown> =>
    boundedCall(client, START_TIMEOUT_MS, () =>
      client.workflow.start(GOVERNED_EXECUTION, startOptionsOf(row, { ...options, again })),
    );

  const start: TemporalStarter['start'] = async (row) => {
    const outcome = await startOrJoin(startOnce, row);
    marks.add(row.tenant, row.executionId);
    return outcome;
  };

  return {
    start,
    isStarting: (id) => starting.has(id) || marks.has(id),
    startSoon(execution) {
      if (!options.eager || starting.size >= maxInFlight) {
        poke?.();
        return;
      }
      const { id } = execution.state;
      const attempt = Promise.resolve()
        .then(() => start(startRowOf(execution)))
        .catch((error: unknown) => {
          logger.warn({ executionId: id, err: error }, 'eager start failed; the relay starts it');
        })
        .finally(() => starting.delete(id));
      starting.set(id, attempt);
    },
    nudgeSoon() {
      // The nudge stands in the outbox; a second one from here would cost the run a second look.
      poke?.();
    },
    flushMarks: () => marks.flush(),
    async close() {
      await Promise.all(starting.values());
      await marks.flush().catch((error: unknown) => {
        logger.warn({ err: error }, 'started workflows stay unmarked; the relay tries them again');
      });
    },
  };
}

/**
 * A running run is joined. A run that closed as completed is refused by the server: right, unless the
 * database still waits. Then it ended wrongly, and as the workflow holds no state a second run is safe.
 */
async function startOrJoin(
  startOnce: (row: StartRow, again: boolean) => Promise<unknown>,
  row: StartRow,
): Promise<'started' | 'already_started'> {
  try {
    await startOnce(row, false);
    return 'started';
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    if (!row.waiting) return 'already_started';
    await startOnce(row, true);
    return 'started';
  }
}
