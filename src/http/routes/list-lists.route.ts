import { valueLists } from '../../contract/lists';
import { defineRoute } from '../route';

export const listListsRoute = defineRoute({
  operationId: 'listLists',
  method: 'get',
  path: '/v1/lists',
  permission: 'lists:read',
  tag: 'Policies',
  summary: 'List the value lists that policies refer to',
  replies: { 200: { description: 'All lists.', schema: valueLists } },
  errors: [],
  handle: async ({ caller }, useCases) => ({
    status: 200,
    body: await useCases.listLists(caller),
  }),
});
