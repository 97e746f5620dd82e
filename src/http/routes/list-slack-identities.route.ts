import { slackIdentityList } from '../../contract/channels';
import { userParams } from '../../contract/users';
import { defineRoute } from '../route';

export const listSlackIdentitiesRoute = defineRoute({
  operationId: 'listSlackIdentities',
  method: 'get',
  path: '/v1/users/{userId}/slack-identities',
  permission: 'users:read',
  tag: 'Channels',
  summary: "List a user's Slack accounts",
  params: userParams,
  unknownId: 'user_not_found',
  replies: { 200: { description: 'Linked accounts, oldest first.', schema: slackIdentityList } },
  errors: ['user_not_found'],
  handle: async ({ caller, params }, useCases) => ({
    status: 200,
    body: await useCases.listSlackIdentities(caller, params.userId),
  }),
});
