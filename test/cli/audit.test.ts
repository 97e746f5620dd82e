import { ok, useCannedServer } from './run-against';
import { runCaptured } from './run-captured';

const against = useCannedServer();

describe('audit verify', () => {
  const report = {
    state: 'TAMPERED',
    size: 9,
    checkpointSize: 8,
    breaks: [{ seq: 4, kind: 'leaf_hash', message: 'differs' }],
  } as const;

  it.each([
    ['VALID', 0],
    ['TAMPERED', 10],
    ['TRUNCATED', 11],
    ['GAP', 12],
    ['PRUNED', 13],
    ['UNVERIFIABLE', 20],
  ])('exits by the state %s: %i', async (state, exitCode) => {
    const run = await against(ok({ ...report, state }), ['audit', 'verify']);
    expect(run.exitCode).toBe(exitCode);
    expect(run.stdout).toContain(state);
    expect(run.stdout).toContain('leaf_hash');
  });

  it('reads the database itself offline, remembering each database apart', async () => {
    const seen: { databaseUrl?: string; trustDir: string }[] = [];
    const verifyOffline = (options: (typeof seen)[number]) => {
      seen.push(options);
      return Promise.resolve(report);
    };
    const env = { COUNTERSIGN_DATA_DIR: '/data', XDG_STATE_HOME: '/state' };
    const local = await runCaptured(['audit', 'verify', '--offline'], {
      env,
      verifyOffline,
    });
    await runCaptured(['audit', 'verify', '--database-url', 'postgres://u:p1@a/x'], {
      env,
      verifyOffline,
    });
    await runCaptured(['audit', 'verify', '--database-url', 'postgres://u:p2@a/x'], {
      env,
      verifyOffline,
    });
    await runCaptured(['audit', 'verify', '--database-url', 'postgres://u:p1@b/x'], {
      env,
      verifyOffline,
    });
    expect(local.exitCode).toBe(10);
    expect(seen[0]).toMatchObject({ trustDir: '/data/trusted-checkpoints' });
    expect(seen[0]).not.toHaveProperty('databaseUrl');
    expect(seen[1]?.trustDir).toMatch(/^\/state\/countersign\/trusted-checkpoints-[0-9a-f]{16}$/);
    expect(seen[2]?.trustDir).toBe(seen[1]?.trustDir);
    expect(seen[3]?.trustDir).not.toBe(seen[1]?.trustDir);
  });

  it.each([
    [true, 1],
    [false, 0],
  ])('draws its bar on stderr only when that is a terminal: %s', async (stderr, bars) => {
    const run = await runCaptured(['audit', 'verify', '--offline'], {
      isTty: { stdout: false, stderr },
      verifyOffline: ({ onProgress }) => {
        onProgress({ checked: 5, total: 10 });
        return Promise.resolve(report);
      },
    });
    expect(run.stderr.split('50 % of 10 records')).toHaveLength(bars + 1);
    expect(run.stdout).not.toContain('50 %');
  });
});
