import { chainList } from '../../contract/chain-views';
import { defineRoute } from '../route';

const chainsRoute = (operationId: string, path: string) =>
  defineRoute({
    operationId,
    method: 'get',
    path,
    permission: 'chains:read',
    tag: 'Approvals',
    summary: 'List the approval chains in force, predefined and own',
    replies: { 200: { description: 'All chains.', schema: chainList } },
    errors: [],
    handle: async ({ caller }, useCases) => ({
      status: 200,
      body: await useCases.listChains(caller),
    }),
  });

export const listChainsRoute = chainsRoute('listChains', '/v1/chains');
export const listApprovalWorkflowsRoute = chainsRoute(
  'listApprovalWorkflows',
  '/v1/approvals/workflows',
);
