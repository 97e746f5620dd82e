import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { createActivities } from '../../activities/index';
import type { FetchHistory, Housekeeping } from '../../activities/ports';
import type { Logger } from '../../src/app/ports';
import { workflowIdOf } from '../../src/core/ids';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection';
import { installTemporalRuntime } from '../../src/temporal/runtime';
import { createWorker, type GovernanceWorker } from '../../src/temporal/worker';
import { GOVERNED_EXECUTION, type RunView } from '../../workflows/messages';
import { testServers } from '../support/test-servers';
import { createFakeDatabase, type FakeDatabase, type FakeExecution } from './fake-execution';

export const silent: Logger = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface Engine {
  readonly temporal: TemporalConnection;
  readonly database: FakeDatabase;
  readonly taskQueue: string;
  startWorker(): Promise<GovernanceWorker>;
  /** Puts the execution into the database and starts its workflow. */
  govern(execution: FakeExecution): Promise<Governed>;
  stop(): Promise<void>;
}

export interface Governed extends WorkflowHandle<() => Promise<RunView>> {
  readonly execution: FakeExecution;
}

export interface EngineOptions {
  readonly address?: string;
  readonly fetchHistory?: (engine: TemporalConnection) => FetchHistory;
  readonly housekeeping?: Housekeeping;
}

/** The real server, the real worker and workflows; only the use cases are in memory. */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  installTemporalRuntime(silent);
  const { address, namespace } = testServers().temporal;
  const connected = await connectTemporal({ address: options.address ?? address, namespace });
  const database = createFakeDatabase();
  const taskQueue = `test-${randomUUID()}`;
  const workers: GovernanceWorker[] = [];
  return {
    temporal: connected,
    database,
    taskQueue,
    async startWorker() {
      const worker = await createWorker({
        ...connected,
        taskQueue,
        workflowBundle: { codePath: bundlePath() },
        logger: silent,
        maxCachedWorkflows: 50,
        activities: createActivities({
          steps: database.steps,
          housekeeping: options.housekeeping ?? {
            sweepDue: async () => ({ moved: 0 }),
            reconcileStarts: async () => ({ checked: 0, restarted: 0 }),
          },
          logger: silent,
          publicUrl: 'http://127.0.0.1:8080',
          ...(options.fetchHistory ? { fetchHistory: options.fetchHistory(connected) } : {}),
        }),
      });
      workers.push(worker);
      return worker;
    },
    async govern(execution) {
      database.executions.set(execution.input.executionId, execution);
      const handle = await connected.client.workflow.start<() => Promise<RunView>>(
        GOVERNED_EXECUTION,
        {
          workflowId: workflowIdOf(execution.input.executionId),
          taskQueue,
          // Typed without parameters, as the handle needs only the result.
          args: [execution.input] as unknown as [],
        },
      );
      return Object.assign(handle, { execution });
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await connected.close();
    },
  };
}

export function bundlePath(): string {
  const path = testServers().workflowBundlePath;
  if (path === undefined) throw new Error('global setup built no workflow bundle');
  return path;
}

export async function until(
  what: string,
  reached: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<void> {
  const endMs = Date.now() + limitMs;
  while (!(await reached())) {
    if (Date.now() > endMs) throw new Error(`not reached in ${limitMs} ms: ${what}`);
    await delay(20);
  }
}

export interface EventLine {
  /** As in the Temporal UI: `TimerStarted`, `ActivityTaskScheduled`. */
  readonly type: string;
  readonly summary?: string;
  readonly activity?: string;
}

interface JsonEvent {
  readonly eventType: string;
  readonly userMetadata?: { readonly summary?: { readonly data?: string } };
  readonly activityTaskScheduledEventAttributes?: {
    readonly activityType: { readonly name: string };
  };
}

/** The history in the order and words in which ops read it. */
export async function eventsOf(
  handle: Pick<WorkflowHandle, 'fetchHistory'>,
): Promise<readonly EventLine[]> {
  const { events } = JSON.parse(historyToJSON(await handle.fetchHistory())) as {
    readonly events: readonly JsonEvent[];
  };
  return events.map((event) => {
    const summary = event.userMetadata?.summary?.data;
    const activity = event.activityTaskScheduledEventAttributes?.activityType.name;
    return {
      type: camel(event.eventType.replace('EVENT_TYPE_', '')),
      ...(summary === undefined
        ? {}
        : { summary: JSON.parse(Buffer.from(summary, 'base64').toString()) as string }),
      ...(activity === undefined ? {} : { activity }),
    };
  });
}

const camel = (shouting: string): string =>
  shouting
    .toLowerCase()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
