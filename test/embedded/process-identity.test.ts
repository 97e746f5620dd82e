import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  endProcess,
  findProcess,
  identityOf,
  isAlive,
  signalProcess,
} from '../../src/embedded/process-identity';
import { eventually } from './scratch-folder';

const started: ChildProcess[] = [];

async function startNode(
  script: string,
  ...args: readonly string[]
): Promise<{ readonly pid: number; readonly printed: string }> {
  const child = spawn(process.execPath, ['-e', script, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  started.push(child);
  if (child.pid === undefined) throw new Error('node does not start');
  const [data] = (await once(child.stdout, 'data')) as [Buffer];
  return { pid: child.pid, printed: data.toString('utf8').trim() };
}

const IDLE = 'console.log(1); setInterval(() => {}, 1000)';
const STUBBORN = `process.on('SIGTERM', () => {}); ${IDLE}`;

function living(pid: number): { pid: number; startedAt: string } {
  const identity = identityOf(pid);
  if (identity === undefined) throw new Error(`${pid} is not alive`);
  return identity;
}

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

describe('process identity', () => {
  it('tells a living process from one that ended', async () => {
    const identity = living((await startNode(IDLE)).pid);
    expect(isAlive(identity)).toBe(true);
    process.kill(identity.pid, 'SIGKILL');
    await eventually(() => !isAlive(identity));
    expect(identityOf(identity.pid)).toBeUndefined();
  });

  it('never takes a recycled pid for the process that had it before', async () => {
    const identity = living((await startNode(IDLE)).pid);
    const earlier = { pid: identity.pid, startedAt: `${identity.startedAt}0` };
    expect(isAlive(earlier)).toBe(false);
    expect(signalProcess(earlier, 'SIGKILL')).toBe(false);
    expect(isAlive(identity)).toBe(true);
  });

  it('counts a zombie as gone', async () => {
    const { printed } = await startNode(
      `const child = require('node:child_process').spawn('sleep', ['0.05']);
       process.stdout.write(String(child.pid), () => { for (;;) {} });`,
    );
    const pid = Number(printed);
    await eventually(() => identityOf(pid) === undefined);
    // The parent is too busy to collect it, so the process table still knows it.
    expect(() => process.kill(pid, 0)).not.toThrow();
  });

  it.each([0, -1, 1.5, Number.NaN])('knows no process %p', (pid) => {
    expect(identityOf(pid)).toBeUndefined();
  });

  it('finds a process by its program and arguments, and only by all of them', async () => {
    const mark = `mark-${process.pid}-${Date.now()}`;
    const { pid } = await startNode(IDLE, mark);
    expect(findProcess([mark], 'node')?.pid).toBe(pid);
    expect(findProcess([mark, 'other'], 'node')).toBeUndefined();
    expect(findProcess([mark], 'postgres')).toBeUndefined();
    expect(findProcess([mark.slice(0, -1)])).toBeUndefined();
  });

  it('goes on to the next signal when the first is ignored', async () => {
    const identity = living((await startNode(STUBBORN)).pid);
    const begun = Date.now();
    const gone = await endProcess(identity, [
      { signal: 'SIGTERM', waitMs: 300 },
      { signal: 'SIGKILL', waitMs: 2_000 },
    ]);
    expect(gone).toBe(true);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(300);
    expect(isAlive(identity)).toBe(false);
  });

  it('says so when a process outlives every signal', async () => {
    const identity = living((await startNode(STUBBORN)).pid);
    expect(await endProcess(identity, [{ signal: 'SIGTERM', waitMs: 150 }])).toBe(false);
  });
});
