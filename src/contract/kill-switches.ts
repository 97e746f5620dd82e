import { z } from 'zod';
import {
  KILL_SCOPES,
  killReach,
  type Engagement,
  type KillReach,
  type KillScope,
  type TargetedScope,
} from '../core/controls/kill-switch';
import { actionName, isoTime, opaqueText, sentence, shortText, slug, uuid } from './identifiers';

const SEVERITIES = ['info', 'warning', 'critical'] as const;

/** What a target of each scope may be: exactly what registrations and requests may hold there. */
const TARGETS: Readonly<Record<TargetedScope, z.ZodType<string>>> = {
  environment: slug,
  team: shortText,
  agent: slug,
  action: actionName,
  tag: slug,
};

/** `tool` is the other name of `action`. */
const scopeOf = (written: KillScope | 'tool'): KillScope =>
  written === 'tool' ? 'action' : written;

function targetProblem(
  written: KillScope | 'tool',
  target: string | undefined,
): string | undefined {
  const scope = scopeOf(written);
  if (scope === 'global' || scope === 'tenant') {
    return target === undefined
      ? undefined
      : `is not taken by scope "${scope}", which stops everything there; leave it out, or name a narrower scope`;
  }
  if (target === undefined) return `is required: which ${scope} is to be stopped?`;
  const checked = TARGETS[scope].safeParse(target);
  return checked.success
    ? undefined
    : `no ${scope} can be named so: ${checked.error.issues[0]?.message ?? 'not a valid name'}`;
}

/** Body of `POST /v1/kill-switches`. A reason alone stops everything: a brake must not need study. */
export const engageKillSwitchBody = z
  .strictObject({
    scope: z
      .enum([...KILL_SCOPES, 'tool'], {
        error: `use one of ${KILL_SCOPES.join(', ')} (or tool, which is action)`,
      })
      .default('global')
      .meta({
        description:
          'What is stopped. `global` is every tenant and needs `kill:engage_global` in tenant `default`; `tenant` is all of your own.',
      }),
    target: z.string().max(200).exactOptional().meta({
      description:
        'Which environment, team, agent, action or tag; compared exactly, case included. Not with `global` and `tenant`.',
    }),
    reason: sentence,
    severity: z.enum(SEVERITIES).default('critical'),
    expiresAt: isoTime.exactOptional(),
    id: uuid.exactOptional().meta({
      description: 'Your own UUID makes a repeat safe: the same content is the same switch.',
    }),
  })
  .superRefine(({ scope, target }, context) => {
    const message = targetProblem(scope, target);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['target'], message });
  })
  .meta({
    id: 'EngageKillSwitch',
    example: { scope: 'agent', target: 'support-bot', reason: 'Refund loop', severity: 'critical' },
  });

/** An engagement as asked for, with every default filled in. */
export type EngageKillSwitchInput = KillReach & {
  readonly reason: string;
  readonly severity: Engagement['severity'];
  readonly expiresAt?: string;
  /** Lower case UUID of the client. */
  readonly id?: string;
};

export function toEngageKillSwitchInput(
  body: z.output<typeof engageKillSwitchBody>,
): EngageKillSwitchInput {
  const { scope: written, target, id, ...rest } = body;
  const scope = scopeOf(written);
  const reach = killReach(scope, scope === 'team' ? target?.trim() : target);
  if (reach === undefined) throw new Error(`scope ${scope} passed with an unfit target`);
  return { ...rest, ...reach, ...(id === undefined ? {} : { id: id.toLowerCase() }) };
}

export const killSwitchParams = z.object({ killSwitchId: opaqueText(128) });

/** The reason may stand in the body or in the query: many clients send no body with DELETE. */
export const liftKillSwitchBody = z
  .strictObject({ reason: sentence.exactOptional() })
  .meta({ id: 'LiftKillSwitch' });
export const liftKillSwitchQuery = z.strictObject({ reason: sentence.exactOptional() });

const killSwitchFields = {
  id: z.string(),
  scope: z.enum(KILL_SCOPES),
  target: z.string().exactOptional().meta({ description: 'Absent for `global` and `tenant`.' }),
  reason: z.string(),
  severity: z.enum(SEVERITIES),
  engagedAt: isoTime,
  engagedBy: z.string(),
  engagedSeq: z.int().meta({
    description: 'What in its scope was decided before and not released by then stays void.',
  }),
  active: z.boolean(),
  expiresAt: isoTime.exactOptional(),
  liftedAt: isoTime.exactOptional(),
};

export const killSwitch = z.object(killSwitchFields).meta({ id: 'KillSwitch' });

export const engagedKillSwitch = z
  .object({
    ...killSwitchFields,
    warnings: z.array(z.string()).meta({
      description:
        'What looks like a mistake, such as a target nobody knows. It is engaged anyway.',
    }),
  })
  .meta({ id: 'EngagedKillSwitch' });

export const killSwitchList = z
  .object({ items: z.array(killSwitch) })
  .meta({ id: 'KillSwitchList' });
