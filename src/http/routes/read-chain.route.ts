import { chainDetail, chainParams, readChainQuery } from '../../contract/chain-views';
import { defineRoute } from '../route';

export const readChainRoute = defineRoute({
  operationId: 'readChain',
  method: 'get',
  path: '/v1/chains/{chainId}',
  permission: 'chains:read',
  tag: 'Approvals',
  summary: 'Read an approval chain',
  params: chainParams,
  unknownId: 'chain_not_found',
  query: readChainQuery,
  replies: { 200: { description: 'The chain.', schema: chainDetail } },
  errors: ['chain_not_found'],
  handle: async ({ caller, params, query }, useCases) => ({
    status: 200,
    body: await useCases.readChain(caller, { id: params.chainId, ...query }),
  }),
});
