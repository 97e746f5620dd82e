import { executionParams, releaseExecutionBody } from '../../contract/execution-requests';
import { executionView } from '../../contract/execution-views';
import { defineRoute } from '../route';

export const releaseExecutionRoute = defineRoute({
  operationId: 'releaseExecution',
  method: 'post',
  path: '/v1/executions/{executionId}/release',
  permission: 'executions:release',
  tag: 'Executions',
  summary: 'Take the one run an approval gives',
  description:
    'Repeating it with the same `attemptId` gives the same answer; another attempt is refused.',
  params: executionParams,
  unknownId: 'execution_not_found',
  body: { kind: 'json', schema: releaseExecutionBody },
  replies: { 200: { description: 'Released: run the action now.', schema: executionView } },
  errors: [
    'execution_not_found',
    'digest_mismatch',
    'already_released',
    'approval_pending',
    'rejected',
    'cancelled',
    'basis_changed',
    'kill_switch_active',
    'agent_suspended',
    'expired',
  ],
  handle: async ({ caller, params, body }, useCases) => ({
    status: 200,
    body: await useCases.releaseExecution(caller, { ...params, ...body }),
  }),
});
