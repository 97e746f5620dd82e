import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index';

export interface HousekeepingReport {
  readonly moved: number;
  readonly checked: number;
  readonly restarted: number;
}

const rounds = proxyActivities<Activities>({
  startToCloseTimeout: '2 min',
  scheduleToCloseTimeout: '5 min',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '10 s' },
});

/** One round of the housekeeping schedule; the next round makes up for one that failed. */
export async function housekeeping(): Promise<HousekeepingReport> {
  const { moved } = await rounds.sweepDue.executeWithOptions(
    { summary: 'Apply due moments no workflow waits for' },
    [],
  );
  const { checked, restarted } = await rounds.reconcileStarts.executeWithOptions(
    { summary: 'Find waiting executions without a workflow' },
    [],
  );
  return { moved, checked, restarted };
}
