import {
  createExecutionActivities,
  type ExecutionActivities,
  type ExecutionActivityDeps,
} from './execution-activities';
import {
  createHousekeepingActivities,
  type HousekeepingActivities,
} from './housekeeping-activities';
import type { Housekeeping } from './ports';

export type Activities = ExecutionActivities & HousekeepingActivities;

export interface ActivityDeps extends ExecutionActivityDeps {
  readonly housekeeping: Housekeeping;
}

/** Everything a worker runs outside the workflow sandbox. Dependencies come in, so this imports no adapter. */
export function createActivities(deps: ActivityDeps): Activities {
  return { ...createExecutionActivities(deps), ...createHousekeepingActivities(deps) };
}
