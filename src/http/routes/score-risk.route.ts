import {
  evaluateRequestBody,
  requestOf,
  RESERVED_EXECUTION_FIELDS,
} from '../../contract/execution-requests';
import { riskScore } from '../../contract/risk';
import { defineRoute } from '../route';

export const scoreRiskRoute = defineRoute({
  operationId: 'scoreRisk',
  method: 'post',
  path: '/v1/risk/score',
  permission: 'policies:evaluate',
  tag: 'Risk',
  summary: 'Score the risk of a request',
  description:
    'Takes the body of an execution and stores nothing. A decision carries the same score.',
  body: { kind: 'json', schema: evaluateRequestBody, reserved: RESERVED_EXECUTION_FIELDS },
  replies: { 200: { description: 'The score and every factor of it.', schema: riskScore } },
  errors: ['agent_not_found'],
  handle: async ({ caller, body }, useCases) => ({
    status: 200,
    body: await useCases.scoreRisk(caller, { ...requestOf(body), mode: 'dry_run' }),
  }),
});
