import { connectTemporal } from '../../src/temporal/connection';
import { createWorker } from '../../src/temporal/worker';

/** What the parent passes as the one argument. */
export interface ChildOptions {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly codePath: string;
  readonly activities: readonly string[];
}

export interface ActivityCall {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

export interface ActivityAnswer {
  readonly id: number;
  readonly value: unknown;
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A worker in a process of its own, so that a test can kill it; its activities run in the parent. */
async function runWorkerChild(options: ChildOptions): Promise<void> {
  const waiting = new Map<number, (value: unknown) => void>();
  process.on('message', ({ id, value }: ActivityAnswer) => {
    waiting.get(id)?.(value);
    waiting.delete(id);
  });
  let calls = 0;
  const inParent =
    (name: string) =>
    (...args: unknown[]): Promise<unknown> => {
      const call: ActivityCall = { id: (calls += 1), name, args };
      process.send?.(call);
      return new Promise((resolve) => waiting.set(call.id, resolve));
    };
  const { address, namespace, taskQueue, codePath } = options;
  const temporal = await connectTemporal({ address, namespace });
  const worker = await createWorker({
    ...temporal,
    taskQueue,
    workflowBundle: { codePath },
    activities: Object.fromEntries(options.activities.map((name) => [name, inParent(name)])),
    logger: silent,
  });
  await worker.finished;
}

runWorkerChild(JSON.parse(process.argv[2] ?? '{}') as ChildOptions).catch(() => process.exit(1));
