import { issuedKey, issueKeyBody, userParams } from '../../contract/users';
import { defineRoute } from '../route';

export const issueUserKeyRoute = defineRoute({
  operationId: 'issueUserKey',
  method: 'post',
  path: '/v1/users/{userId}/keys',
  permission: 'keys:issue',
  tag: 'Identity',
  summary: 'Make an API key for a user',
  params: userParams,
  unknownId: 'user_not_found',
  body: { kind: 'json', schema: issueKeyBody },
  replies: { 201: { description: 'Made; the key is shown this once.', schema: issuedKey } },
  errors: ['user_not_found'],
  handle: async ({ caller, params, body }, useCases) => ({
    status: 201,
    body: await useCases.issueUserKey(caller, params.userId, body),
  }),
});
