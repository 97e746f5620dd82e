import { redeemSlackLinkBody, slackIdentity } from '../../contract/channels';
import { defineRoute } from '../route';

export const redeemSlackLinkRoute = defineRoute({
  operationId: 'redeemSlackLink',
  method: 'post',
  path: '/v1/channels/slack/links',
  permission: 'channels:link_own',
  tag: 'Channels',
  summary: 'Link your own Slack account with a one-time code',
  description:
    'Redeem only a code that you were shown yourself: the account that asked for it will vote as you. The link has assurance `linked`.',
  body: { kind: 'json', schema: redeemSlackLinkBody },
  replies: {
    200: { description: 'The account was linked to you already.', schema: slackIdentity },
    201: { description: 'Linked.', schema: slackIdentity },
  },
  errors: ['link_code_invalid', 'conflict', 'rate_limited'],
  handle: async ({ caller, body }, useCases) => {
    const { identity, created } = await useCases.redeemSlackLink(caller, body);
    return { status: created ? 201 : 200, body: identity };
  },
});
