import { executionParams, mintWorkflowCredentialBody } from '../../contract/execution-requests';
import { workflowCredential } from '../../contract/execution-views';
import { defineRoute } from '../route';

export const mintWorkflowCredentialRoute = defineRoute({
  operationId: 'mintWorkflowCredential',
  method: 'post',
  path: '/v1/executions/{executionId}/workflow-credential',
  permission: 'executions:read',
  orPermission: 'approvals:decide',
  tag: 'Executions',
  summary: "Make a short-lived credential for the updates of the execution's workflow",
  description:
    'Send it with exactly this command in that update of the Temporal workflow, where an API key must never stand.',
  params: executionParams,
  body: { kind: 'json', schema: mintWorkflowCredentialBody },
  unknownId: 'execution_not_found',
  replies: { 201: { description: 'Made.', schema: workflowCredential } },
  errors: ['execution_not_found'],
  handle: async ({ caller, params, body }, useCases) => ({
    status: 201,
    body: await useCases.mintWorkflowCredential(caller, { ...params, ...body }),
  }),
});
