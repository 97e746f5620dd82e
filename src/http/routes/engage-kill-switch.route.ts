import {
  engagedKillSwitch,
  engageKillSwitchBody,
  toEngageKillSwitchInput,
} from '../../contract/kill-switches';
import { defineRoute } from '../route';

export const engageKillSwitchRoute = defineRoute({
  operationId: 'engageKillSwitch',
  method: 'post',
  path: '/v1/kill-switches',
  permission: 'kill:engage',
  tag: 'Controls',
  summary: 'Stop everything, or one part',
  description:
    'From its commit on nothing in its scope is allowed or released. What was decided and not ' +
    'released before stays void, even when the switch is lifted. A scope matches an agent as it was ' +
    'at the decision or as it is now. A `global` one also needs `kill:engage_global` in tenant ' +
    '`default`.',
  body: { kind: 'json', schema: engageKillSwitchBody },
  replies: {
    201: { description: 'Engaged, or engaged before by the same id.', schema: engagedKillSwitch },
  },
  errors: ['conflict'],
  handle: async ({ caller, body }, useCases) => ({
    status: 201,
    body: await useCases.engageKillSwitch(caller, toEngageKillSwitchInput(body)),
  }),
});
