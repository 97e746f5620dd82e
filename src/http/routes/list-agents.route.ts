import { agentList } from '../../contract/agents';
import { defineRoute } from '../route';

export const listAgentsRoute = defineRoute({
  operationId: 'listAgents',
  method: 'get',
  path: '/v1/agents',
  permission: 'agents:read',
  tag: 'Identity',
  summary: 'List the agents',
  replies: { 200: { description: 'All agents.', schema: agentList } },
  errors: [],
  handle: async ({ caller }, useCases) => ({
    status: 200,
    body: await useCases.listAgents(caller),
  }),
});
