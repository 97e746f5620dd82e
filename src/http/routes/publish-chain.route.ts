import { chainParams, publishedChain } from '../../contract/chain-views';
import { defineRoute, documentBody } from '../route';

const NOTE =
  'The body is the document itself, YAML or JSON, of kind `ApprovalChain`. The same text is the same version. ' +
  'A chain with the id of a predefined one stands in its place.';

export const publishChainRoute = defineRoute({
  operationId: 'publishChain',
  method: 'post',
  path: '/v1/chains',
  permission: 'chains:write',
  tag: 'Approvals',
  summary: 'Store a version of an approval chain and put it in force',
  description: NOTE,
  body: documentBody(),
  replies: { 201: { description: 'In force.', schema: publishedChain } },
  errors: ['chain_invalid'],
  handle: async ({ caller, body }, useCases) => ({
    status: 201,
    body: await useCases.publishChain(caller, { text: body.text }),
  }),
});

export const putChainRoute = defineRoute({
  operationId: 'putChain',
  method: 'put',
  path: '/v1/chains/{chainId}',
  permission: 'chains:write',
  tag: 'Approvals',
  summary: 'Replace an approval chain by a new version',
  description: `${NOTE} The document must have the id of the address.`,
  params: chainParams,
  unknownId: 'chain_not_found',
  body: documentBody(),
  replies: { 200: { description: 'In force.', schema: publishedChain } },
  errors: ['chain_invalid', 'chain_not_found'],
  handle: async ({ caller, params, body }, useCases) => ({
    status: 200,
    body: await useCases.publishChain(caller, { id: params.chainId, text: body.text }),
  }),
});
