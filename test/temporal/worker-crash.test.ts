import { once } from 'node:events';
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createActivities } from '../../activities/index';
import { testServers } from '../support/test-servers';
import { bundlePath, eventsOf, silent, startEngine, until, type Engine } from '../workflows/engine';
import { climbing, pending, reject } from '../workflows/fake-execution';
import type { ActivityAnswer, ActivityCall, ChildOptions } from './worker-child';

jest.setTimeout(60_000);

/** Lets a plain Node process load our TypeScript the way jest does. */
const LOADER = `
const swc = require(${JSON.stringify(require.resolve('@swc/core'))});
const { readFileSync } = require('node:fs');
require.extensions['.ts'] = (module, path) => module._compile(
  swc.transformSync(readFileSync(path, 'utf8'), {
    filename: path,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  }).code,
  path,
);
require(${JSON.stringify(join(__dirname, 'worker-child.ts'))});
`;

describe('a worker killed in the middle of a wait', () => {
  let engine: Engine;
  const folder = mkdtempSync(join(tmpdir(), 'cs-worker-'));
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    engine = await startEngine();
    writeFileSync(join(folder, 'child.cjs'), LOADER);
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    await engine.stop();
  });

  const startChild = (): ChildProcess => {
    const activities = createActivities({
      steps: engine.database.steps,
      housekeeping: {
        sweepDue: async () => ({ moved: 0 }),
        reconcileStarts: async () => ({ checked: 0, restarted: 0 }),
      },
      logger: silent,
    }) as unknown as Record<string, (...args: readonly unknown[]) => Promise<unknown>>;
    const options: ChildOptions = {
      ...testServers().temporal,
      taskQueue: engine.taskQueue,
      codePath: bundlePath(),
      activities: Object.keys(activities),
    };
    const child = fork(join(folder, 'child.cjs'), [JSON.stringify(options)], { execArgv: [] });
    child.on('message', ({ id, name, args }: ActivityCall) => {
      void activities[name]?.(...args).then((value) => {
        const answer: ActivityAnswer = { id, value };
        if (child.connected) child.send(answer);
      });
    });
    children.push(child);
    return child;
  };

  it('is made up for by the next one: the nudge and the level’s end are not lost, no step is skipped', async () => {
    const first = startChild();
    const governed = await engine.govern(pending(3_600_000));
    const calls = () => engine.database.calls(governed.execution.input.executionId);
    await until('waiting', () => calls().includes('notifyApprovers 1'), 20_000);
    await until('timer set', async () =>
      (await eventsOf(governed)).some(({ type }) => type === 'TimerStarted'),
    );
    first.kill('SIGKILL');
    await once(first, 'exit');
    reject(governed.execution);
    await governed.signal('kill', { version: governed.execution.version });
    startChild();
    await expect(governed.result()).resolves.toMatchObject({ status: 'rejected' });
    expect(calls()).toEqual([
      'checkPolicy',
      'openLevel',
      'notifyApprovers 1',
      'recordDue',
      'closeExecution',
    ]);
  });

  it('is made up for between a reminder and the timer: neither fires again, nobody is asked twice', async () => {
    const governed = await engine.govern(
      climbing([
        { number: 1, timeoutMs: 6_000, remindersMs: [300] },
        { number: 2, timeoutMs: 500 },
      ]),
    );
    const calls = () => engine.database.calls(governed.execution.input.executionId);
    await until('reminded, timer set', async () => {
      return (await eventsOf(governed)).filter(({ type }) => type === 'TimerStarted').length === 2;
    });
    children.at(-1)?.kill('SIGKILL');
    startChild();
    await expect(governed.result()).resolves.toMatchObject({ status: 'rejected' });
    expect(calls()).toEqual([
      ...['checkPolicy', 'openLevel', 'notifyApprovers 1', 'recordDue', 'recordDue'],
      ...['openLevel', 'notifyApprovers 2', 'recordDue', 'closeExecution'],
    ]);
  });

  it('does not delay a due moment that passed meanwhile', async () => {
    const first = children.at(-1);
    const execution = pending(2_000);
    const governed = await engine.govern(execution);
    const calls = () => engine.database.calls(execution.input.executionId);
    await until('waiting', () => calls().includes('notifyApprovers 1'), 20_000);
    first?.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const restartedAtMs = Date.now();
    startChild();
    await expect(governed.result()).resolves.toMatchObject({ status: 'rejected' });
    expect(Date.now() - restartedAtMs).toBeLessThan(10_000);
  });
});
