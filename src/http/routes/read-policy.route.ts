import { policyParams, policyText, readPolicyQuery } from '../../contract/policies';
import { defineRoute } from '../route';

export const readPolicyRoute = defineRoute({
  operationId: 'readPolicy',
  method: 'get',
  path: '/v1/policies/{policyId}',
  permission: 'policies:read',
  tag: 'Policies',
  summary: 'Read the text of a policy',
  params: policyParams,
  unknownId: 'policy_not_found',
  query: readPolicyQuery,
  replies: { 200: { description: 'The document as it was sent.', schema: policyText } },
  errors: ['policy_not_found'],
  handle: async ({ caller, params, query }, useCases) => ({
    status: 200,
    body: await useCases.readPolicy(caller, { id: params.policyId, ...query }),
  }),
});
