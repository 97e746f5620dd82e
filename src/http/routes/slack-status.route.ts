import { slackStatus } from '../../contract/channels';
import { defineRoute } from '../route';

export const slackStatusRoute = defineRoute({
  operationId: 'slackStatus',
  method: 'get',
  path: '/v1/channels/slack/status',
  permission: 'channels:read',
  tag: 'Channels',
  summary: 'How messages in Slack stand',
  replies: { 200: { description: 'Backlog and what failed.', schema: slackStatus } },
  errors: [],
  handle: async ({ caller }, useCases) => ({
    status: 200,
    body: await useCases.slackStatus(caller),
  }),
});
