import { z } from 'zod';
import { isoTime, slug, wholeNumber } from './identifiers';

export const policyParams = z.object({ policyId: slug });

/** Under this name the bands of the risk score stand among the matched rules. */
const policyId = slug.refine((id) => id !== 'risk', 'is the name of the risk score; use another');

export const publishPolicyQuery = z.strictObject({
  id: policyId,
  publish: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'Put the new version in force at once.' }),
});

export const validatePolicyQuery = z.strictObject({ id: slug.default('unnamed') });

export const readPolicyQuery = z.strictObject({
  version: wholeNumber(1, 1_000_000_000)
    .exactOptional()
    .meta({ description: 'Defaults to the published one, else the newest.' }),
});

/** One finding about a document or a request, with its place where it has one. */
export const problem = z
  .object({
    path: z.string(),
    message: z.string(),
    line: z.int().exactOptional(),
    column: z.int().exactOptional(),
    severity: z.enum(['error', 'warning']).exactOptional(),
    code: z.string().exactOptional(),
    hint: z.string().exactOptional(),
  })
  .meta({ id: 'ProblemAt' });

export const publishedPolicy = z
  .object({
    id: z.string(),
    version: z.int(),
    published: z.boolean(),
    unchanged: z.boolean(),
    warnings: z.array(problem),
  })
  .meta({ id: 'PublishedPolicy' });

export const policyValidation = z
  .object({ ok: z.boolean(), problems: z.array(problem), warnings: z.array(problem) })
  .meta({ id: 'PolicyValidation' });

export const policyList = z
  .object({
    items: z.array(
      z.object({
        id: z.string(),
        version: z.int(),
        publishedVersion: z.int().nullable(),
        author: z.string(),
        createdAt: isoTime,
        format: z.string(),
        digest: z.string(),
      }),
    ),
  })
  .meta({ id: 'PolicyList' });

export const policyText = z
  .object({
    id: z.string(),
    version: z.int(),
    published: z.boolean(),
    text: z.string(),
    digest: z.string(),
  })
  .meta({ id: 'PolicyText' });
