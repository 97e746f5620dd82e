import { riskModel } from '../../contract/risk';
import { defineRoute } from '../route';

export const readRiskModelRoute = defineRoute({
  operationId: 'readRiskModel',
  method: 'get',
  path: '/v1/risk/factors',
  permission: 'policies:read',
  tag: 'Risk',
  summary: 'Read the factors of the risk score and their weights',
  replies: { 200: { description: 'The table of the score.', schema: riskModel } },
  errors: [],
  handle: async ({ caller }, useCases) => ({
    status: 200,
    body: await useCases.readRiskModel(caller),
  }),
});
