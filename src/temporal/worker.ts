import { type NativeConnection, Worker } from '@temporalio/worker';
import type { Logger } from '../app/ports';

export interface WorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  /** The prebuilt bundle: its path (`dist/workflow-bundle.js`) or its code. */
  readonly workflowBundle: { readonly codePath: string } | { readonly code: string };
  readonly activities: object;
  readonly logger: Logger;
  /** Runs kept in memory; explicit, as the default does not know of other users of the heap. */
  readonly maxCachedWorkflows?: number;
}

export interface GovernanceWorker {
  isRunning(): boolean;
  /** Settles when the worker has ended; rejects when it failed, and the process should start anew. */
  readonly finished: Promise<void>;
  /** Stops polling, gives what runs its grace of 8 s, and waits for the end. Never throws. */
  stop(): Promise<void>;
}

/** Starts a worker for the workflows and activities of one task queue. */
export async function createWorker(options: WorkerOptions): Promise<GovernanceWorker> {
  const worker = await Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue,
    workflowBundle: options.workflowBundle,
    activities: options.activities,
    maxCachedWorkflows: options.maxCachedWorkflows ?? 1000,
    // After a crash the next task of a cached run waits this long for the dead worker.
    stickyQueueScheduleToStartTimeout: '3 s',
    shutdownGraceTime: '8 s',
    shutdownForceTime: '10 s',
    workflowTaskPollerBehavior: { type: 'autoscaling' },
    activityTaskPollerBehavior: { type: 'autoscaling' },
  });
  const finished = worker.run();
  finished.catch((error: unknown) => {
    options.logger.error({ err: error, taskQueue: options.taskQueue }, 'worker failed');
  });
  return {
    isRunning: () => worker.getState() === 'RUNNING',
    finished,
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await finished.catch(() => undefined);
    },
  };
}
