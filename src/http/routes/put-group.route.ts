import { group, groupParams, putGroupBody } from '../../contract/groups';
import { defineRoute } from '../route';

export const putGroupRoute = defineRoute({
  operationId: 'putGroup',
  method: 'put',
  path: '/v1/groups/{groupId}',
  permission: 'groups:write',
  tag: 'Identity',
  summary: 'Set the members of a group',
  params: groupParams,
  body: { kind: 'json', schema: putGroupBody },
  replies: { 200: { description: 'The group as it stands now.', schema: group } },
  errors: ['not_found'],
  handle: async ({ caller, params, body }, useCases) => ({
    status: 200,
    body: await useCases.putGroup(caller, { id: params.groupId, ...body }),
  }),
});
