import type { WorkflowHandleWithStartDetails } from '@temporalio/client';
import type { Logger, StoredExecution } from '../../src/app/ports';
import { agentId, attemptId, principalId, workflowIdOf } from '../../src/core/ids';
import { createWorkflowStarter } from '../../src/temporal/workflow-starter';
import { eventsOf, silent, startEngine, until, type Engine } from '../workflows/engine';
import { allowed, type FakeExecution } from '../workflows/fake-execution';
import { createFakeOutbox, rowOf } from './fake-outbox';

jest.setTimeout(30_000);

function stored({ input, reason }: FakeExecution): StoredExecution {
  return {
    tenant: input.tenant,
    state: {
      id: input.executionId,
      version: 1,
      verdict: 'allowed',
      run: { kind: 'executing', attemptId: attemptId('try'), releasedAtMs: 0, releasedSeq: 1 },
      argsDigest: input.digest,
      decidedSeq: 1,
    },
    agent: agentId('support-bot'),
    action: 'refund',
    environment: 'prod',
    decision: {
      verdict: 'ALLOW',
      reasonCode: 'allowed',
      reason,
      explanation: reason,
      matched: [
        { policy: 'base', version: 1, rule: 'all', effect: 'allow', reason },
        { policy: 'support', version: 1, rule: 'small', effect: 'audit', reason },
      ],
      trace: [],
      obligations: [],
      requirements: [],
      policyChain: [],
    },
    agentProfile: {
      id: agentId('support-bot'),
      owner: 'bob',
      riskLevel: 'low',
      environment: 'prod',
      environments: ['prod'],
      tags: [],
      status: 'active',
    },
    requester: principalId('agent:support-bot'),
    requestDigest: input.digest,
    exceptionRequested: false,
    decidedAtMs: 0,
    updatedAtMs: 0,
    startPending: true,
  };
}

describe('createWorkflowStarter', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
    await engine.startWorker();
  });
  afterAll(() => engine.stop());

  const starterWith = (options: { eager: boolean; maxInFlight?: number; logger?: Logger }) => {
    const outbox = createFakeOutbox();
    const poke = jest.fn();
    const starter = createWorkflowStarter({
      client: engine.temporal.client,
      taskQueue: engine.taskQueue,
      markStarted: outbox.markStarted,
      logger: silent,
      poke,
      ...options,
    });
    return { starter, outbox, poke };
  };
  const commit = (execution: FakeExecution): StoredExecution => {
    engine.database.executions.set(execution.input.executionId, execution);
    return stored(execution);
  };

  it('starts eagerly: the first task is handed out with the start, and its history is the shortest', async () => {
    const start = jest.spyOn(engine.temporal.client.workflow, 'start');
    const { starter } = starterWith({ eager: true });
    const execution = allowed();
    starter.startSoon(commit(execution));
    expect(starter.isStarting(execution.input.executionId)).toBe(true);
    await starter.close();
    const handle = (await start.mock.results[0]?.value) as WorkflowHandleWithStartDetails;
    start.mockRestore();
    expect(handle).toMatchObject({ eagerlyStarted: true });
    await handle.result();
    expect((await eventsOf(handle)).map(({ type }) => type)).toEqual([
      'WorkflowExecutionStarted',
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskCompleted',
      'MarkerRecorded',
      'WorkflowExecutionCompleted',
    ]);
  });

  it('marks a flood in few batches', async () => {
    const { starter, outbox, poke } = starterWith({ eager: true });
    for (let count = 0; count < 64; count += 1) starter.startSoon(commit(allowed()));
    await starter.close();
    expect(outbox.markedBatches.reduce((sum, size) => sum + size, 0)).toBe(64);
    expect(outbox.markedBatches.length).toBeLessThan(16);
    expect(poke).not.toHaveBeenCalled();
  });

  it('leaves starts beyond the limit to the relay', async () => {
    const { starter, outbox, poke } = starterWith({ eager: true, maxInFlight: 2 });
    for (let count = 0; count < 5; count += 1) starter.startSoon(commit(allowed()));
    expect(poke).toHaveBeenCalledTimes(3);
    await starter.close();
    expect(outbox.markedBatches).toEqual([2]);
  });

  it('leaves everything to the relay where the process has no worker', async () => {
    const { starter, poke } = starterWith({ eager: false });
    const execution = allowed();
    starter.startSoon(commit(execution));
    expect(poke).toHaveBeenCalledTimes(1);
    expect(starter.isStarting(execution.input.executionId)).toBe(false);
  });

  it('never throws into the request that committed, and reports the failure', async () => {
    const warn = jest.fn();
    const { starter } = starterWith({ eager: true, logger: { ...silent, warn } });
    const fail = jest
      .spyOn(engine.temporal.client.workflow, 'start')
      .mockRejectedValue(new Error('down'));
    starter.startSoon(commit(allowed()));
    await starter.close();
    fail.mockRestore();
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('keeps marks while the database is away and writes them when it is back', async () => {
    const { starter, outbox } = starterWith({ eager: true });
    outbox.outage = new Error('away');
    const execution = allowed();
    starter.startSoon(commit(execution));
    await engine.temporal.client.workflow
      .getHandle(workflowIdOf(execution.input.executionId))
      .result()
      .catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(starter.isStarting(execution.input.executionId)).toBe(true);
    outbox.outage = undefined;
    await until('marked', () => outbox.markedBatches.length === 1);
    expect(starter.isStarting(execution.input.executionId)).toBe(false);
  });

  it('shows agent-controlled text only inside code spans (I-13)', async () => {
    const { starter } = starterWith({ eager: false });
    const execution = { ...allowed(), agent: 'x` [pay](https://evil.example) ![i](y)\n# *big*' };
    commit(execution);
    await starter.start(rowOf(execution));
    const handle = engine.temporal.client.workflow.getHandle(
      workflowIdOf(execution.input.executionId),
    );
    const { staticSummary, staticDetails } = await describeStatic(handle);
    expect(staticSummary).toContain("by `x' [pay](https://evil.example) ![i](y) …`");
    for (const text of [staticSummary, staticDetails]) {
      const outside = text.replace(/`[^`\n]*`/g, '');
      expect(outside).not.toMatch(/evil|pay|big|!\[/);
    }
    await starter.close();
  });

  it('sets typed search attributes that can be searched for', async () => {
    const { starter } = starterWith({ eager: false });
    const execution = allowed();
    commit(execution);
    await starter.start(rowOf(execution));
    await starter.close();
    const id = workflowIdOf(execution.input.executionId);
    await until('listed', async () => {
      const query = `WorkflowId = '${id}' AND CountersignVerdict = 'ALLOW' AND CountersignState = 'executing' AND CountersignTenant = 'default' AND CountersignPolicy = 'support'`;
      for await (const found of engine.temporal.client.workflow.list({ query })) {
        if (found.workflowId === id) return true;
      }
      return false;
    });
  });
});

async function describeStatic(
  handle: ReturnType<Engine['temporal']['client']['workflow']['getHandle']>,
) {
  const described = await handle.describe();
  return {
    staticSummary: (await described.staticSummary()) ?? '',
    staticDetails: (await described.staticDetails()) ?? '',
  };
}
