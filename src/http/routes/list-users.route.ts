import { userList } from '../../contract/users';
import { defineRoute } from '../route';

export const listUsersRoute = defineRoute({
  operationId: 'listUsers',
  method: 'get',
  path: '/v1/users',
  permission: 'users:read',
  tag: 'Identity',
  summary: 'List the users',
  replies: { 200: { description: 'All users.', schema: userList } },
  errors: [],
  handle: async ({ caller }, useCases) => ({
    status: 200,
    body: await useCases.listUsers(caller),
  }),
});
