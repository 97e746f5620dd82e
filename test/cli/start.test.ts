import { useCannedServer } from './run-against';
import { runCaptured } from './run-captured';

const against = useCannedServer();

describe('status', () => {
  it.each([
    [200, 0, 'yes'],
    [503, 9, 'no'],
  ])('readiness %i exits %i', async (status, exitCode, shown) => {
    const run = await against(
      (request) =>
        request.path === '/readyz'
          ? { status, body: { database: 'up' } }
          : { status: 200, body: { version: '1.2.3', database: { ok: true, ms: 2 } } },
      ['status'],
    );
    expect(run.exitCode).toBe(exitCode);
    expect(run.stdout).toMatch(new RegExp(`ready\\s+${shown}`));
    expect(run.stdout).toMatch(/database ms\s+2/);
  });
});

describe('start, demo and the separate processes', () => {
  it('hand over only the flags that were given', async () => {
    const asked: unknown[] = [];
    const note = (name: string) => (options: unknown) => {
      asked.push([name, options]);
      return Promise.resolve(0);
    };
    const deps = {
      start: note('start'),
      demo: note('demo'),
      api: note('api'),
      worker: note('worker'),
      migrate: note('migrate'),
    };
    await runCaptured(
      ['start', '--port', '0', '--host', '::1', '--data-dir', 'd', '--reset'],
      deps,
    );
    await runCaptured(['start'], deps);
    await runCaptured(['demo'], deps);
    await runCaptured(['api', '--port', '81'], deps);
    await runCaptured(['worker'], deps);
    await runCaptured(['migrate', '--data-dir', 'd'], deps);
    expect(asked).toEqual([
      ['start', { port: 0, host: '::1', dataDir: 'd', reset: true }],
      ['start', { reset: false }],
      ['demo', { color: false }],
      ['api', { port: 81 }],
      ['worker', {}],
      ['migrate', { dataDir: 'd' }],
    ]);
  });

  it.each([['70000'], ['-1'], ['http'], ['8080.5']])('refuse the port %s', async (port) => {
    expect((await runCaptured(['start', '--port', port])).exitCode).toBe(2);
  });

  it('pass their exit code on', async () => {
    expect((await runCaptured(['start'], { start: () => Promise.resolve(3) })).exitCode).toBe(3);
    expect((await runCaptured(['worker'])).exitCode).toBe(2);
  });
});
