import {
  evaluateRequestBody,
  requestOf,
  RESERVED_EXECUTION_FIELDS,
} from '../../contract/execution-requests';
import { evaluationView } from '../../contract/execution-views';
import { defineRoute } from '../route';

export const evaluateRequestRoute = defineRoute({
  operationId: 'evaluateRequest',
  method: 'post',
  path: '/v1/policies/evaluate',
  permission: 'policies:evaluate',
  tag: 'Policies',
  summary: 'Decide a request without effect',
  description:
    'Takes the body of an execution. Nothing is stored but an audit row; nobody is asked.',
  body: { kind: 'json', schema: evaluateRequestBody, reserved: RESERVED_EXECUTION_FIELDS },
  replies: { 200: { description: 'What would be decided, and why.', schema: evaluationView } },
  errors: ['agent_not_found'],
  handle: async ({ caller, body }, useCases) => ({
    status: 200,
    body: await useCases.evaluateRequest(caller, { ...requestOf(body), mode: 'dry_run' }),
  }),
});
