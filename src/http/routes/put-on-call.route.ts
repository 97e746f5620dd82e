import { onCallSchedule, putOnCallBody, scheduleParams } from '../../contract/groups';
import { defineRoute } from '../route';

export const putOnCallRoute = defineRoute({
  operationId: 'putOnCall',
  method: 'put',
  path: '/v1/on-call/{schedule}',
  permission: 'groups:write',
  tag: 'Identity',
  summary: 'Set all shifts of an on-call schedule',
  params: scheduleParams,
  body: { kind: 'json', schema: putOnCallBody, maxKeys: 2_000 },
  replies: { 200: { description: 'The schedule as it stands now.', schema: onCallSchedule } },
  errors: ['not_found'],
  handle: async ({ caller, params, body }, useCases) => ({
    status: 200,
    body: await useCases.putOnCall(caller, { ...params, ...body }),
  }),
});
