import { listApprovalsQuery } from '../../contract/approvals';
import { approvalPage } from '../../contract/execution-views';
import { defineRoute } from '../route';

export const listPendingApprovalsRoute = defineRoute({
  operationId: 'listPendingApprovals',
  method: 'get',
  path: '/v1/approvals/pending',
  permission: 'approvals:read',
  tag: 'Approvals',
  summary: 'List what waits for a human, with the exact arguments',
  query: listApprovalsQuery,
  replies: { 200: { description: 'One page.', schema: approvalPage } },
  errors: [],
  handle: async ({ caller, query }, useCases) => ({
    status: 200,
    body: await useCases.listPendingApprovals(caller, query),
  }),
});
