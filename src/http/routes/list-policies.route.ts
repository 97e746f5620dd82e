import { policyList } from '../../contract/policies';
import { defineRoute } from '../route';

export const listPoliciesRoute = defineRoute({
  operationId: 'listPolicies',
  method: 'get',
  path: '/v1/policies',
  permission: 'policies:read',
  tag: 'Policies',
  summary: 'List the policies',
  replies: { 200: { description: 'Newest and published version of each.', schema: policyList } },
  errors: [],
  handle: async ({ caller }, useCases) => ({
    status: 200,
    body: await useCases.listPolicies(caller),
  }),
});
