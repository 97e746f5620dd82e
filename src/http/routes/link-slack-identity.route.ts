import { linkSlackIdentityBody, slackIdentity } from '../../contract/channels';
import { userParams } from '../../contract/users';
import { defineRoute } from '../route';

export const linkSlackIdentityRoute = defineRoute({
  operationId: 'linkSlackIdentity',
  method: 'post',
  path: '/v1/users/{userId}/slack-identities',
  permission: 'channels:link',
  tag: 'Channels',
  summary: 'Link a Slack account to a user',
  description:
    'The link has assurance `issued`: who made it and who holds it count as one human. A person links an account with more weight by a one-time code.',
  params: userParams,
  unknownId: 'user_not_found',
  body: { kind: 'json', schema: linkSlackIdentityBody },
  replies: {
    200: { description: 'It was linked to this user already.', schema: slackIdentity },
    201: { description: 'Linked.', schema: slackIdentity },
  },
  errors: ['user_not_found', 'conflict'],
  handle: async ({ caller, params, body }, useCases) => {
    const { identity, created } = await useCases.linkSlackIdentity(caller, params.userId, body);
    return { status: created ? 201 : 200, body: identity };
  },
});
