import type { Pool } from 'pg';

import type { ExecutionId, TenantId } from '../core/ids';

/**
 * Has the posted cards of an execution shown again at their newest version, as the system role: somebody
 * pressed a button that should no longer stand there.
 */
export function createCardRefresh(
  system: Pool,
): (tenant: TenantId, execution: ExecutionId) => Promise<void> {
  return async (tenant, execution) => {
    await system.query({
      name: 'refresh cards',
      text: `UPDATE channel_messages SET rendered_version = desired_version - 1
              WHERE tenant = $1 AND execution = $2 AND is_card AND ts IS NOT NULL AND rendered_version >= desired_version`,
      values: [tenant, execution],
    });
  };
}
