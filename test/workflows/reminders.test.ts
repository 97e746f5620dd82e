import type { GovernanceWorker } from '../../src/temporal/worker';
import { approvalSignal, killSignal } from '../../workflows/messages';
import { type Engine, eventsOf, type Governed, startEngine, until } from './engine';
import { climbing, kill, reject } from './fake-execution';

jest.setTimeout(30_000);

const HOUR_MS = 3_600_000;

describe('governedExecution on a ladder with reminders', () => {
  let engine: Engine;
  let worker: GovernanceWorker;
  beforeAll(async () => {
    engine = await startEngine();
    worker = await engine.startWorker();
  });
  afterAll(() => engine.stop());

  const callsOf = ({ execution }: Governed) => engine.database.calls(execution.input.executionId);
  const timersOf = async (governed: Governed) =>
    (await eventsOf(governed))
      .filter(({ type }) => type === 'TimerStarted')
      // How much is left when a timer starts is the machine's affair.
      .map(({ summary }) => summary?.replace(/\d+ s$/, '… s'));
  const timerStarted = (governed: Governed, count = 1) =>
    until('waiting', async () => (await timersOf(governed)).length === count);

  it('names each timer for its level and what comes when it fires', async () => {
    const governed = await engine.govern(
      climbing([
        { number: 1, timeoutMs: 1_200, remindersMs: [400, 800] },
        { number: 2, timeoutMs: 400 },
      ]),
    );
    await expect(governed.result()).resolves.toMatchObject({ status: 'rejected' });
    expect(await timersOf(governed)).toEqual([
      'L1 · role:support-manager · reminder in … s',
      'L1 · role:support-manager · reminder in … s',
      'L1 · role:support-manager · … s',
      'L2 · role:support-manager · … s',
    ]);
    expect(callsOf(governed)).toEqual([
      ...['checkPolicy', 'openLevel', 'notifyApprovers 1'],
      ...['recordDue', 'recordDue', 'recordDue'],
      ...['openLevel', 'notifyApprovers 2', 'recordDue', 'closeExecution'],
    ]);
  });

  it('asks the people of every opening once, also of a level that is asked again', async () => {
    const governed = await engine.govern(
      climbing([
        { number: 1, timeoutMs: 300 },
        { number: 2, timeoutMs: 300 },
        { number: 1, timeoutMs: 500, remindersMs: [200] },
      ]),
    );
    await expect(governed.result()).resolves.toMatchObject({ status: 'rejected' });
    const asked = callsOf(governed).filter((call) => /openLevel|notify/.test(call));
    expect(asked).toEqual(
      [1, 2, 1].flatMap((number) => ['openLevel', `notifyApprovers ${String(number)}`]),
    );
  });

  it('keeps the timer of the level when a nudge ends the wait for a reminder early', async () => {
    const governed = await engine.govern(
      climbing([{ number: 1, timeoutMs: 2_500, remindersMs: [1_500] }]),
    );
    const startedAtMs = Date.now();
    await timerStarted(governed);
    await governed.signal(approvalSignal, { version: 99 });
    await expect(governed.result()).resolves.toMatchObject({ status: 'rejected' });
    expect(Date.now() - startedAtMs).toBeGreaterThan(2_000);
    // One look for the nudge, one at the reminder, one at the end.
    expect(callsOf(governed).filter((call) => call === 'recordDue')).toHaveLength(3);
    expect(callsOf(governed).filter((call) => call === 'notifyApprovers 1')).toHaveLength(1);
  });

  it('ends at once by a kill between two reminders', async () => {
    const governed = await engine.govern(
      climbing([{ number: 1, timeoutMs: HOUR_MS, remindersMs: [300, HOUR_MS / 2] }]),
    );
    await timerStarted(governed, 2);
    kill(governed.execution);
    await governed.signal(killSignal, { version: governed.execution.version });
    await expect(governed.result()).resolves.toMatchObject({ status: 'killed' });
  });

  it('doubles nothing when the worker is replaced between a reminder and the timer', async () => {
    const governed = await engine.govern(
      climbing([{ number: 1, timeoutMs: HOUR_MS, remindersMs: [300] }]),
    );
    await timerStarted(governed, 2);
    await worker.stop();
    worker = await engine.startWorker();
    reject(governed.execution);
    await governed.signal(approvalSignal, { version: governed.execution.version });
    await expect(governed.result()).resolves.toMatchObject({ status: 'rejected' });
    expect(callsOf(governed)).toEqual([
      ...['checkPolicy', 'openLevel', 'notifyApprovers 1'],
      ...['recordDue', 'recordDue', 'closeExecution'],
    ]);
  });
});
