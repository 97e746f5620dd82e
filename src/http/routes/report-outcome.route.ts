import {
  executionParams,
  reportOutcomeBody,
  RESERVED_OUTCOME_FIELDS,
} from '../../contract/execution-requests';
import { executionView } from '../../contract/execution-views';
import { defineRoute } from '../route';

export const reportOutcomeRoute = defineRoute({
  operationId: 'reportOutcome',
  method: 'post',
  path: '/v1/executions/{executionId}/outcome',
  permission: 'executions:report',
  tag: 'Executions',
  summary: 'Report what became of the run',
  description: 'Idempotent: the same report again changes nothing.',
  params: executionParams,
  unknownId: 'execution_not_found',
  body: { kind: 'json', schema: reportOutcomeBody, reserved: RESERVED_OUTCOME_FIELDS },
  replies: { 200: { description: 'Recorded.', schema: executionView } },
  errors: ['execution_not_found', 'not_released', 'outcome_conflict'],
  handle: async ({ caller, params, body }, useCases) => ({
    status: 200,
    body: await useCases.reportOutcome(caller, { ...params, ...body }),
  }),
});
