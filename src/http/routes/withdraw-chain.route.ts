import { chainParams, withdrawnChain } from '../../contract/chain-views';
import { defineRoute } from '../route';

export const withdrawChainRoute = defineRoute({
  operationId: 'withdrawChain',
  method: 'delete',
  path: '/v1/chains/{chainId}',
  permission: 'chains:write',
  tag: 'Approvals',
  summary: 'Take an approval chain out of force',
  description: 'Its versions stay readable. A predefined chain of the id is in force again.',
  params: chainParams,
  unknownId: 'chain_not_found',
  replies: { 200: { description: 'Withdrawn.', schema: withdrawnChain } },
  errors: ['chain_not_found', 'chain_in_use'],
  handle: async ({ caller, params }, useCases) => ({
    status: 200,
    body: await useCases.withdrawChain(caller, params.chainId),
  }),
});
