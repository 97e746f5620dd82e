import { createSchedule, housekeepingScheduleId } from '../../src/temporal/schedule';
import { startEngine, until, type Engine } from '../workflows/engine';

jest.setTimeout(30_000);

describe('createSchedule', () => {
  let engine: Engine;
  const rounds: string[] = [];
  beforeAll(async () => {
    engine = await startEngine({
      housekeeping: {
        sweepDue: async () => {
          rounds.push('sweepDue');
          return { moved: 2 };
        },
        reconcileStarts: async () => {
          rounds.push('reconcileStarts');
          return { checked: 3, restarted: 1 };
        },
      },
    });
    await engine.startWorker();
  });
  afterAll(async () => {
    await schedule().delete();
    await engine.stop();
  });

  const schedule = () =>
    engine.temporal.client.schedule.getHandle(housekeepingScheduleId(engine.taskQueue));
  const create = (everyMs?: number): Promise<void> =>
    createSchedule({
      client: engine.temporal.client,
      taskQueue: engine.taskQueue,
      ...(everyMs === undefined ? {} : { everyMs }),
    });

  it('runs a round every minute and skips one while the last still runs', async () => {
    await create();
    const { spec, policies } = await schedule().describe();
    expect(spec.intervals).toEqual([expect.objectContaining({ every: 60_000 })]);
    expect(policies.overlap).toBe('SKIP');
  });

  it('runs both rounds and reports what they did', async () => {
    await schedule().trigger();
    await until('a round', () => rounds.length === 2);
    expect(rounds).toEqual(['sweepDue', 'reconcileStarts']);
    const { info } = await schedule().describe();
    const run = info.recentActions.at(-1)?.action.workflow;
    const result: unknown = await engine.temporal.client.workflow.result(run?.workflowId ?? '');
    expect(result).toEqual({ moved: 2, checked: 3, restarted: 1 });
  });

  it('brings an existing schedule up to date and leaves an operator’s pause alone', async () => {
    await schedule().pause('maintenance');
    await create(30_000);
    const { spec, state } = await schedule().describe();
    expect(spec.intervals).toEqual([expect.objectContaining({ every: 30_000 })]);
    expect(state.paused).toBe(true);
  });
});
