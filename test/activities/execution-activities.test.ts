import { DefaultLogger } from '@temporalio/worker';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { ApplicationFailure } from '@temporalio/common';
import { createActivities, type Activities, type ActivityDeps } from '../../activities/index';
import { DomainError, ERRORS, type ErrorCode } from '../../src/core/errors';
import { createFakeDatabase, allowed, type FakeDatabase } from '../workflows/fake-execution';

const PERMANENT: readonly ErrorCode[] = [
  'agent_not_found',
  'approval_not_found',
  'digest_mismatch',
  'execution_not_found',
  'forbidden',
  'payload_too_large',
  'policy_not_found',
  'unauthenticated',
  'validation_failed',
];

describe('createActivities', () => {
  let database: FakeDatabase;
  const execution = allowed();
  const logger = { info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const activities = (deps: Partial<ActivityDeps> = {}): Activities =>
    createActivities({
      steps: database.steps,
      housekeeping: {
        sweepDue: async () => ({ moved: 0 }),
        reconcileStarts: async () => ({ checked: 0, restarted: 0 }),
      },
      logger,
      ...deps,
    });
  const failureOf = (work: Promise<unknown>): Promise<ApplicationFailure> =>
    work.then(
      () => {
        throw new Error('did not fail');
      },
      (failure: ApplicationFailure) => failure,
    );

  beforeEach(() => {
    jest.clearAllMocks();
    database = createFakeDatabase();
    database.executions.set(execution.input.executionId, execution);
  });

  it.each(Object.keys(ERRORS) as ErrorCode[])(
    'gives up on %s only if it is permanent',
    async (code) => {
      database.outage = new DomainError(code, { internal: 'SELECT secret' });
      const failure = await failureOf(activities().recordDue(execution.input));
      expect(failure.type).toBe(code);
      expect(failure.nonRetryable).toBe(PERMANENT.includes(code));
      expect(failure.message).toBe(ERRORS[code].title);
    },
  );

  it('waits as long as the database asks before the next try', async () => {
    database.outage = new DomainError('unavailable', { retryAfterMs: 3_000 });
    const failure = await failureOf(activities().recordDue(execution.input));
    expect(failure.nextRetryDelay).toBe(3_000);
  });

  it('tells a bug to the log and not to the history, and tries again', async () => {
    database.outage = new TypeError('password=hunter2');
    const failure = await failureOf(activities().checkPolicy(execution.input));
    expect(failure).toMatchObject({ type: 'internal', message: ERRORS.internal.title });
    expect(failure.nonRetryable).toBe(false);
    expect(JSON.stringify(failure)).not.toContain('hunter2');
    expect(logger.error).toHaveBeenCalledTimes(1);
  });

  it('turns a refusal that a command throws into an answer, and leaves an outage to the retries', async () => {
    const run = () => activities().runCommand('vote', execution.input, {}, 'token-of-alice');
    database.outage = new DomainError('not_eligible', { why: 'Bob asked for it himself.' });
    await expect(run()).resolves.toEqual({
      ok: false,
      code: 'not_eligible',
      why: 'Bob asked for it himself.',
    });
    database.outage = new DomainError('unavailable');
    expect(await failureOf(run())).toMatchObject({ type: 'unavailable', nonRetryable: false });
  });

  it('keeps the history with the end, and after five tries ends without it', async () => {
    const input = execution.input;
    const close = (
      attempt: number,
      fetchHistory: ActivityDeps['fetchHistory'] & object,
      workflowId = `exec-${execution.input.executionId}`,
    ) =>
      new MockActivityEnvironment(
        { attempt, workflowExecution: { workflowId, runId: 'run' } },
        { logger: new DefaultLogger('ERROR') },
      ).run(activities({ fetchHistory }).closeExecution, input);
    const lost = () => Promise.reject(new Error('history lost'));
    await close(1, async () => new Uint8Array([1, 2]));
    expect(database.histories.get(input.executionId)).toEqual(new Uint8Array([1, 2]));
    database.histories.clear();
    expect(await failureOf(close(4, lost))).toMatchObject({ type: 'internal' });
    await expect(close(5, lost)).resolves.toMatchObject({ view: { status: 'executing' } });
    expect(database.histories.size).toBe(0);
  });

  it("takes the history of no other workflow than the execution's own", async () => {
    await new MockActivityEnvironment(
      { workflowExecution: { workflowId: 'exec-of-somebody', runId: 'run' } },
      { logger: new DefaultLogger('ERROR') },
    ).run(
      activities({ fetchHistory: async () => new Uint8Array([1]) }).closeExecution,
      execution.input,
    );
    expect(database.histories.size).toBe(0);
  });
});
