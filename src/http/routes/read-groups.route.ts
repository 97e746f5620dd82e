import { group, groupList, groupParams } from '../../contract/groups';
import { defineRoute } from '../route';

export const listGroupsRoute = defineRoute({
  operationId: 'listGroups',
  method: 'get',
  path: '/v1/groups',
  permission: 'groups:read',
  tag: 'Identity',
  summary: 'List the groups that chains name',
  replies: { 200: { description: 'All groups.', schema: groupList } },
  errors: [],
  handle: async ({ caller }, useCases) => ({
    status: 200,
    body: await useCases.listGroups(caller),
  }),
});

export const readGroupRoute = defineRoute({
  operationId: 'readGroup',
  method: 'get',
  path: '/v1/groups/{groupId}',
  permission: 'groups:read',
  tag: 'Identity',
  summary: 'Read a group',
  params: groupParams,
  replies: { 200: { description: 'The group.', schema: group } },
  errors: ['not_found'],
  handle: async ({ caller, params }, useCases) => ({
    status: 200,
    body: await useCases.readGroup(caller, params.groupId),
  }),
});
