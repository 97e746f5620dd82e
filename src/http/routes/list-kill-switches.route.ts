import { killSwitchList } from '../../contract/kill-switches';
import { defineRoute } from '../route';

export const listKillSwitchesRoute = defineRoute({
  operationId: 'listKillSwitches',
  method: 'get',
  path: '/v1/kill-switches',
  permission: 'kill:read',
  tag: 'Controls',
  summary: 'List the kill switches, lifted ones too',
  replies: { 200: { description: 'All kill switches.', schema: killSwitchList } },
  errors: [],
  handle: async ({ caller }, useCases) => ({
    status: 200,
    body: await useCases.listKillSwitches(caller),
  }),
});
