import { listExecutionsQuery } from '../../contract/execution-requests';
import { executionPage } from '../../contract/execution-views';
import { defineRoute } from '../route';

export const listExecutionsRoute = defineRoute({
  operationId: 'listExecutions',
  method: 'get',
  path: '/v1/executions',
  permission: 'executions:read',
  tag: 'Executions',
  summary: 'List executions, newest first',
  query: listExecutionsQuery,
  replies: { 200: { description: 'One page.', schema: executionPage } },
  errors: [],
  handle: async ({ caller, query }, useCases) => ({
    status: 200,
    body: await useCases.listExecutions(caller, query),
  }),
});
