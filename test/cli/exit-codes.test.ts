import {
  EXIT,
  EXIT_MEANINGS,
  exitOfIntegrity,
  exitOfProblem,
  exitOfStatus,
  exitOfVerdict,
} from '../../src/cli/exit-codes';
import type { VerifyState } from '../../src/core/audit/verify-states';
import { ERRORS } from '../../src/core/errors';
import type { ExecutionStatus } from '../../src/core/execution/state';
import type { PolicyVerdict } from '../../src/core/policy/model';

const STATUSES: readonly (readonly [ExecutionStatus, number])[] = [
  ['allowed', 0],
  ['approved', 0],
  ['executing', 0],
  ['committed', 0],
  ['failed', 1],
  ['denied', 7],
  ['rejected', 7],
  ['cancelled', 7],
  ['killed', 7],
  ['pending_approval', 8],
  ['parked', 8],
  ['expired', 8],
  ['outcome_unknown', 8],
];
const VERDICTS: readonly (readonly [PolicyVerdict, number])[] = [
  ['ALLOW', 0],
  ['DENY', 7],
  ['REQUIRE_APPROVAL', 8],
];
const INTEGRITY: readonly (readonly [VerifyState, number])[] = [
  ['VALID', 0],
  ['TAMPERED', 10],
  ['TRUNCATED', 11],
  ['GAP', 12],
  ['PRUNED', 13],
  ['UNVERIFIABLE', 20],
];
const PROBLEMS: readonly (readonly [string, number, number])[] = [
  ['unauthenticated', 401, 5],
  ['forbidden', 403, 5],
  ['execution_not_found', 404, 6],
  ['agent_not_found', 404, 6],
  ['policy_invalid', 422, 3],
  ['validation_failed', 422, 2],
  ['rationale_required', 422, 2],
  ['not_eligible', 403, 7],
  ['execution_blocked', 403, 7],
  ['already_released', 409, 7],
  ['kill_switch_active', 409, 7],
  ['approval_pending', 409, 8],
  ['expired', 410, 8],
  ['unavailable', 503, 9],
  ['rate_limited', 429, 9],
  ['internal', 500, 1],
];

describe('exit codes', () => {
  it.each(STATUSES)('of status %s is %i', (status, code) => {
    expect(exitOfStatus(status)).toBe(code);
  });

  it.each(VERDICTS)('of verdict %s is %i', (verdict, code) => {
    expect(exitOfVerdict(verdict)).toBe(code);
  });

  it.each(INTEGRITY)('of audit state %s is %i', (state, code) => {
    expect(exitOfIntegrity(state)).toBe(code);
  });

  it.each(PROBLEMS)('of problem %s (HTTP %i) is %i', (code, status, exit) => {
    expect(exitOfProblem(code, status)).toBe(exit);
  });

  it('are never 0 for a refusal, a code of a newer server included', () => {
    for (const [code, entry] of Object.entries(ERRORS))
      expect(exitOfProblem(code, entry.status)).not.toBe(0);
    for (const status of [302, 400, 401, 403, 404, 409, 410, 418, 422, 429, 500, 502, 503])
      expect(exitOfProblem('made_up_later', status)).not.toBe(0);
    expect(exitOfProblem('constructor', 404)).toBe(EXIT.notFound);
  });

  it('are never 0 for an unknown status, verdict or audit state', () => {
    expect(exitOfStatus('toString' as ExecutionStatus)).not.toBe(0);
    expect(exitOfVerdict('MAYBE' as PolicyVerdict)).not.toBe(0);
    expect(exitOfIntegrity('FINE' as VerifyState)).not.toBe(0);
  });

  it('have one documented meaning each', () => {
    const numbers = EXIT_MEANINGS.map(([code]) => code);
    expect([...numbers].sort((a, b) => a - b)).toEqual(Object.values(EXIT).sort((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
