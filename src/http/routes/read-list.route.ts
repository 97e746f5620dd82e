import { listParams, valueList } from '../../contract/lists';
import { defineRoute } from '../route';

export const readListRoute = defineRoute({
  operationId: 'readList',
  method: 'get',
  path: '/v1/lists/{name}',
  permission: 'lists:read',
  tag: 'Policies',
  summary: 'Read a value list',
  params: listParams,
  replies: { 200: { description: 'The list.', schema: valueList } },
  errors: ['not_found'],
  handle: async ({ caller, params }, useCases) => ({
    status: 200,
    body: await useCases.readList(caller, params.name),
  }),
});
