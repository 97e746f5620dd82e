import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';
import { HOUSEKEEPING } from '../../workflows/messages';

export interface HousekeepingScheduleOptions {
  readonly client: Client;
  readonly taskQueue: string;
  readonly everyMs?: number;
}

/** One schedule per task queue, so that installations that share a namespace do not take each other's. */
export const housekeepingScheduleId = (taskQueue: string): string =>
  `countersign-housekeeping-${taskQueue}`;

/**
 * Creates the schedule of the housekeeping workflow or brings an existing one up to date. Whether an
 * operator paused it stays as it is.
 */
export async function createSchedule(options: HousekeepingScheduleOptions): Promise<void> {
  const { client } = options;
  const wanted = scheduleOf(options);
  try {
    await client.schedule.create(wanted);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(wanted.scheduleId).update(({ state }) => ({
      spec: wanted.spec,
      action: wanted.action,
      policies: wanted.policies,
      state,
    }));
  }
}

function scheduleOf({ taskQueue, everyMs = 60_000 }: HousekeepingScheduleOptions) {
  const scheduleId = housekeepingScheduleId(taskQueue);
  return {
    scheduleId,
    spec: { intervals: [{ every: everyMs }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
    action: {
      type: 'startWorkflow',
      workflowType: HOUSEKEEPING,
      workflowId: scheduleId,
      taskQueue,
      args: [],
      // A round that hangs must not make SKIP pass over every later one.
      workflowExecutionTimeout: '10 minutes',
      staticSummary: 'Housekeeping: due moments, missing workflows',
    },
    state: { note: 'Due moments no workflow waits for; waiting executions without a workflow' },
  } satisfies ScheduleOptions;
}
