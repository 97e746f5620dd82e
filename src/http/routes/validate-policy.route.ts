import { policyValidation, validatePolicyQuery } from '../../contract/policies';
import { defineRoute, documentBody } from '../route';

export const validatePolicyRoute = defineRoute({
  operationId: 'validatePolicy',
  method: 'post',
  path: '/v1/policies/validate',
  permission: 'policies:read',
  tag: 'Policies',
  summary: 'Check a policy document without storing it',
  query: validatePolicyQuery,
  body: documentBody(),
  replies: { 200: { description: 'Every problem, with its place.', schema: policyValidation } },
  errors: [],
  handle: async ({ caller, query, body }, useCases) => ({
    status: 200,
    body: await useCases.validatePolicy(caller, { id: query.id, text: body.text }),
  }),
});
