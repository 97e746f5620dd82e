import { DomainError } from '../../src/core/errors';
import type { GovernanceWorker } from '../../src/temporal/worker';
import {
  approvalSignal,
  decisionUpdate,
  killSignal,
  outcomeUpdate,
  releaseUpdate,
  stateQuery,
  voteUpdate,
} from '../../workflows/messages';
import { eventsOf, startEngine, until, type Engine } from './engine';
import { allowed, awaitRelease, expire, pending, reject, reopen } from './fake-execution';

jest.setTimeout(30_000);

const HOUR_MS = 3_600_000;

describe('governedExecution', () => {
  let engine: Engine;
  let worker: GovernanceWorker;
  beforeAll(async () => {
    engine = await startEngine();
    worker = await engine.startWorker();
  });
  afterAll(() => engine.stop());

  afterEach(() => {
    engine.database.outage = undefined;
  });

  const callsOf = (governed: { execution: ReturnType<typeof allowed> }) =>
    engine.database.calls(governed.execution.input.executionId);
  const waiting = (governed: { execution: ReturnType<typeof allowed> }) =>
    until('approvers asked', () => callsOf(governed).includes('notifyApprovers 1'));

  it('ends an ALLOW in one workflow task, without a timer', async () => {
    const governed = await engine.govern(allowed());
    await expect(governed.result()).resolves.toMatchObject({ verdict: 'ALLOW' });
    const types = (await eventsOf(governed)).map(({ type }) => type);
    expect(types).toEqual([
      'WorkflowExecutionStarted',
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskCompleted',
      'MarkerRecorded',
      'UpsertWorkflowSearchAttributes',
      'WorkflowExecutionCompleted',
    ]);
    expect(callsOf(governed)).toEqual(['checkPolicy']);
  });

  it('tells the story of an approval: asked, nudged, released in time, closed', async () => {
    const governed = await engine.govern(pending(HOUR_MS));
    await waiting(governed);
    awaitRelease(governed.execution);
    await governed.signal(approvalSignal, { version: governed.execution.version });
    await until('release awaited', async () => {
      return (await governed.query(stateQuery))?.waitingFor === 'release';
    });
    expire(governed.execution);
    await governed.signal(approvalSignal, { version: governed.execution.version });
    await expect(governed.result()).resolves.toMatchObject({ status: 'expired' });
    expect(callsOf(governed)).toEqual([
      'checkPolicy',
      'openLevel',
      'notifyApprovers 1',
      'recordDue',
      'recordDue',
      'closeExecution',
    ]);
  });

  it('summarises every activity and timer for the Temporal UI', async () => {
    const governed = await engine.govern(pending(HOUR_MS));
    await waiting(governed);
    reject(governed.execution);
    await governed.signal(approvalSignal, { version: 2 });
    await governed.result();
    const told = (await eventsOf(governed)).filter(({ type }) =>
      ['ActivityTaskScheduled', 'TimerStarted', 'MarkerRecorded'].includes(type),
    );
    expect(told.map(({ summary }) => summary)).toEqual([
      'Check policy',
      'Open L1 · role:support-manager · 60 min',
      'Ask approvers · L1 · role:support-manager · 60 min',
      'L1 · role:support-manager · 60 min',
      'Record · L1 · role:support-manager · 60 min',
      'Close · rejected',
    ]);
  });

  it('opens level after level as their timers fire, each asked once', async () => {
    const governed = await engine.govern(pending(400, 3));
    await expect(governed.result()).resolves.toMatchObject({ status: 'rejected' });
    const asked = callsOf(governed).filter((call) => call.startsWith('notifyApprovers'));
    expect(asked).toEqual(['notifyApprovers 1', 'notifyApprovers 2', 'notifyApprovers 3']);
  });

  it('asks the people of a level that is opened again, though it never saw the one between', async () => {
    const governed = await engine.govern(pending(HOUR_MS));
    await waiting(governed);
    reopen(governed.execution, 3);
    await governed.signal(approvalSignal, { version: governed.execution.version });
    const asked = () => callsOf(governed).filter((call) => call === 'notifyApprovers 1').length;
    await until('asked again', () => asked() === 2);
    reject(governed.execution);
    await governed.signal(approvalSignal, { version: governed.execution.version });
    await governed.result();
    expect(asked()).toBe(2);
  });

  it('fires a timer within 2 s of the due moment', async () => {
    const execution = pending(1_000);
    const dueAtMs = execution.dueAtMs ?? 0;
    let firedAtMs = 0;
    execution.onDue = (due) => {
      firedAtMs = Date.now();
      reject(due);
    };
    const governed = await engine.govern(execution);
    await governed.result();
    expect(firedAtMs).toBeGreaterThanOrEqual(dueAtMs);
    expect(firedAtMs - dueAtMs).toBeLessThan(2_000);
  });

  it('wakes on a kill nudge', async () => {
    const governed = await engine.govern(pending(HOUR_MS));
    await waiting(governed);
    Object.assign(governed.execution, { status: 'killed', waitingFor: 'nothing', version: 7 });
    await governed.signal(killSignal, { version: 7 });
    await expect(governed.result()).resolves.toMatchObject({ status: 'killed', version: 7 });
  });

  it.each([
    ['forged, once', [{ version: 999 }]],
    ['doubled', [{ version: 999 }, { version: 999 }]],
    ['late', [{ version: 1 }, { version: 0 }, { version: -3 }]],
    ['malformed', [undefined, null, {}, { version: 'x' }, { version: Number.NaN }, 'kill', 7, []]],
  ])('changes nothing on nudges that are %s', async (_, nudges) => {
    const governed = await engine.govern(pending(HOUR_MS));
    await waiting(governed);
    for (const nudge of nudges) await governed.signal('approval', nudge);
    for (const nudge of nudges) await governed.signal('kill', nudge);
    await until('nudges handled', async () => {
      return (await governed.query(stateQuery))?.waitingFor === 'approval';
    });
    const state = await governed.query(stateQuery);
    expect(state).toMatchObject({ status: 'pending_approval', version: 1 });
    // Each nudge that promises more costs one look at most; none makes the run spin.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const looks = callsOf(governed).filter((call) => call === 'recordDue').length;
    expect(looks).toBeLessThanOrEqual(nudges.length * 2);
    reject(governed.execution);
    await governed.signal(approvalSignal, { version: 2 });
    await expect(governed.result()).resolves.toMatchObject({ status: 'rejected' });
  });

  it('answers the decision at once, while the approval is still open', async () => {
    const governed = await engine.govern(pending(HOUR_MS));
    await expect(governed.executeUpdate(decisionUpdate)).resolves.toMatchObject({
      verdict: 'REQUIRE_APPROVAL',
      waitingFor: 'approval',
    });
    reject(governed.execution);
    await governed.signal(approvalSignal, { version: 2 });
    await governed.result();
  });

  it('runs vote, release and outcome as updates to the committed end', async () => {
    const governed = await engine.govern(pending(HOUR_MS));
    const send = (update: typeof voteUpdate, command: Record<string, string>) =>
      governed.executeUpdate(update, { args: [{ credential: 'token-of-alice', command }] });
    await expect(send(voteUpdate, { verdict: 'approve' })).resolves.toEqual({
      ok: true,
      result: { status: 'approved' },
    });
    await expect(send(releaseUpdate, {})).resolves.toMatchObject({ ok: true });
    await expect(send(releaseUpdate, {})).resolves.toMatchObject({
      ok: false,
      code: 'already_released',
    });
    await expect(send(outcomeUpdate, {})).resolves.toMatchObject({ ok: true });
    await expect(governed.result()).resolves.toMatchObject({ status: 'committed' });
  });

  it.each([
    ['a credential of nobody', { credential: 'forged', command: {} }, 'unauthenticated'],
    ['no credential', { command: {} }, 'validation_failed'],
    ['no argument', undefined, 'validation_failed'],
  ])('refuses a vote with %s as data and goes on', async (_, argument, code) => {
    const governed = await engine.govern(pending(HOUR_MS));
    const answer = await governed.executeUpdate('vote', { args: [argument] });
    expect(answer).toMatchObject({ ok: false, code });
    expect(governed.execution.status).toBe('pending_approval');
    reject(governed.execution);
    await governed.signal(approvalSignal, { version: 2 });
    await governed.result();
  });

  it('answers a vote with unavailable while the database is away, and counts nothing', async () => {
    const governed = await engine.govern(pending(HOUR_MS));
    await waiting(governed);
    engine.database.outage = new DomainError('unavailable');
    const answer = await governed.executeUpdate(voteUpdate, {
      args: [{ credential: 'token-of-alice', command: { verdict: 'approve' } }],
    });
    engine.database.outage = undefined;
    expect(answer).toMatchObject({ ok: false, code: 'unavailable' });
    expect(governed.execution.status).toBe('pending_approval');
    reject(governed.execution);
    await governed.signal(approvalSignal, { version: 2 });
    await governed.result();
  });

  it('waits out a database that is away when the run begins', async () => {
    engine.database.outage = new DomainError('unavailable');
    const governed = await engine.govern(allowed());
    await until('ordinary activity takes over', async () => {
      return (await eventsOf(governed)).some(({ activity }) => activity === 'checkPolicy');
    });
    engine.database.outage = undefined;
    await expect(governed.result()).resolves.toMatchObject({ verdict: 'ALLOW' });
  });

  it('fails at once when the execution certainly does not exist', async () => {
    const execution = allowed();
    const governed = await engine.govern(execution);
    await governed.result();
    engine.database.executions.delete(execution.input.executionId);
    const handle = await engine.temporal.client.workflow.start('governedExecution', {
      workflowId: `${governed.workflowId}-absent`,
      taskQueue: engine.taskQueue,
      args: [execution.input],
    });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'execution_not_found', nonRetryable: true },
    });
  });

  it('lets the timer fire while asking the approvers does not succeed', async () => {
    const execution = pending(600);
    engine.database.executions.set(execution.input.executionId, execution);
    const { notifyApprovers } = engine.database.steps;
    const broken = jest
      .spyOn(engine.database.steps, 'notifyApprovers')
      .mockImplementation((input) =>
        input.executionId === execution.input.executionId
          ? Promise.reject(new DomainError('unavailable'))
          : notifyApprovers(input),
      );
    const governed = await engine.govern(execution);
    await expect(governed.result()).resolves.toMatchObject({ status: 'rejected' });
    broken.mockRestore();
  });

  it('goes on where it stood when its worker dies and another starts', async () => {
    const governed = await engine.govern(pending(HOUR_MS));
    await waiting(governed);
    await worker.stop();
    reject(governed.execution);
    await governed.signal(approvalSignal, { version: 2 });
    worker = await engine.startWorker();
    await expect(governed.result()).resolves.toMatchObject({ status: 'rejected' });
    expect(callsOf(governed)).toEqual([
      'checkPolicy',
      'openLevel',
      'notifyApprovers 1',
      'recordDue',
      'closeExecution',
    ]);
  });
});
