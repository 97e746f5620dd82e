import type { RunningChild } from '../../src/embedded/child-process';
import { type SupervisionPlan, supervise } from '../../src/embedded/supervise';
import { eventually, recordingLog } from './scratch-folder';

interface FakeChild extends RunningChild {
  readonly die: () => void;
}

function fakeChild(pid: number): FakeChild {
  let die = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    die = resolve;
  });
  return { identity: { pid, startedAt: 'now' }, ended, die: () => die() };
}

function plan(
  children: readonly FakeChild[],
  changes: Partial<SupervisionPlan> = {},
): { readonly plan: SupervisionPlan; readonly lines: string[]; readonly ended: number[] } {
  const [first, ...later] = children;
  if (first === undefined) throw new Error('no first child');
  const { lines, log } = recordingLog();
  const ended: number[] = [];
  return {
    lines,
    ended,
    plan: {
      name: 'Thing',
      first,
      start: () => {
        const next = later.shift();
        return next === undefined ? Promise.reject(new Error('no more')) : Promise.resolve(next);
      },
      end: (child) => {
        ended.push(child.identity.pid);
        children.find(({ identity }) => identity.pid === child.identity.pid)?.die();
        return Promise.resolve();
      },
      log,
      ...changes,
    },
  };
}

describe('supervise', () => {
  it('replaces a child that dies, and tells its pid', async () => {
    const children = [fakeChild(1), fakeChild(2), fakeChild(3)];
    const restarts: number[] = [];
    const { plan: own, ended } = plan(children, { onRestart: (pid) => restarts.push(pid) });
    const supervised = supervise(own);
    children[0]?.die();
    await eventually(() => supervised.pid() === 2);
    children[1]?.die();
    await eventually(() => supervised.pid() === 3);
    await supervised.stop();
    expect(restarts).toEqual([2, 3]);
    expect(ended).toEqual([3]);
    expect(supervised.pid()).toBeUndefined();
  });

  it('tries again after a start that fails, with growing pauses', async () => {
    const children = [fakeChild(1), fakeChild(2)];
    const tries: number[] = [];
    const { plan: own, lines } = plan(children, {
      start: () => {
        tries.push(Date.now());
        return tries.length < 3
          ? Promise.reject(new Error('port taken'))
          : Promise.resolve(fakeChild(9));
      },
    });
    const supervised = supervise(own);
    children[0]?.die();
    await eventually(() => supervised.pid() === 9);
    const [first = 0, second = 0, third = 0] = tries;
    expect(second - first).toBeGreaterThanOrEqual(190);
    expect(third - second).toBeGreaterThanOrEqual(390);
    expect(lines).toContain('error: Thing does not start: port taken');
  });

  it('stops at once while it waits to start a child again', async () => {
    const child = fakeChild(1);
    const { plan: own, ended } = plan([child]);
    const supervised = supervise(own);
    child.die();
    await eventually(() => supervised.pid() === undefined);
    await supervised.stop();
    expect(ended).toEqual([]);
  });

  it('ends a child that becomes ready after stop was asked', async () => {
    const [first, late] = [fakeChild(1), fakeChild(2)];
    let ready = (): void => undefined;
    let starting = false;
    const { plan: own, ended } = plan([first, late], {
      start: () => {
        starting = true;
        return new Promise((resolve) => {
          ready = () => resolve(late);
        });
      },
    });
    const supervised = supervise(own);
    first.die();
    await eventually(() => starting);
    const stopped = supervised.stop();
    ready();
    await stopped;
    expect(ended).toEqual([2]);
  });

  it('aborts a start under way when stop is asked', async () => {
    const first = fakeChild(1);
    let starting = false;
    const { plan: own } = plan([first], {
      start: (signal) => {
        starting = true;
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('given up')));
        });
      },
    });
    const supervised = supervise(own);
    first.die();
    await eventually(() => starting);
    await supervised.stop();
    expect(supervised.pid()).toBeUndefined();
  });

  it('does not wait for ever for a child that cannot be ended', async () => {
    jest.useFakeTimers();
    try {
      const { plan: own } = plan([fakeChild(1)], { end: () => Promise.resolve() });
      const stopped = supervise(own).stop();
      await jest.advanceTimersByTimeAsync(8_000);
      await expect(stopped).resolves.toBeUndefined();
    } finally {
      jest.useRealTimers();
    }
  });

  it('stops once, however often it is asked', async () => {
    const { plan: own, ended } = plan([fakeChild(1)]);
    const supervised = supervise(own);
    await Promise.all([supervised.stop(), supervised.stop()]);
    expect(ended).toEqual([1]);
  });
});
