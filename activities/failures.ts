import { ApplicationFailure } from '@temporalio/common';
import type { Logger } from '../src/app/ports';
import { ERRORS, isDomainError, type ErrorCode } from '../src/core/errors';

/** Trying again gives the same answer for ever. Everything else may pass, so it is retried for ever. */
const PERMANENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'agent_not_found',
  'approval_not_found',
  'digest_mismatch',
  'execution_not_found',
  'forbidden',
  'payload_too_large',
  'policy_not_found',
  'unauthenticated',
  'validation_failed',
]);

/**
 * Runs one activity body. What it throws leaves as an ApplicationFailure whose type is the registry code
 * and whose text is public: a failure stands in the history, where everyone with read access sees it.
 */
export async function asActivity<R>(
  name: string,
  logger: Logger,
  body: () => Promise<R>,
): Promise<R> {
  try {
    return await body();
  } catch (error) {
    throw toFailure(name, logger, error);
  }
}

function toFailure(name: string, logger: Logger, error: unknown): ApplicationFailure {
  if (!isDomainError(error)) {
    logger.error({ activity: name, err: error }, 'activity failed unexpectedly');
    return ApplicationFailure.create({ type: 'internal', message: ERRORS.internal.title });
  }
  const { code, details } = error;
  logger.warn({ activity: name, code, err: error }, 'activity failed');
  return ApplicationFailure.create({
    type: code,
    message: details.what ?? ERRORS[code].title,
    nonRetryable: PERMANENT.has(code),
    ...(details.retryAfterMs === undefined ? {} : { nextRetryDelay: details.retryAfterMs }),
  });
}
