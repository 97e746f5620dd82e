import { z } from 'zod';
import { isoTime, opaqueText, sentence } from './identifiers';
import type { ReservedFields } from './parse-input';

const SEVERITIES = ['info', 'warning', 'critical'] as const;
const LATER_SCOPES = ['tenant', 'environment', 'team', 'agent', 'action', 'tool', 'tag'];

const scope = z.enum(['global'], {
  error: (issue) =>
    typeof issue.input === 'string' && LATER_SCOPES.includes(issue.input)
      ? 'not available in this version: the one scope is "global", which stops everything'
      : 'use "global"',
});

/** Body of `POST /v1/kill-switches`. A reason alone stops everything: a brake must not need study. */
export const engageKillSwitchBody = z
  .strictObject({
    scope: scope.default('global'),
    reason: sentence,
    severity: z.enum(SEVERITIES).default('critical'),
    expiresAt: isoTime.exactOptional(),
  })
  .meta({
    id: 'EngageKillSwitch',
    example: { scope: 'global', reason: 'Refund loop', severity: 'critical' },
  });

export const RESERVED_KILL_SWITCH_FIELDS: ReservedFields = {
  target: 'the global scope has no target; leave it out',
};

export const killSwitchParams = z.object({ killSwitchId: opaqueText(128) });

/** The reason may stand in the body or in the query: many clients send no body with DELETE. */
export const liftKillSwitchBody = z
  .strictObject({ reason: sentence.exactOptional() })
  .meta({ id: 'LiftKillSwitch' });
export const liftKillSwitchQuery = z.strictObject({ reason: sentence.exactOptional() });

export const killSwitch = z
  .object({
    id: z.string(),
    scope: z.literal('global'),
    reason: z.string(),
    severity: z.enum(SEVERITIES),
    engagedAt: isoTime,
    engagedBy: z.string(),
    engagedSeq: z
      .int()
      .meta({ description: 'What was decided before and not released by then stays void.' }),
    active: z.boolean(),
    expiresAt: isoTime.exactOptional(),
    liftedAt: isoTime.exactOptional(),
  })
  .meta({ id: 'KillSwitch' });

export const killSwitchList = z
  .object({ items: z.array(killSwitch) })
  .meta({ id: 'KillSwitchList' });
