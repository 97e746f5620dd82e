import type { ProblemText } from './output';
import type { Diagnostic } from './resources';

/** The server answered with a refusal; carries its problem document. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly httpStatus: number;
  readonly problem: ProblemText;
  constructor(httpStatus: number, problem: ProblemText) {
    super(problem.what);
    this.httpStatus = httpStatus;
    this.problem = problem;
  }
}

/** Nobody answered at the address, or not in time. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
  readonly problem: ProblemText;
  constructor(baseUrl: string, cause: unknown) {
    super(`No answer from ${baseUrl}`, { cause });
    this.problem = {
      code: 'unavailable',
      what: `No answer from ${baseUrl}.`,
      why: describeCause(cause),
      howToFix:
        'Start the server with "countersign start", or name the right address with --url or COUNTERSIGN_URL.',
    };
  }
}

/** Settings or arguments that cannot work; the command did nothing. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly problem: ProblemText;
  constructor(what: string, howToFix: string, why?: string) {
    super(what);
    this.problem = { code: 'bad_arguments', what, why, howToFix };
  }
}

/** The problem document of a refusal, or a plain description when another program answered. */
export function problemOf(httpStatus: number, baseUrl: string, body: unknown): ApiProblem {
  if (typeof body !== 'object' || body === null || !('code' in body)) {
    return new ApiProblem(httpStatus, {
      code: httpStatus >= 500 ? 'unavailable' : 'unexpected_answer',
      what: `${baseUrl} answered ${String(httpStatus)} without a problem document.`,
      why: 'Another program, or a proxy in between, answered instead of Countersign.',
      howToFix: 'Check the address in --url or COUNTERSIGN_URL.',
    });
  }
  const document = body as Readonly<Record<string, unknown>>;
  return new ApiProblem(httpStatus, {
    code: String(document['code']),
    what: text(document['what']) ?? text(document['title']) ?? `HTTP ${String(httpStatus)}`,
    why: text(document['why']),
    howToFix: text(document['howToFix']),
    example: text(document['example']),
    docs: text(document['docs']),
    requestId: text(document['requestId']),
    problems: Array.isArray(document['problems'])
      ? (document['problems'] as readonly Diagnostic[])
      : undefined,
  });
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

function describeCause(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (!(inner instanceof Error)) return 'The connection failed.';
  const code = (inner as { readonly code?: unknown }).code;
  if (code === 'ECONNREFUSED') return 'Nothing listens there (connection refused).';
  if (code === 'ENOTFOUND') return 'The host name does not resolve.';
  if (inner.name === 'TimeoutError') return 'The server did not answer in time.';
  return inner.message === '' ? (text(code) ?? inner.name) : inner.message;
}
