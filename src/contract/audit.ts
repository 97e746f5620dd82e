import { z } from 'zod';
import { isoTime, jsonObject, opaqueText, paging, uuid } from './identifiers';

export const listAuditEventsQuery = z.strictObject({
  executionId: uuid.exactOptional(),
  type: opaqueText(100).exactOptional(),
  ...paging,
});

const INTEGRITY_STATES = [
  'VALID',
  'TAMPERED',
  'TRUNCATED',
  'GAP',
  'PRUNED',
  'UNVERIFIABLE',
] as const;

export const auditIntegrity = z
  .object({
    state: z.enum(INTEGRITY_STATES),
    size: z.int().meta({ description: 'Events in the chain.' }),
    checkpointSize: z.int().meta({ description: 'Events under the newest signed checkpoint.' }),
    breaks: z.array(z.object({ seq: z.int(), kind: z.string(), message: z.string() })),
  })
  .meta({ id: 'AuditIntegrity' });

export const auditEventPage = z
  .object({
    items: z.array(
      z
        .object({
          seq: z.int(),
          ts: isoTime,
          id: z.string(),
          type: z.string(),
          actor: z.string(),
          agent: z.string().exactOptional(),
          execution: z.string().exactOptional(),
          action: z.string().exactOptional(),
          outcome: z.string().exactOptional(),
          body: jsonObject,
          leafHash: z.string(),
        })
        .meta({ id: 'AuditEvent' }),
    ),
    nextCursor: z.string().exactOptional(),
  })
  .meta({ id: 'AuditEventPage' });
