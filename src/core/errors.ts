/**
 * The one registry of error codes. A code is stable and never reused; docs/errors.md and this file are
 * compared both ways by a test. `what`, `why`, `howToFix` are public text: no secret, no SQL, no stack.
 */
export interface ErrorEntry {
  readonly status: number;
  readonly title: string;
  readonly why: string;
  readonly howToFix: string;
  readonly example?: string;
}

const entry = (
  status: number,
  title: string,
  why: string,
  howToFix: string,
  example?: string,
): ErrorEntry =>
  example === undefined
    ? { status, title, why, howToFix }
    : { status, title, why, howToFix, example };

export const ERRORS = {
  agent_not_found: entry(
    404,
    'Agent not found',
    'No agent of this id is registered for the credential that asked.',
    'Register the agent first, or use the key that belongs to it.',
    'POST /v1/agents {"id":"support-bot","owner":"bob","riskLevel":"medium","environment":"prod"}',
  ),
  already_decided: entry(
    409,
    'Already decided',
    'The approval reached its final verdict before this vote.',
    'Nothing to do: the first final verdict stands. Read the execution for who decided and when.',
  ),
  already_released: entry(
    409,
    'Already released',
    'One approval releases at most one run, and another attempt holds it.',
    'Do not run the action. Read the execution; repeat a lost call with the attemptId it was first made with.',
  ),
  already_voted: entry(
    409,
    'Already voted',
    'Each human counts once at a level and this person has voted differently here.',
    'Wait for the other approvers, or let another eligible person decide.',
  ),
  agent_suspended: entry(
    409,
    'Agent suspended',
    'The agent is not active, so nothing it asked for may run.',
    'Reactivate the agent, then submit the request again.',
  ),
  approval_not_found: entry(
    404,
    'Approval not found',
    'No approval of this id exists for your tenant.',
    'List the open ones with GET /v1/approvals/pending.',
  ),
  approval_pending: entry(
    409,
    'Approval pending',
    'A human has not decided yet.',
    'Wait for the verdict, then release.',
    'GET /v1/executions/{id}?waitMs=50000',
  ),
  assurance_too_low: entry(
    403,
    'Assurance too low',
    'The chain wants to be surer who votes than the credential or the linked account of this vote can show.',
    'Link the account yourself with a one-time code, or vote with a stronger login, then vote again.',
  ),
  basis_changed: entry(
    409,
    'The basis of the approval changed',
    'Since the request was shown, the rules that apply to it changed or became stricter, so an approval of it would approve something else.',
    'Submit the request again: it is decided under the current policy.',
  ),
  card_changed: entry(
    409,
    'The card changed',
    'What was shown when this vote was made is not what the approval shows now.',
    'Read the approval again as it stands, then decide.',
  ),
  chain_in_use: entry(
    409,
    'Chain in use',
    'A published policy names this chain; without it, what the policy sends there would be denied.',
    'Publish the policies without it first, or publish another version of the chain.',
  ),
  chain_invalid: entry(
    422,
    'Approval chain does not load',
    'The document has problems; each is listed with line and column.',
    'Correct every listed problem and send the whole document again.',
  ),
  chain_not_found: entry(
    404,
    'Chain not found',
    'No approval chain of this id is in force for your tenant.',
    'List them with GET /v1/chains.',
  ),
  cancelled: entry(
    409,
    'Cancelled',
    'The execution was cancelled before it ran.',
    'Submit the request again if it is still wanted.',
  ),
  configuration_error: entry(
    500,
    'Configuration error',
    'A setting is missing or wrong.',
    'Correct the named settings and start again.',
  ),
  conflict: entry(
    409,
    'Conflict',
    'Something of this id exists already with other content.',
    'Choose another id, or read the existing one.',
  ),
  digest_mismatch: entry(
    409,
    'Digest mismatch',
    'The digest sent is not the digest of the arguments this execution holds.',
    'Read the execution again and use its argsDigest; never approve or run other arguments.',
  ),
  execution_blocked: entry(
    403,
    'Execution blocked',
    'A policy denies this action.',
    'Read matched rules and the explanation; change the request or ask the policy owner.',
  ),
  execution_not_found: entry(
    404,
    'Execution not found',
    'No execution of this id exists for the credential that asked.',
    'Check the id; an agent sees only its own executions.',
  ),
  expired: entry(
    410,
    'Expired',
    'The time to decide or to run has passed.',
    'Submit the request again.',
  ),
  forbidden: entry(
    403,
    'Forbidden',
    'The role of this credential does not include the permission.',
    'Ask an Admin for a role that has it.',
  ),
  idempotency_conflict: entry(
    409,
    'Idempotency key reused',
    'The same idempotency key was used before with another request.',
    'Use a new key for a new request, or repeat the first request unchanged.',
  ),
  kill_switch_active: entry(
    409,
    'Kill switch active',
    'A kill switch covers this request: nothing in its scope is allowed, released or continued.',
    'Stop the action. After the switch is lifted submit a new request; what was pending stays void.',
  ),
  level_mismatch: entry(
    409,
    'Another level is open',
    'The vote was made for a level of the ladder that is not the open one.',
    'Read the approval: it says which level is open and who may decide there.',
  ),
  link_code_invalid: entry(
    410,
    'Link code not valid',
    'The one-time code is unknown, was used before or has expired.',
    'Ask for a fresh code in the chat with /approvals link and redeem it within ten minutes.',
    'POST /v1/channels/slack/links {"code":"…"}',
  ),
  no_higher_level: entry(
    409,
    'No higher level',
    'The open level is the last of its chain, so the request cannot be passed upward.',
    'Approve or reject it, or let its timer end it.',
  ),
  method_not_allowed: entry(
    405,
    'Method not allowed',
    'This path exists with another method.',
    'See /docs for the methods of this path.',
  ),
  environment_not_registered: entry(
    403,
    'Environment not registered',
    'The agent is not registered for the environment it asked for.',
    'Submit for a registered environment, or register the agent for this one.',
  ),
  no_active_policy: entry(
    403,
    'No active policy',
    'No policy set is published, and without one nothing is allowed.',
    'Publish a policy: POST /v1/policies?id=…&publish=true.',
  ),
  no_approvers: entry(
    403,
    'Nobody may approve',
    'No eligible person holds the role that must approve this.',
    'Give the approver role to somebody who is neither the requester nor the owner of the agent.',
  ),
  policy_error: entry(
    403,
    'Policy could not be evaluated',
    'A condition could not be evaluated, and a restrictive rule then counts as matched.',
    'Read policyError in matched; send the argument it needs, in the type it needs, or correct the rule.',
  ),
  not_eligible: entry(
    403,
    'Not eligible to decide',
    'This person is not among the approvers of the open level, or is excluded by separation of duties.',
    'Let one of the named approvers decide.',
  ),
  not_found: entry(404, 'Not found', 'Nothing lives at this address.', 'See /docs for all paths.'),
  not_released: entry(
    409,
    'Not released',
    'The action has not been released, so it has no outcome.',
    'Release first, run, then report.',
  ),
  outcome_conflict: entry(
    409,
    'Another outcome is recorded',
    'An outcome was reported before with other content.',
    'Read the execution; the first report stands.',
  ),
  payload_too_large: entry(
    413,
    'Request too large',
    'The body is over the limit.',
    'Send at most 256 KiB; store large content elsewhere and pass a reference and its digest.',
  ),
  policy_invalid: entry(
    422,
    'Policy does not load',
    'The document has problems; each is listed with line and column.',
    'Correct every listed problem and send the whole document again.',
  ),
  policy_not_found: entry(
    404,
    'Policy not found',
    'No policy of this id exists.',
    'List them with GET /v1/policies.',
  ),
  policy_violation: entry(
    403,
    'Policy violation',
    'A rule denies this action.',
    'Read the matched rules for the nearest change that would allow it.',
  ),
  rate_limited: entry(
    429,
    'Too many requests',
    'The limit of this credential is used up.',
    'Wait for the time named in Retry-After.',
  ),
  rationale_required: entry(
    422,
    'Rationale required',
    'The chain demands a written reason for this verdict.',
    'Send a non-empty "rationale".',
    '{"rationale":"Refund matches ticket 4711"}',
  ),
  rejected: entry(
    409,
    'Rejected',
    'A human rejected the request.',
    'Read the rationale; change the request before asking again.',
  ),
  unauthenticated: entry(
    401,
    'Not authenticated',
    'The request carries no valid API key.',
    'Send the header: Authorization: Bearer <key>.',
  ),
  unavailable: entry(
    503,
    'Temporarily unavailable',
    'A part this answer needs is down, so no verdict was given. Nothing is allowed without its record.',
    'Retry after the time in Retry-After with the same idempotency key and attemptId.',
  ),
  unsupported_media_type: entry(
    415,
    'Unsupported media type',
    'The body is not of a type this path reads.',
    'Send application/json (policies also application/yaml).',
  ),
  user_not_found: entry(
    404,
    'User not found',
    'No user of this id exists.',
    'Create the user with POST /v1/users.',
  ),
  validation_failed: entry(
    422,
    'Validation failed',
    'The request does not have the documented shape.',
    'Correct the listed fields.',
  ),
  internal: entry(
    500,
    'Internal error',
    'Something unexpected happened; nothing was allowed.',
    'Retry once; then report the requestId.',
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export interface Problem {
  /** Dotted path of the field, or the empty string for the whole. */
  readonly path: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

export interface DomainErrorDetails {
  /** What happened, in one public sentence; defaults to the registry's title. */
  readonly what?: string;
  readonly why?: string;
  readonly howToFix?: string;
  readonly problems?: readonly Problem[];
  readonly retryAfterMs?: number;
  /** Further public members of the problem document. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Text for the log only. */
  readonly internal?: string;
  readonly cause?: unknown;
}

/** Refusals of the edge and failures of I/O. A negative decision is data and never one of these. */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly details: DomainErrorDetails;
  constructor(code: ErrorCode, details: DomainErrorDetails = {}) {
    super(details.internal ?? details.what ?? ERRORS[code].title, { cause: details.cause });
    this.name = 'DomainError';
    this.code = code;
    this.details = details;
  }
}

/** Compares by shape, not by class: the workflow sandbox and jest make second copies of classes. */
export function isDomainError(error: unknown): error is DomainError {
  return (
    typeof error === 'object' &&
    error !== null &&
    (error as { name?: unknown }).name === 'DomainError'
  );
}
