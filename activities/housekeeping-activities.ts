import type { Logger } from '../src/app/ports';
import { asActivity } from './failures';
import type { Housekeeping } from './ports';

export type HousekeepingActivities = Housekeeping;

/** The rounds of the housekeeping schedule as activities. */
export function createHousekeepingActivities(deps: {
  readonly housekeeping: Housekeeping;
  readonly logger: Logger;
}): HousekeepingActivities {
  const { housekeeping, logger } = deps;
  return {
    sweepDue: () => asActivity('sweepDue', logger, () => housekeeping.sweepDue()),
    reconcileStarts: () =>
      asActivity('reconcileStarts', logger, () => housekeeping.reconcileStarts()),
  };
}
