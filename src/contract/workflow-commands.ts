import { z } from 'zod';
import { DomainError } from '../core/errors';
import { opaqueText } from './identifiers';
import type { Json, JsonObject } from '../core/json';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const vote = z.strictObject({
  verdict: z.enum(['approve', 'reject', 'escalate']),
  rationale: z.string().max(4_000).default(''),
  argsDigest: digest.exactOptional(),
});
const release = z.strictObject({ argsDigest: digest, attemptId: opaqueText(128) });
const outcome = z.strictObject({
  status: z.enum(['committed', 'failed']),
  attemptId: opaqueText(128).exactOptional(),
  error: z.string().max(4_000).exactOptional(),
  result: z.custom<Json>(() => true).exactOptional(),
});

function parse<T>(schema: z.ZodType<T>, payload: JsonObject): T {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  throw new DomainError('validation_failed', {
    problems: parsed.error.issues.map((issue) => ({
      path: issue.path.join('.'),
      message: issue.message,
    })),
  });
}

/** Arguments of the workflow's updates, which arrive as unknown JSON like any request. */
export const voteUpdateInput = (payload: JsonObject): z.output<typeof vote> => parse(vote, payload);
export const releaseUpdateInput = (payload: JsonObject): z.output<typeof release> =>
  parse(release, payload);
export const outcomeUpdateInput = (payload: JsonObject): z.output<typeof outcome> =>
  parse(outcome, payload);
