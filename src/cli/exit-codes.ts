import { VERIFY_EXIT_CODES, type VerifyState } from '../core/audit/verify-states';
import type { ReceiptState } from '../core/audit/receipt-check';
import type { ErrorCode } from '../core/errors';
import type { ExecutionStatus } from '../core/execution/state';
import type { PolicyVerdict } from '../core/policy/model';

/** What the process answers to the shell. Stable: scripts branch on these numbers. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  badArguments: 2,
  policyInvalid: 3,
  testsFailed: 4,
  notAuthenticated: 5,
  notFound: 6,
  refused: 7,
  pending: 8,
  unavailable: 9,
  auditTampered: VERIFY_EXIT_CODES.TAMPERED,
  auditTruncated: VERIFY_EXIT_CODES.TRUNCATED,
  auditGap: VERIFY_EXIT_CODES.GAP,
  auditPruned: VERIFY_EXIT_CODES.PRUNED,
  auditUnverifiable: VERIFY_EXIT_CODES.UNVERIFIABLE,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One line per code, for `--help` and docs/cli.md. */
export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, 'done; for a decision: allowed or approved; for a verification: VALID'],
  [EXIT.unexpected, 'unexpected error, or the run was reported as failed'],
  [EXIT.badArguments, 'bad arguments or settings'],
  [EXIT.policyInvalid, 'a policy or chain does not load'],
  [EXIT.testsFailed, 'tests failed'],
  [EXIT.notAuthenticated, 'not authenticated, or the role lacks the permission'],
  [EXIT.notFound, 'not found'],
  [EXIT.refused, 'denied, rejected, cancelled, killed or otherwise refused'],
  [EXIT.pending, 'still pending, or timed out'],
  [EXIT.unavailable, 'the server is unavailable'],
  [EXIT.auditTampered, 'audit verify: TAMPERED; receipt verify: INVALID'],
  [EXIT.auditTruncated, 'audit verify: TRUNCATED'],
  [EXIT.auditGap, 'audit verify: GAP'],
  [EXIT.auditPruned, 'audit verify: PRUNED'],
  [EXIT.auditUnverifiable, 'audit verify, receipt verify: UNVERIFIABLE'],
  [EXIT.interrupted, 'stopped by Ctrl-C'],
];

const BY_ERROR: Readonly<Record<ErrorCode, ExitCode>> = {
  agent_not_found: EXIT.notFound,
  agent_suspended: EXIT.refused,
  already_decided: EXIT.refused,
  already_released: EXIT.refused,
  already_voted: EXIT.refused,
  approval_not_found: EXIT.notFound,
  approval_pending: EXIT.pending,
  assurance_too_low: EXIT.refused,
  basis_changed: EXIT.refused,
  card_changed: EXIT.refused,
  chain_in_use: EXIT.refused,
  chain_invalid: EXIT.policyInvalid,
  chain_not_found: EXIT.notFound,
  cancelled: EXIT.refused,
  configuration_error: EXIT.badArguments,
  conflict: EXIT.refused,
  digest_mismatch: EXIT.refused,
  environment_not_registered: EXIT.refused,
  execution_blocked: EXIT.refused,
  execution_not_found: EXIT.notFound,
  expired: EXIT.pending,
  forbidden: EXIT.notAuthenticated,
  idempotency_conflict: EXIT.refused,
  internal: EXIT.unexpected,
  kill_switch_active: EXIT.refused,
  level_mismatch: EXIT.refused,
  link_code_invalid: EXIT.refused,
  no_higher_level: EXIT.refused,
  method_not_allowed: EXIT.badArguments,
  no_active_policy: EXIT.refused,
  no_approvers: EXIT.refused,
  not_eligible: EXIT.refused,
  not_found: EXIT.notFound,
  not_released: EXIT.refused,
  outcome_conflict: EXIT.refused,
  payload_too_large: EXIT.badArguments,
  policy_error: EXIT.refused,
  policy_invalid: EXIT.policyInvalid,
  policy_not_found: EXIT.notFound,
  policy_violation: EXIT.refused,
  rate_limited: EXIT.unavailable,
  rationale_required: EXIT.badArguments,
  rejected: EXIT.refused,
  unauthenticated: EXIT.notAuthenticated,
  unavailable: EXIT.unavailable,
  unsupported_media_type: EXIT.badArguments,
  user_not_found: EXIT.notFound,
  validation_failed: EXIT.badArguments,
};

/** Exit code of a refusal by its registry code; a code this version does not know goes by HTTP status. */
export function exitOfProblem(code: string, httpStatus: number): ExitCode {
  if (Object.hasOwn(BY_ERROR, code)) return BY_ERROR[code as ErrorCode];
  if (httpStatus === 401 || httpStatus === 403) return EXIT.notAuthenticated;
  if (httpStatus === 404) return EXIT.notFound;
  if (httpStatus === 409 || httpStatus === 410) return EXIT.refused;
  if (httpStatus === 429 || httpStatus === 502 || httpStatus === 503 || httpStatus === 504)
    return EXIT.unavailable;
  return httpStatus >= 400 && httpStatus < 500 ? EXIT.badArguments : EXIT.unexpected;
}

const BY_STATUS: Readonly<Record<ExecutionStatus, ExitCode>> = {
  allowed: EXIT.ok,
  approved: EXIT.ok,
  executing: EXIT.ok,
  committed: EXIT.ok,
  failed: EXIT.unexpected,
  denied: EXIT.refused,
  rejected: EXIT.refused,
  cancelled: EXIT.refused,
  killed: EXIT.refused,
  pending_approval: EXIT.pending,
  parked: EXIT.pending,
  // Silence is not a human's no, so a script can tell it from a rejection.
  expired: EXIT.pending,
  outcome_unknown: EXIT.pending,
};

/** Exit code of a decision that was asked for or waited for. */
export const exitOfStatus = (status: ExecutionStatus): ExitCode =>
  Object.hasOwn(BY_STATUS, status) ? BY_STATUS[status] : EXIT.unexpected;

const BY_VERDICT: Readonly<Record<PolicyVerdict, ExitCode>> = {
  ALLOW: EXIT.ok,
  DENY: EXIT.refused,
  REQUIRE_APPROVAL: EXIT.pending,
};

/** Exit code of a dry run or an evaluation. */
export const exitOfVerdict = (verdict: PolicyVerdict): ExitCode =>
  Object.hasOwn(BY_VERDICT, verdict) ? BY_VERDICT[verdict] : EXIT.unexpected;

/** Exit code of `audit verify`; a state this version does not know is never a success. */
export const exitOfIntegrity = (state: VerifyState): ExitCode =>
  Object.hasOwn(VERIFY_EXIT_CODES, state) ? VERIFY_EXIT_CODES[state] : EXIT.auditUnverifiable;

const BY_RECEIPT: Readonly<Record<ReceiptState, ExitCode>> = {
  VALID: EXIT.ok,
  INVALID: EXIT.auditTampered,
  UNVERIFIABLE: EXIT.auditUnverifiable,
};

/** Exit code of `receipt verify`. */
export const exitOfReceipt = (state: ReceiptState): ExitCode =>
  Object.hasOwn(BY_RECEIPT, state) ? BY_RECEIPT[state] : EXIT.auditUnverifiable;
