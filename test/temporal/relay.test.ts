import { DomainError } from '../../src/core/errors';
import { tenantId, workflowIdOf } from '../../src/core/ids';
import { createRelay, type Relay, type RelayOptions } from '../../src/temporal/relay';
import { createWorkflowStarter, type TemporalStarter } from '../../src/temporal/workflow-starter';
import { stateQuery } from '../../workflows/messages';
import { testServers } from '../support/test-servers';
import { silent, startEngine, until, type Engine } from '../workflows/engine';
import { allowed, pending, reject, type FakeExecution } from '../workflows/fake-execution';
import { createFakeOutbox, rowOf, type FakeOutbox } from './fake-outbox';
import { startProxy, type InterruptibleProxy } from './interruptible-proxy';

jest.setTimeout(60_000);

const HOUR_MS = 3_600_000;

describe('createRelay', () => {
  let proxy: InterruptibleProxy;
  let engine: Engine;
  let outbox: FakeOutbox;
  let starter: TemporalStarter;
  let relay: Relay | undefined;
  const sweepKilled = jest.fn<Promise<void>, Parameters<RelayOptions['sweepKilled']>>();

  beforeAll(async () => {
    proxy = await startProxy(testServers().temporal.address);
    engine = await startEngine({ address: proxy.address });
    await engine.startWorker();
  });
  beforeEach(() => {
    outbox = createFakeOutbox();
    sweepKilled.mockReset().mockResolvedValue(undefined);
    starter = createWorkflowStarter({
      client: engine.temporal.client,
      taskQueue: engine.taskQueue,
      eager: false,
      markStarted: outbox.markStarted,
      logger: silent,
    });
  });
  afterEach(async () => {
    proxy.restore();
    await relay?.stop();
    await starter.close();
  });
  afterAll(async () => {
    await engine.stop();
    await proxy.close();
  });

  const startRelay = (options: Partial<RelayOptions> = {}): Relay => {
    const { client } = engine.temporal;
    relay = createRelay({
      ...{ client, source: outbox, starter, sweepKilled, logger: silent },
      ...options,
    });
    return relay;
  };
  const commit = (execution: FakeExecution): FakeExecution => {
    engine.database.executions.set(execution.input.executionId, execution);
    outbox.pending.set(execution.input.executionId, rowOf(execution));
    return execution;
  };
  const handleOf = ({ input }: FakeExecution) =>
    engine.temporal.client.workflow.getHandle(workflowIdOf(input.executionId));

  /** The new run waits, as the execution does, and ends with it. */
  const finishAnew = async (execution: FakeExecution): Promise<void> => {
    await until('waiting anew', async () => {
      return (await handleOf(execution).query(stateQuery))?.waitingFor === 'approval';
    });
    reject(execution);
    await handleOf(execution).signal('approval', { version: execution.version });
    await expect(handleOf(execution).result()).resolves.toMatchObject({ status: 'rejected' });
  };

  it('starts what was committed and not started, and marks it', async () => {
    const executions = Array.from({ length: 20 }, () => commit(allowed()));
    startRelay();
    await until('all marked', () => outbox.pending.size === 0);
    for (const execution of executions) {
      await expect(handleOf(execution).result()).resolves.toMatchObject({ verdict: 'ALLOW' });
    }
    expect(outbox.markedBatches.length).toBeLessThan(20);
  });

  it('wakes at once when poked in an idle pause', async () => {
    const running = startRelay({ idleMs: HOUR_MS });
    await new Promise((resolve) => setTimeout(resolve, 100));
    commit(allowed());
    running.poke();
    await until('started', () => outbox.pending.size === 0, 5_000);
  });

  it('counts an execution whose workflow runs or has run as started', async () => {
    const done = commit(allowed());
    const open = commit(pending(HOUR_MS));
    for (const execution of [done, open]) {
      await engine.temporal.client.workflow.start('governedExecution', {
        workflowId: workflowIdOf(execution.input.executionId),
        taskQueue: engine.taskQueue,
        args: [execution.input],
      });
    }
    await handleOf(done).result();
    const before = (await handleOf(open).describe()).runId;
    startRelay();
    await until('both marked', () => outbox.pending.size === 0);
    expect((await handleOf(open).describe()).runId).toBe(before);
    reject(open);
    await handleOf(open).signal('approval', { version: 2 });
    await handleOf(open).result();
  });

  it('starts anew a run that was terminated while its execution waits', async () => {
    const execution = commit(pending(HOUR_MS));
    startRelay();
    await until('started', () => outbox.pending.size === 0);
    await handleOf(execution).terminate('by hand');
    outbox.pending.set(execution.input.executionId, rowOf(execution));
    await until('started again', () => outbox.pending.size === 0);
    await finishAnew(execution);
  });

  it('starts anew a run that completed although its execution waits', async () => {
    const execution = commit(allowed());
    startRelay();
    await until('started', () => outbox.pending.size === 0);
    await handleOf(execution).result();
    Object.assign(execution, pending(HOUR_MS), { input: execution.input });
    outbox.pending.set(execution.input.executionId, rowOf(execution));
    await until('started again', () => outbox.pending.size === 0);
    await finishAnew(execution);
  });

  it('delivers nudges, and finishes those whose workflow is closed or absent', async () => {
    const execution = commit(pending(HOUR_MS));
    startRelay();
    await until('started', () => outbox.pending.size === 0);
    reject(execution);
    const { executionId } = execution.input;
    outbox.addJob({ kind: 'nudge', execution: executionId, version: 2, signal: 'kill' });
    await expect(handleOf(execution).result()).resolves.toMatchObject({ status: 'rejected' });
    outbox.addJob({ kind: 'nudge', execution: executionId, version: 3, signal: 'approval' });
    const absent = allowed().input.executionId;
    outbox.addJob({ kind: 'nudge', execution: absent, version: 3, signal: 'approval' });
    await until('jobs finished', () => outbox.jobs.size === 0);
  });

  it('keeps a sweep until it succeeded', async () => {
    sweepKilled.mockRejectedValueOnce(new DomainError('unavailable'));
    outbox.addJob({ kind: 'sweep_killed', kill: 'kill-1' });
    startRelay();
    await until('sweep finished', () => outbox.jobs.size === 0);
    expect(sweepKilled.mock.calls).toEqual([
      [tenantId('default'), 'kill-1'],
      [tenantId('default'), 'kill-1'],
    ]);
  });

  it('backs off while Temporal is down, sweeps all the same, and recovers within 10 s', async () => {
    const running = startRelay();
    proxy.cut();
    const execution = commit(allowed());
    outbox.addJob({ kind: 'sweep_killed', kill: 'kill-2' });
    await until('backing off', () => running.status().failures >= 1, 30_000);
    expect(running.status().state).toBe('backing_off');
    expect(outbox.pending.size).toBe(1);
    await until('swept', () => outbox.jobs.size === 0);
    expect(sweepKilled).toHaveBeenCalledWith('default', 'kill-2');
    expect(await engine.temporal.isServing()).toBe(false);
    proxy.restore();
    await until('recovered', () => running.status().state === 'running', 10_000);
    await until('marked', () => outbox.pending.size === 0, 10_000);
    await expect(handleOf(execution).result()).resolves.toMatchObject({ verdict: 'ALLOW' });
  });

  it('recovers from a database that was away, and tells its state', async () => {
    outbox.outage = new DomainError('unavailable');
    const running = startRelay();
    await until('backing off', () => running.status().state === 'backing_off');
    expect(running.status().lastError).toContain('Temporarily unavailable');
    outbox.outage = undefined;
    await until('recovered', () => running.status().state === 'running');
    await running.stop();
    expect(running.status().state).toBe('stopped');
  });
});
