import type { Response } from 'express';
import { DomainError, ERRORS, isDomainError, type ErrorCode } from '../core/errors';

/** Where the errors are explained. */
const ERROR_DOCS_PATH = '/docs/errors';

const DEFAULT_RETRY_MS = 1_000;
const RETRIABLE: ReadonlySet<number> = new Set([429, 503]);

/** RFC 9457 problem document of a refusal. Only public text: never an internal message or a cause. */
export function problemDocument(error: DomainError, requestId: string): Record<string, unknown> {
  const { code, details } = error;
  const entry = ERRORS[code];
  const docs = `${ERROR_DOCS_PATH}#${code}`;
  const example = 'example' in entry ? entry.example : undefined;
  return {
    ...details.extra,
    type: docs,
    title: entry.title,
    status: entry.status,
    code,
    what: details.what ?? `${entry.title}.`,
    why: details.why ?? entry.why,
    howToFix: details.howToFix ?? entry.howToFix,
    ...(example === undefined ? {} : { example }),
    docs,
    requestId,
    ...(details.problems === undefined ? {} : { problems: details.problems }),
    ...(details.retryAfterMs === undefined ? {} : { retryAfterMs: details.retryAfterMs }),
  };
}

/** Sends the refusal with the headers its status calls for. */
export function sendProblem(response: Response, error: DomainError, requestId: string): void {
  const { status } = ERRORS[error.code];
  if (RETRIABLE.has(status)) {
    const retryAfterMs = error.details.retryAfterMs ?? DEFAULT_RETRY_MS;
    response.setHeader('Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1_000))));
  }
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="countersign"');
  response
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify(problemDocument(error, requestId)));
}

/** Anything thrown as a refusal; what nobody foresaw becomes `internal` and tells nothing. */
export function toDomainError(error: unknown): DomainError {
  if (isDomainError(error)) return error;
  const code = codeOfHttpError(error);
  if (code !== undefined) return new DomainError(code, { cause: error });
  return new DomainError('internal', { cause: error });
}

/** Refusals of the HTTP library itself: an undecodable path, a broken or over-long body. */
function codeOfHttpError(error: unknown): ErrorCode | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  switch (error.status) {
    case 400:
      return error instanceof URIError ? 'not_found' : 'validation_failed';
    case 413:
      return 'payload_too_large';
    case 415:
      return 'unsupported_media_type';
    default:
      return undefined;
  }
}
