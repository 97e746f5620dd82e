import { listParams, putListBody, valueList } from '../../contract/lists';
import { defineRoute } from '../route';

export const putListRoute = defineRoute({
  operationId: 'putList',
  method: 'put',
  path: '/v1/lists/{name}',
  permission: 'lists:write',
  tag: 'Policies',
  summary: 'Set the whole content of a value list',
  params: listParams,
  body: { kind: 'json', schema: putListBody },
  replies: { 200: { description: 'The list as it stands now.', schema: valueList } },
  errors: ['not_found'],
  handle: async ({ caller, params, body }, useCases) => ({
    status: 200,
    body: await useCases.putList(caller, { ...params, ...body }),
  }),
});
