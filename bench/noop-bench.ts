import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { connectTemporal } from '../src/temporal/connection';
import { installTemporalRuntime } from '../src/temporal/runtime';
import { createWorker } from '../src/temporal/worker';
import { buildWorkflowBundle } from '../src/temporal/workflow-bundle';
import { benchLogger } from './database-bench';
import { pauseMs } from './measure';

const TASK_QUEUE = 'bench-noop';

/** Eager no-op workflows on the product's Temporal server, with a worker of this process. */
export interface NoopBench {
  readonly client: Client;
  /** Starts one and waits for its result. */
  startAndResult(): Promise<void>;
}

export async function withNoop<T>(
  address: string,
  work: (noop: NoopBench) => Promise<T>,
): Promise<T> {
  installTemporalRuntime(benchLogger);
  const temporal = await connectTemporal({ address, namespace: 'default' });
  try {
    const workflowBundle = await buildWorkflowBundle({
      workflowsPath: join(__dirname, 'noop-workflow.bench.js'),
      report: () => undefined,
    });
    const worker = await createWorker({
      connection: temporal.connection,
      namespace: 'default',
      taskQueue: TASK_QUEUE,
      workflowBundle,
      activities: {},
      logger: benchLogger,
    });
    const { client } = temporal;
    const startAndResult = async (): Promise<void> => {
      const handle = await client.workflow.start('noop', {
        workflowId: `noop-${randomUUID()}`,
        taskQueue: TASK_QUEUE,
        requestEagerStart: true,
      });
      await handle.result();
    };
    try {
      return await work({ client, startAndResult });
    } finally {
      await worker.stop();
    }
  } finally {
    await temporal.close();
  }
}

/** Waits for the result of an execution's workflow, which may not have been started yet. */
export async function resultOfExecution(client: Client, executionId: string): Promise<void> {
  for (const until = Date.now() + 60_000; ; await pauseMs(5)) {
    try {
      await client.workflow.getHandle(`exec-${executionId}`).result();
      return;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError) || Date.now() > until) throw error;
    }
  }
}
