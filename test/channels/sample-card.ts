import type { ApprovalCard } from '../../src/core/escalation/card';
import type { ExecutionId } from '../../src/core/ids';

const AT = '2026-03-04T15:00:00.000Z';

export const sampleCard = (execution: ExecutionId, version: number): ApprovalCard => ({
  version,
  display: {
    ...{ executionId: execution, approvalId: execution, agent: 'support-bot', agentOwner: 'bob' },
    ...{ action: 'issue_refund', environment: 'prod', args: { amount: 450 }, context: {} },
    ...{ argsDigest: 'ab'.repeat(32), reason: 'Refunds over 100 need a manager.', rules: [] },
    chain: { id: 'standard', version: 1 },
    level: {
      ...{ number: 1, name: 'L1', of: 1, approvers: 'role:support-manager' },
      ...{ deadline: AT, thenWhat: 'ends as expired' },
    },
    requestedAt: AT,
  },
  displayDigest: 'cd'.repeat(32),
  status: 'pending_approval',
  levels: [],
  votes: [],
  accounts: {},
});
