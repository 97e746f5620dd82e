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
          reason: 'api is down',
          severity: 'critical',
        },
      ]);
    },
  );

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
    [['kill', '--reason', 'x', '--out-of-band', '--expires-at', '2030-01-01T00:00:00Z']],
  ])('does nothing on %j', async (line) => {
    const run = await against(ok(KILL), line);
    expect(run.exitCode).toBe(2);
    expect(run.requests).toEqual([]);
  });
});
