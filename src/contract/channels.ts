import { z } from 'zod';
import { isoTime, opaqueText, userId } from './identifiers';

/** Ids of Slack's workspaces and people. Their first letters mean nothing that may be relied on. */
const slackId = (example: string) =>
  z
    .string()
    .regex(/^[A-Z0-9]{2,32}$/, `use the id as Slack shows it, such as ${example}`)
    .meta({ example });

/** Body of `POST /v1/users/{id}/slack-identities`. */
export const linkSlackIdentityBody = z
  .strictObject({ teamId: slackId('T01TEST'), userId: slackId('U01ALICE') })
  .meta({ id: 'LinkSlackIdentity', example: { teamId: 'T01TEST', userId: 'U01ALICE' } });

export const slackIdentityParams = z.object({ userId, identityId: opaqueText(64) });

/** Body of `POST /v1/channels/slack/links`. */
export const redeemSlackLinkBody = z
  .strictObject({
    code: z
      .string()
      .regex(/^[A-Za-z0-9 -]{1,64}$/, 'use the code as it was shown')
      .meta({ description: 'Shown by `/approvals link` in Slack.', example: '7KQ3XDM9TA' }),
  })
  .meta({ id: 'RedeemSlackLink' });

export const slackIdentity = z
  .object({
    id: z.string(),
    channel: z.literal('slack'),
    teamId: z.string(),
    userId: z.string(),
    principal: z.string().meta({ description: 'Whose votes the account casts.' }),
    assurance: z.enum(['issued', 'linked']).meta({
      description: '`issued`: an admin linked it. `linked`: the person did, with a one-time code.',
    }),
    enrolledBy: z.string(),
    linkedAt: isoTime,
  })
  .meta({ id: 'SlackIdentity' });

export const slackIdentityList = z
  .object({ items: z.array(slackIdentity) })
  .meta({ id: 'SlackIdentityList' });

export const slackStatus = z
  .object({
    channel: z.literal('slack'),
    behind: z.int().meta({ description: 'Messages that do not show what they should, yet.' }),
    oldestMs: z.number().meta({ description: 'How long the oldest of them has been behind.' }),
    givenUp: z.int().meta({ description: 'Messages that Slack refused for good.' }),
    linkedAccounts: z.int(),
    troubled: z
      .array(
        z.object({
          execution: z.string(),
          purpose: z.string(),
          givenUp: z.boolean(),
          attempts: z.int(),
          failure: z.string(),
        }),
      )
      .meta({ description: 'At most twenty that failed, given-up ones first.' }),
  })
  .meta({ id: 'SlackStatus' });
