import { onCallList, onCallSchedule, scheduleParams } from '../../contract/groups';
import { defineRoute } from '../route';

export const listOnCallRoute = defineRoute({
  operationId: 'listOnCall',
  method: 'get',
  path: '/v1/on-call',
  permission: 'groups:read',
  tag: 'Identity',
  summary: 'List the on-call schedules, with who is on call now',
  replies: { 200: { description: 'All schedules.', schema: onCallList } },
  errors: [],
  handle: async ({ caller }, useCases) => ({
    status: 200,
    body: await useCases.listOnCall(caller),
  }),
});

export const readOnCallRoute = defineRoute({
  operationId: 'readOnCall',
  method: 'get',
  path: '/v1/on-call/{schedule}',
  permission: 'groups:read',
  tag: 'Identity',
  summary: 'Read an on-call schedule, with who is on call now',
  params: scheduleParams,
  replies: { 200: { description: 'The schedule.', schema: onCallSchedule } },
  errors: ['not_found'],
  handle: async ({ caller, params }, useCases) => ({
    status: 200,
    body: await useCases.readOnCall(caller, params.schedule),
  }),
});
