import { workflowIdOf } from '../../src/core/ids';
import { createReconciler, type OpenExecution } from '../../src/temporal/reconciler';
import { silent, startEngine, type Engine } from '../workflows/engine';
import { allowed, pending, reject, type FakeExecution } from '../workflows/fake-execution';

jest.setTimeout(30_000);

const HOUR_MS = 3_600_000;

describe('createReconciler', () => {
  let engine: Engine;
  let running: FakeExecution;
  beforeAll(async () => {
    engine = await startEngine();
    await engine.startWorker();
    running = (await engine.govern(pending(HOUR_MS))).execution;
  });
  afterAll(async () => {
    reject(running);
    await engine.temporal.client.workflow
      .getHandle(workflowIdOf(running.input.executionId))
      .signal('approval', { version: 2 });
    await engine.stop();
  });

  const reconcilerOver = (rows: readonly OpenExecution[], options = {}) => {
    const marked: OpenExecution[] = [];
    const poke = jest.fn();
    const sorted = [...rows].sort((a, b) => (a.executionId < b.executionId ? -1 : 1));
    const reconciler = createReconciler({
      client: engine.temporal.client,
      logger: silent,
      poke,
      ratePerSecond: 200,
      source: {
        openWithoutPendingStart: async (after, limit) =>
          sorted.filter((row) => after === undefined || row.executionId > after).slice(0, limit),
        markStartPending: async (missing) => {
          marked.push(...missing);
        },
      },
      ...options,
    });
    return { reconciler, marked, poke };
  };

  it('marks what has no running workflow and leaves what has one', async () => {
    const terminated = await engine.govern(pending(HOUR_MS));
    await terminated.terminate('by hand');
    const completed = await engine.govern(allowed());
    await completed.result();
    const neverStarted = allowed().input;
    const missing = [terminated.execution.input, completed.execution.input, neverStarted];
    const { reconciler, marked, poke } = reconcilerOver([running.input, ...missing]);
    await expect(reconciler.reconcileStarts()).resolves.toEqual({ checked: 4, restarted: 3 });
    expect(marked.map(({ executionId }) => executionId).sort()).toEqual(
      missing.map(({ executionId }) => executionId).sort(),
    );
    expect(poke).toHaveBeenCalled();
  });

  it('goes on in the next round where the budget ended, and then begins again', async () => {
    const rows = Array.from({ length: 30 }, () => allowed().input);
    const { reconciler, marked } = reconcilerOver(rows, { ratePerSecond: 50, budgetMs: 300 });
    const first = await reconciler.reconcileStarts();
    expect(first.checked).toBeGreaterThan(5);
    expect(first.checked).toBeLessThan(30);
    const second = await reconciler.reconcileStarts();
    expect(new Set(marked).size).toBe(first.checked + second.checked);
    for (let round = 0; round < 3 && marked.length <= 30; round += 1) {
      await reconciler.reconcileStarts();
    }
    expect(new Set(marked).size).toBe(30);
  });

  it('keeps to its rate', async () => {
    const rows = Array.from({ length: 10 }, () => allowed().input);
    const { reconciler } = reconcilerOver(rows, { ratePerSecond: 20 });
    const beganAtMs = Date.now();
    await reconciler.reconcileStarts();
    expect(Date.now() - beganAtMs).toBeGreaterThanOrEqual(480);
  });
});
