import { registeredAgent, registerAgentBody, toRegisterAgentInput } from '../../contract/agents';
import { defineRoute } from '../route';

export const registerAgentRoute = defineRoute({
  operationId: 'registerAgent',
  method: 'post',
  path: '/v1/agents',
  permission: 'agents:write',
  tag: 'Identity',
  summary: 'Register an agent and make its key',
  body: { kind: 'json', schema: registerAgentBody },
  replies: { 201: { description: 'Registered.', schema: registeredAgent } },
  errors: ['conflict'],
  handle: async ({ caller, body }, useCases) => ({
    status: 201,
    body: await useCases.registerAgent(caller, toRegisterAgentInput(body)),
  }),
});
