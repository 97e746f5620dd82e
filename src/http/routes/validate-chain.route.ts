import { chainValidation } from '../../contract/chain-views';
import { defineRoute, documentBody } from '../route';

export const validateChainRoute = defineRoute({
  operationId: 'validateChain',
  method: 'post',
  path: '/v1/chains/validate',
  permission: 'chains:read',
  tag: 'Approvals',
  summary: 'Check an approval chain without storing it',
  description: 'Also tells which levels nobody could decide now.',
  body: documentBody(),
  replies: { 200: { description: 'Every problem, with its place.', schema: chainValidation } },
  errors: [],
  handle: async ({ caller, body }, useCases) => ({
    status: 200,
    body: await useCases.validateChain(caller, { text: body.text }),
  }),
});
