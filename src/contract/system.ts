import { z } from 'zod';
import { jsonObject } from './identifiers';
import { problem } from './policies';

export const systemStatus = z
  .looseObject({
    version: z.string(),
    environment: z.string(),
    database: jsonObject,
    temporal: jsonObject,
  })
  .meta({ id: 'SystemStatus' });

export const health = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });

export const readiness = z
  .object({
    ready: z.boolean(),
    dependencies: z.record(
      z.string(),
      z.object({ ready: z.boolean(), detail: z.string().exactOptional() }),
    ),
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
