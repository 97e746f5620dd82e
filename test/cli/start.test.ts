import { problem, type CannedAnswer, type SeenRequest } from './canned-server';
import { useCannedServer } from './run-against';
import { runCaptured } from './run-captured';

const against = useCannedServer();

describe('status', () => {
  it('shows the state of the parts', async () => {
    const run = await against(
      (request) =>
        request.path === '/readyz'
          ? { status: 200, body: { ready: true, dependencies: { postgres: { ready: true } } } }
          : request.path === '/v1/kill-switches'
            ? { status: 200, body: { items: [] } }
            : { status: 200, body: { version: '1.2.3', database: { ok: true, ms: 2 } } },
      ['status'],
    );
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/ready\s+yes/);
    expect(run.stdout).toMatch(/database ms\s+2/);
    expect(run.stdout).toMatch(/kill switches\s+none engaged/);
  });

  const KILL = {
    ...{ id: 'k1', scope: 'agent', target: 'bot', reason: 'loops', severity: 'warning' },
    ...{ engagedAt: 't', engagedBy: 'user:admin', engagedSeq: 7, active: true },
  };
  const items = [KILL, { ...KILL, id: 'k2', active: false, liftedAt: 't' }];
  const whose = (kills: CannedAnswer) => (request: SeenRequest) =>
    request.path === '/v1/kill-switches'
      ? kills
      : { status: 200, body: { ready: true, version: '1.2.3' } };

  it('shows the kill switches that are engaged, and no others', async () => {
    const answering = whose({ status: 200, body: { items } });
    const run = await against(answering, ['status']);
    expect(run.stdout).toMatch(/kill switch\s+agent bot: loops \(warning, k1\)/);
    expect(run.stdout).not.toContain('k2');
    const json = await against(answering, ['status', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ killSwitches: [{ id: 'k1' }] });
  });

  it('leaves kill switches out for a credential that may not read them', async () => {
    const run = await against(whose(problem(403, 'forbidden')), ['status']);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).not.toContain('kill switch');
  });

  it('says which part is down, asks no more, and exits 9', async () => {
    const dependencies = { postgres: { ready: false, detail: 'connection refused' } };
    const run = await against(
      () => ({ status: 503, body: { ready: false, dependencies } }),
      ['status'],
    );
    expect(run.exitCode).toBe(9);
    expect(run.stdout).toMatch(/postgres\s+no \(connection refused\)/);
    expect(run.requests).toHaveLength(1);
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
