import { createdUser, createUserBody } from '../../contract/users';
import { defineRoute } from '../route';

export const createUserRoute = defineRoute({
  operationId: 'createUser',
  method: 'post',
  path: '/v1/users',
  permission: 'users:write',
  tag: 'Identity',
  summary: 'Create a user',
  body: { kind: 'json', schema: createUserBody },
  replies: { 201: { description: 'Created.', schema: createdUser } },
  errors: ['conflict'],
  handle: async ({ caller, body }, useCases) => ({
    status: 201,
    body: await useCases.createUser(caller, { ...body, name: body.name ?? body.id }),
  }),
});
