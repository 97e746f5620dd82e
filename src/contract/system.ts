import { z } from 'zod';
import { jsonObject } from './identifiers';
import { problem } from './policies';

const part = { ready: z.boolean(), detail: z.string().exactOptional() };

export const systemStatus = z
  .object({
    version: z.string(),
    environment: z.string(),
    database: z.object(part),
    temporal: z.object({
      ...part,
      address: z.string().exactOptional(),
      uiUrl: z.string().exactOptional(),
    }),
    startLagMs: z
      .number()
      .meta({ description: 'How long the oldest decision has waited for its workflow.' }),
    auditBacklog: z.int(),
  })
  .meta({ id: 'SystemStatus' });

export const health = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });

export const readiness = z
  .object({
    ready: z.boolean(),
    dependencies: z.record(z.string(), z.object(part)),
  })
  .meta({ id: 'Readiness' });

export const publicKeys = jsonObject.meta({
  id: 'PublicKeys',
  description: 'Keys that verify receipts and checkpoints.',
});

/** RFC 9457 problem document: every refusal of the edge. */
export const problemDocument = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable; see /docs/errors.' }),
    what: z.string(),
    why: z.string(),
    howToFix: z.string(),
    example: z.string().exactOptional(),
    docs: z.string(),
    requestId: z.string(),
    problems: z.array(problem).exactOptional(),
  })
  .meta({ id: 'Problem' });
