import { awaitExecutionQuery, executionParams } from '../../contract/execution-requests';
import { executionView } from '../../contract/execution-views';
import { awaitOrReadNow, pendingStatus } from '../long-poll';
import { defineRoute } from '../route';

export const awaitExecutionRoute = defineRoute({
  operationId: 'awaitExecution',
  method: 'get',
  path: '/v1/executions/{executionId}',
  permission: 'executions:read',
  tag: 'Executions',
  summary: 'Read an execution, or wait for its answer',
  description:
    'With `waitMs` the answer comes at the next change or when the time is over, whichever is first. ' +
    'Waiting again resumes: nothing is lost in between.',
  params: executionParams,
  unknownId: 'execution_not_found',
  query: awaitExecutionQuery,
  replies: {
    200: { description: 'The execution.', schema: executionView },
    202: { description: 'The wait is over and a human still decides.', schema: executionView },
  },
  errors: ['execution_not_found'],
  handle: async ({ caller, params, query, signal }, useCases) => {
    const view = await awaitOrReadNow(useCases, caller, { ...params, ...query }, signal);
    return { status: query.waitMs === 0 ? 200 : pendingStatus(view), body: view };
  },
});
