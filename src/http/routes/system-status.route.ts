import { systemStatus } from '../../contract/system';
import { defineRoute } from '../route';

export const systemStatusRoute = defineRoute({
  operationId: 'systemStatus',
  method: 'get',
  path: '/v1/status',
  permission: 'status:read',
  tag: 'System',
  summary: 'Version and state of the parts',
  replies: { 200: { description: 'The state.', schema: systemStatus } },
  errors: [],
  handle: async (_request, useCases) => ({ status: 200, body: await useCases.systemStatus() }),
});
