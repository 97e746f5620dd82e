import { slackIdentity, slackIdentityParams } from '../../contract/channels';
import { defineRoute } from '../route';

export const unlinkSlackIdentityRoute = defineRoute({
  operationId: 'unlinkSlackIdentity',
  method: 'delete',
  path: '/v1/users/{userId}/slack-identities/{identityId}',
  permission: 'channels:link',
  tag: 'Channels',
  summary: 'Unlink a Slack account',
  description: 'Ends at once; votes that were cast stay cast.',
  params: slackIdentityParams,
  replies: { 200: { description: 'Unlinked.', schema: slackIdentity } },
  errors: ['not_found'],
  handle: async ({ caller, params }, useCases) => ({
    status: 200,
    body: await useCases.unlinkSlackIdentity(caller, params.userId, params.identityId),
  }),
});
