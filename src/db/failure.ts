import { DomainError, isDomainError } from '../core/errors';

/** What a failed statement says about the transaction it was part of. */
export type Failure =
  /** The connection is gone: whatever was not committed is rolled back by the server. */
  | 'connection'
  /** Another transaction was in the way; the same work may succeed at once. */
  | 'transient'
  /** The server refused this statement. */
  | 'refused'
  /** Not the database: a bug or a domain refusal thrown by the work itself. */
  | 'work';

export function failureOf(error: unknown): Failure {
  if (typeof error !== 'object' || error === null) return 'work';
  const { code, severity, message } = error as {
    code?: string;
    severity?: string;
    message?: string;
  };
  if (typeof code === 'string' && (code.startsWith('08') || code.startsWith('57P')))
    return 'connection';
  if (severity !== undefined && typeof code === 'string') {
    return code === '40001' || code === '40P01' || code === '55P03' ? 'transient' : 'refused';
  }
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return 'connection';
  if (
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/.test(
      message ?? '',
    )
  ) {
    return 'connection';
  }
  return 'work';
}

export const textOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Runs a plain read; a database that is away becomes the refusal that callers understand. */
export async function unavailableIfAway<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (failureOf(error) !== 'connection') throw error;
    throw new DomainError('unavailable', {
      why: 'The database did not answer.',
      retryAfterMs: 1_000,
      internal: textOf(error),
      cause: error,
    });
  }
}

/** Runs reads that a decision needs; trouble of the database becomes the refusal that callers understand. */
export async function unavailableIfDatabase<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isDomainError(error)) throw error;
    const why =
      failureOf(error) === 'work'
        ? 'The controls of this tenant could not be read.'
        : 'The database did not answer.';
    throw new DomainError('unavailable', {
      why,
      retryAfterMs: 1_000,
      internal: textOf(error),
      cause: error,
    });
  }
}
