import { approvalParams } from '../../contract/approvals';
import { pendingApproval } from '../../contract/execution-views';
import { defineRoute } from '../route';

export const readApprovalRoute = defineRoute({
  operationId: 'readApproval',
  method: 'get',
  path: '/v1/approvals/{approvalId}',
  permission: 'approvals:read',
  tag: 'Approvals',
  summary: 'Read one approval',
  params: approvalParams,
  unknownId: 'approval_not_found',
  replies: { 200: { description: 'The approval.', schema: pendingApproval } },
  errors: ['approval_not_found'],
  handle: async ({ caller, params }, useCases) => ({
    status: 200,
    body: await useCases.readApproval(caller, params.approvalId),
  }),
});
