import {
  engageKillSwitchBody,
  killSwitch,
  RESERVED_KILL_SWITCH_FIELDS,
} from '../../contract/kill-switches';
import { defineRoute } from '../route';

export const engageKillSwitchRoute = defineRoute({
  operationId: 'engageKillSwitch',
  method: 'post',
  path: '/v1/kill-switches',
  permission: 'kill:engage',
  tag: 'Controls',
  summary: 'Stop everything',
  description:
    'From its commit on nothing is allowed or released. What was decided and not released before ' +
    'stays void, even when the switch is lifted.',
  body: { kind: 'json', schema: engageKillSwitchBody, reserved: RESERVED_KILL_SWITCH_FIELDS },
  replies: { 201: { description: 'Engaged.', schema: killSwitch } },
  errors: [],
  handle: async ({ caller, body }, useCases) => ({
    status: 201,
    body: await useCases.engageKillSwitch(caller, body),
  }),
});
