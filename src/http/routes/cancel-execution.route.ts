import { cancelExecutionBody, executionParams } from '../../contract/execution-requests';
import { executionView } from '../../contract/execution-views';
import { defineRoute } from '../route';

export const cancelExecutionRoute = defineRoute({
  operationId: 'cancelExecution',
  method: 'post',
  path: '/v1/executions/{executionId}/cancel',
  permission: 'executions:cancel',
  tag: 'Executions',
  summary: 'Withdraw a request that has not run',
  params: executionParams,
  unknownId: 'execution_not_found',
  body: { kind: 'json', schema: cancelExecutionBody },
  replies: { 200: { description: 'Cancelled.', schema: executionView } },
  errors: ['execution_not_found', 'already_decided', 'already_released'],
  handle: async ({ caller, params, body }, useCases) => ({
    status: 200,
    body: await useCases.cancelExecution(caller, { ...params, ...body }),
  }),
});
