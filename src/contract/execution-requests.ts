import { z } from 'zod';
import {
  actionName,
  isoTime,
  jsonObject,
  jsonValue,
  opaqueText,
  paging,
  sentence,
  slug,
  uuid,
  wholeNumber,
} from './identifiers';
import type { ReservedFields } from './parse-input';

/** Longest wait of one long poll. */
const MAX_WAIT_MS = 50_000;

const STATUSES = [
  'pending_approval',
  'parked',
  'allowed',
  'approved',
  'executing',
  'committed',
  'failed',
  'outcome_unknown',
  'denied',
  'rejected',
  'expired',
  'cancelled',
  'killed',
] as const;

export const executionStatus = z.enum(STATUSES);

/** A field of the product's contract that this version does not act on is refused, never ignored. */
export const RESERVED_EXECUTION_FIELDS: ReservedFields = {
  engine: 'there are no caps yet; leave it out',
  exposure: 'there are no caps yet; leave it out',
  recommendationId: 'there is no trial charter yet; leave it out',
  parentExecutionId: 'executions have no parents yet; leave it out',
  outcomeTimeoutMs: 'only policies set deadlines for outcomes; leave it out',
  callbackUrl: 'wait with GET /v1/executions/{id}?waitMs=50000 instead',
};

const mode = z.enum(['decide', 'dry_run'], {
  error: (issue) =>
    issue.input === 'proxy'
      ? 'not available in this version: use "decide", run the action and report its outcome'
      : 'use "decide" or "dry_run"',
});

const requestFields = {
  agent: slug,
  action: actionName.meta({ description: 'Name of the tool.' }),
  environment: slug.exactOptional().meta({ description: "Defaults to the agent's." }),
  args: jsonObject.default({}),
  context: jsonObject.default({}).meta({ description: 'Claims; they tighten, never loosen.' }),
  mode: mode.default('decide'),
  idempotencyKey: opaqueText(255).exactOptional(),
  attemptId: opaqueText(128)
    .exactOptional()
    .meta({ description: 'Random text of the client; repeat a lost call with the same one.' }),
  exceptionRequested: z.boolean().exactOptional(),
  justification: sentence.exactOptional(),
  workflow: z
    .strictObject({
      id: opaqueText(200).exactOptional(),
      type: slug.exactOptional(),
      step: opaqueText(200).exactOptional(),
    })
    .exactOptional(),
  expiresAt: isoTime.exactOptional(),
  actor: z
    .string()
    .trim()
    .min(1)
    .max(254)
    .exactOptional()
    .meta({ description: 'For whom the caller acts; recorded, never authority.' }),
  time: isoTime
    .exactOptional()
    .meta({ description: 'Only to evaluate: decide as of this moment.' }),
  waitMs: z
    .int()
    .min(0)
    .max(MAX_WAIT_MS)
    .default(0)
    .meta({ description: 'Wait at most this long for the final answer.' }),
};

const exceptionHasReason = (body: {
  readonly exceptionRequested?: boolean;
  readonly justification?: string;
}): boolean => body.exceptionRequested !== true || body.justification !== undefined;

const NEEDS_JUSTIFICATION = {
  path: ['justification'],
  error: 'is required when exceptionRequested is true',
};

/** Body of `POST /v1/executions`. */
export const submitExecutionBody = z
  .strictObject(requestFields)
  .refine(exceptionHasReason, NEEDS_JUSTIFICATION)
  .refine((body) => body.time === undefined || body.mode === 'dry_run', {
    path: ['time'],
    error: 'is only for mode "dry_run"; a real decision is made now',
  })
  .meta({
    id: 'SubmitExecution',
    example: {
      agent: 'support-bot',
      action: 'issue_refund',
      args: { order_id: '4711', amount: 450 },
      waitMs: 0,
    },
  });

/** Body of `POST /v1/policies/evaluate`: the same request, decided without effect. */
export const evaluateRequestBody = z
  .strictObject(requestFields)
  .refine(exceptionHasReason, NEEDS_JUSTIFICATION)
  .meta({ id: 'EvaluateRequest' });

export type ExecutionRequestBody = z.output<typeof evaluateRequestBody>;

/** The request itself, without what belongs to the transport. */
export function requestOf(body: ExecutionRequestBody): Omit<ExecutionRequestBody, 'waitMs'> {
  const request: Omit<ExecutionRequestBody, 'waitMs'> & { waitMs?: number } = { ...body };
  delete request.waitMs;
  return request;
}

export const executionParams = z.object({ executionId: uuid });

export const awaitExecutionQuery = z.strictObject({
  waitMs: wholeNumber(0, MAX_WAIT_MS).default(0),
  sinceVersion: wholeNumber(0, Number.MAX_SAFE_INTEGER)
    .exactOptional()
    .meta({ description: 'Answer as soon as the version is greater.' }),
  attemptId: opaqueText(128)
    .exactOptional()
    .meta({ description: 'The attempt that asks; `mayRun` is judged for it.' }),
});

export const listExecutionsQuery = z.strictObject({
  status: executionStatus.exactOptional(),
  agent: slug.exactOptional(),
  action: actionName.exactOptional(),
  ...paging,
});

/** Body of `POST /v1/executions/{executionId}/release`. */
export const releaseExecutionBody = z
  .strictObject({ argsDigest: opaqueText(200), attemptId: opaqueText(128) })
  .meta({ id: 'ReleaseExecution' });

/** Body of `POST /v1/executions/{executionId}/outcome`. */
export const reportOutcomeBody = z
  .strictObject({
    status: z.enum(['committed', 'failed']),
    attemptId: opaqueText(128).exactOptional(),
    result: jsonValue.exactOptional(),
    error: z.string().max(4_000).exactOptional(),
  })
  .meta({ id: 'ReportOutcome' });

export const RESERVED_OUTCOME_FIELDS: ReservedFields = {
  actualExposure: 'there are no caps yet; leave it out',
  realizedLoss: 'there are no caps yet; leave it out',
};

/** Body of `POST /v1/executions/{executionId}/cancel`. */
export const cancelExecutionBody = z
  .strictObject({ reason: sentence })
  .meta({ id: 'CancelExecution' });

/** Body of the request for a workflow credential: the update and the very command it will carry. */
export const mintWorkflowCredentialBody = z
  .strictObject({ update: z.enum(['vote', 'release', 'outcome']), command: jsonObject })
  .meta({
    id: 'MintWorkflowCredential',
    example: { update: 'vote', command: { verdict: 'approve', rationale: 'Matches ticket 4711' } },
  });
