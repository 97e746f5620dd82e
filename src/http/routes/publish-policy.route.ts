import { publishedPolicy, publishPolicyQuery } from '../../contract/policies';
import { defineRoute, documentBody } from '../route';

export const publishPolicyRoute = defineRoute({
  operationId: 'publishPolicy',
  method: 'post',
  path: '/v1/policies',
  permission: 'policies:write',
  tag: 'Policies',
  summary: 'Store a policy version, and put it in force with publish=true',
  description:
    'The body is the document itself: canonical YAML or JSON, the business DSL, or JSON rules. ' +
    'Publishing needs the permission `policies:publish` too.',
  query: publishPolicyQuery,
  body: documentBody(),
  replies: { 201: { description: 'Stored.', schema: publishedPolicy } },
  errors: ['policy_invalid', 'conflict'],
  handle: async ({ caller, query, body }, useCases) => ({
    status: 201,
    body: await useCases.publishPolicy(caller, {
      id: query.id,
      text: body.text,
      contentType: body.format,
      publish: query.publish === 'true',
    }),
  }),
});
