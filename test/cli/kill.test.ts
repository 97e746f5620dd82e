import { contractProblems } from './route-contract';
import { ok, useCannedServer } from './run-against';
import { runCaptured } from './run-captured';

const KILL = {
  id: 'k1',
  scope: 'global',
  reason: 'why',
  severity: 'critical',
  engagedAt: '2026-03-04T15:00:00.000Z',
  engagedBy: 'user:admin',
  engagedSeq: 7,
  active: true,
};
const ID = '0192f0c1-2345-7abc-8def-0123456789ab';
const against = useCannedServer();

describe('kill', () => {
  it.each([[['kill']], [['kill', 'engage']]])(
    '%j out of band goes to the database, not to the server',
    async (line) => {
      const asked: unknown[] = [];
      const run = await runCaptured(
        [...line, '--reason', 'api is down', '--out-of-band', '--database-url', 'postgres://db/x'],
        {
          env: { COUNTERSIGN_URL: 'http://127.0.0.1:1', COUNTERSIGN_DATA_DIR: '/data' },
          killOutOfBand: (options) => {
            asked.push(options);
            return Promise.resolve({ id: 'k9', engagedSeq: 4 });
          },
        },
      );
      expect(run.exitCode).toBe(0);
      expect(run.stdout).toContain('k9');
      expect(asked).toEqual([
        {
          databaseUrl: 'postgres://db/x',
          dataDir: '/data',
          scope: 'global',
          reason: 'api is down',
          severity: 'critical',
        },
      ]);
    },
  );

  it.each([[['kill']], [['kill', 'engage']]])(
    '%j out of band hands over scope, target, tenant and id',
    async (line) => {
      const asked: unknown[] = [];
      const run = await runCaptured(
        [...line, '--scope', 'tool', '--target', 'pay', '--reason', 'x', '--out-of-band'].concat([
          ...['--tenant', 'second', '--id', ID],
        ]),
        {
          env: { COUNTERSIGN_DATA_DIR: '/data' },
          killOutOfBand: (options) => {
            asked.push(options);
            return Promise.resolve({ id: ID, scope: 'action', target: 'pay' });
          },
        },
      );
      expect(run.exitCode).toBe(0);
      expect(run.stdout).toMatch(/scope\s+action pay/);
      expect(asked).toEqual([
        {
          dataDir: '/data',
          tenant: 'second',
          ...{ scope: 'tool', target: 'pay', id: ID, reason: 'x', severity: 'critical' },
        },
      ]);
    },
  );

  it.each([[['kill']], [['kill', 'engage']]])(
    '%j sends scope, target and id, and shows them with every warning',
    async (line) => {
      const answer = {
        ...{ ...KILL, scope: 'agent', target: 'bot' },
        warnings: ['No registered agent has the agent bot.'],
      };
      const run = await against(ok(answer, 201), [
        ...[...line, '--scope', 'agent', '--target', 'bot', '--reason', 'loops', '--id', ID],
      ]);
      expect(run.exitCode).toBe(0);
      const [sent] = run.requests;
      expect(JSON.parse(sent?.text ?? '')).toEqual({
        ...{ scope: 'agent', target: 'bot', reason: 'loops', severity: 'critical', id: ID },
      });
      expect(sent && contractProblems(sent, answer)).toEqual([]);
      expect(run.stdout).toMatch(/scope\s+agent bot/);
      expect(run.stderr).toContain('No registered agent has the agent bot.');
    },
  );

  it('list shows what each one stops', async () => {
    const items = [KILL, { ...KILL, id: 'k2', scope: 'team', target: 'care' }];
    const run = await against(ok({ items }), ['kill', 'list']);
    expect(run.stdout).toContain('team care');
  });

  it('the hint to go out of band keeps the scope', async () => {
    const run = await runCaptured(
      ['kill', '--scope', 'team', '--target', 'care desk', '--reason', 'x'],
      { env: { COUNTERSIGN_URL: 'http://127.0.0.1:1', COUNTERSIGN_API_KEY: 'k' } },
    );
    expect(run.stderr).toContain(
      `countersign kill --scope team --target 'care desk' --reason 'x' --out-of-band`,
    );
  });

  it('engage says that nothing was stopped and how to stop it without the server', async () => {
    const run = await runCaptured(['kill', 'engage', '--reason', "it's bad"], {
      env: { COUNTERSIGN_URL: 'http://127.0.0.1:1', COUNTERSIGN_API_KEY: 'k' },
    });
    expect(run.exitCode).toBe(9);
    expect(run.stderr).toContain('Nothing was stopped');
    expect(run.stderr).toContain(`countersign kill --reason 'it'\\''s bad' --out-of-band`);
  });

  it.each([
    [['kill']],
    [['kill', 'engage']],
    [['kill', '--out-of-band', '--reason', ' ']],
    [['kill', 'engag']],
    [['kill', 'lift', 'k1']],
    [['kill', 'lift', 'k1', '--reason', 'x', '--out-of-band']],
    [['kill', 'list', '--out-of-band']],
    [['kill', '--reason', 'x', '--database-url', 'postgres://db/x']],
    [['kill', '--reason', 'x', '--tenant', 'second']],
    [['kill', 'list', '--tenant', 'second']],
    [['kill', '--reason', 'x', '--scope', 'agent']],
    [['kill', '--reason', 'x', '--scope', 'everything', '--target', 'y']],
    [['kill', '--reason', 'x', '--target', 'bot']],
    [['kill', '--reason', 'x', '--scope', 'tenant', '--target', 'bot']],
    [['kill', '--reason', 'x', '--out-of-band', '--expires-at', '2030-01-01T00:00:00Z']],
  ])('does nothing on %j', async (line) => {
    const run = await against(ok(KILL), line);
    expect(run.exitCode).toBe(2);
    expect(run.requests).toEqual([]);
  });
});
