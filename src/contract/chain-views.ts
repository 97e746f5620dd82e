import { z } from 'zod';
import { ASSURANCES } from '../core/escalation/assurance';
import type { ApproverSelector, ChainDefinition } from '../core/escalation/chain';
import type { Condition } from '../core/policy/document';
import type { TimeWindow } from '../core/policy/time-window';
import { isoTime, slug, wholeNumber } from './identifiers';
import { problem } from './policies';

export const chainParams = z.object({ chainId: slug });

export const readChainQuery = z.strictObject({
  version: wholeNumber(1, 1_000_000_000)
    .exactOptional()
    .meta({ description: 'Defaults to the one in force.' }),
});

const selector: z.ZodType<ApproverSelector> = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('role'), role: z.string() }),
    z.object({ kind: z.literal('user'), user: z.string() }),
    z.object({ kind: z.literal('group'), group: z.string() }),
    z.object({ kind: z.literal('manager_of'), of: z.literal('requester') }),
    z.object({ kind: z.literal('owner_of'), of: z.literal('agent') }),
    z.object({ kind: z.literal('on_call'), schedule: z.string() }),
  ])
  .meta({ id: 'ApproverSelector' });

const condition = (z.unknown() as z.ZodType<Condition>).meta({
  description: 'The level applies only where this holds.',
});

const timeWindow: z.ZodType<TimeWindow> = z
  .object({
    startMinute: z.int(),
    endMinute: z.int(),
    weekdays: z.array(z.int()).meta({ description: '1 is Monday; empty means every day.' }),
    zone: z.string(),
    text: z.string(),
  })
  .meta({ id: 'TimeWindow' });

const level = z.object({
  name: z.string(),
  number: z.int().meta({ description: 'From 1.' }),
  groups: z.array(z.object({ selectors: z.array(selector), quorum: z.int() })),
  timeoutMs: z.int(),
  remindersMs: z.array(z.int()).meta({ description: 'After the level opened.' }),
  onTimeout: z.enum(['escalate', 'reject', 'approve', 'park']),
  onEmpty: z.literal('reject').exactOptional(),
  when: condition.exactOptional(),
});

const need = z.enum(['required', 'optional']);
const exclusion = z.enum(['exclude', 'allow']);
const risk = z.int().meta({ description: 'Risk score, 0 to 100.' });
const targets = z.array(
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('people'), selector }),
    z.object({ kind: z.literal('channel'), channel: z.string() }),
  ]),
);

const chainFields = {
  id: z.string(),
  version: z.int(),
  levels: z.array(level),
  advance: z.enum(['on_escalation', 'each_level']),
  onFinalTimeout: z.enum(['reject', 'approve', 'park']),
  rejection: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('veto') }),
    z.object({ kind: z.literal('quorum'), count: z.int() }),
    z.object({ kind: z.literal('escalate') }),
  ]),
  rejectionsAtLeast: z.int().exactOptional(),
  escalateAtRisk: risk.exactOptional(),
  startLevels: z.array(z.object({ riskAtLeast: risk, level: z.int() })),
  rationale: z.object({ approve: need, reject: need, minLength: z.int() }),
  separation: z.object({
    requester: exclusion,
    agentOwner: exclusion,
    distinctAcrossLevels: z.boolean(),
  }),
  assurance: z.array(
    z.object({
      riskAtLeast: risk,
      require: z.enum(ASSURANCES).exactOptional(),
      surface: z.literal('dashboard').exactOptional(),
    }),
  ),
  auto: z.array(
    z.object({
      when: z.object({
        riskAtMost: risk.exactOptional(),
        riskAtLeast: risk.exactOptional(),
        within: timeWindow.exactOptional(),
        outside: timeWindow.exactOptional(),
      }),
      outcome: z.enum(['approve', 'reject']),
    }),
  ),
  businessHours: timeWindow.exactOptional(),
  notifyOn: z.object({ approved: targets, rejected: targets, expired: targets }),
  validForMs: z.int(),
};

const chainDefinition: z.ZodType<ChainDefinition> = z
  .object(chainFields)
  .meta({ id: 'ApprovalChain' });

const description = z.string().meta({ description: 'What the chain does, in plain English.' });
const viewFields = { ...chainFields, source: z.enum(['predefined', 'own']), description };

export const chainList = z
  .object({ items: z.array(z.object(viewFields).meta({ id: 'ChainView' })) })
  .meta({ id: 'ChainList' });

export const chainDetail = z
  .object({
    ...viewFields,
    inForce: z.boolean(),
    text: z.string().exactOptional().meta({ description: 'The document as it was sent.' }),
    digest: z.string().exactOptional(),
    author: z.string().exactOptional(),
    createdAt: isoTime.exactOptional(),
  })
  .meta({ id: 'ChainDetail' });

export const publishedChain = z
  .object({
    id: z.string(),
    version: z.int(),
    unchanged: z.boolean(),
    warnings: z.array(problem),
    definition: chainDefinition,
    description,
  })
  .meta({ id: 'PublishedChain' });

export const chainValidation = z
  .object({
    ok: z.boolean(),
    problems: z.array(problem),
    warnings: z.array(problem),
    description: description.exactOptional(),
  })
  .meta({ id: 'ChainValidation' });

export const withdrawnChain = z
  .object({
    id: z.string(),
    withdrawnVersion: z.int(),
    predefinedVersion: z
      .int()
      .exactOptional()
      .meta({ description: 'The predefined chain that is in force again.' }),
  })
  .meta({ id: 'WithdrawnChain' });
