import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DEFAULT_URL, resolveConnection, resolveDataDir } from '../../src/cli/connection';
import { executionView } from './sample-views';
import { runCaptured } from './run-captured';

const folder = mkdtempSync(path.join(tmpdir(), 'countersign-cli-'));
const keyFile = path.join(folder, 'bootstrap-admin.key');
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  writeFileSync(keyFile, 'cs_file\n', { mode: 0o600 });
  chmodSync(keyFile, 0o600);
});

describe('connection settings', () => {
  const env = {
    COUNTERSIGN_URL: 'http://localhost:1',
    COUNTERSIGN_API_KEY: 'cs_env',
    COUNTERSIGN_DATA_DIR: folder,
  };

  it('come from the flag, then the environment, then the file', () => {
    expect(resolveConnection({ url: 'http://localhost:2/', apiKey: 'cs_flag' }, env)).toMatchObject(
      {
        baseUrl: 'http://localhost:2',
        apiKey: 'cs_flag',
      },
    );
    expect(resolveConnection({}, env)).toMatchObject({
      baseUrl: 'http://localhost:1',
      apiKey: 'cs_env',
    });
    expect(resolveConnection({}, { COUNTERSIGN_DATA_DIR: folder })).toMatchObject({
      baseUrl: DEFAULT_URL,
      apiKey: 'cs_file',
    });
    expect(
      resolveConnection({ dataDir: folder }, { COUNTERSIGN_DATA_DIR: '/elsewhere' }),
    ).toMatchObject({ apiKey: 'cs_file' });
  });

  it('treat an empty variable as unset', () => {
    expect(
      resolveConnection(
        {},
        { COUNTERSIGN_URL: '', COUNTERSIGN_API_KEY: ' ', COUNTERSIGN_DATA_DIR: folder },
      ),
    ).toMatchObject({ baseUrl: DEFAULT_URL, apiKey: 'cs_file' });
    expect(resolveDataDir({}, { COUNTERSIGN_DATA_DIR: '' })).toBe(path.resolve('.countersign'));
  });

  it.each(['http://127.0.0.1:8080', 'http://127.9.9.9', 'http://[::1]:8080', 'http://localhost'])(
    'give the key of the data folder to this machine: %s',
    (url) => {
      expect(resolveConnection({ url, dataDir: folder }, {}).apiKey).toBe('cs_file');
    },
  );

  it.each([
    'https://countersign.example.com',
    'http://127.0.0.1.evil.test',
    'http://localhost.evil.test',
    'http://10.0.0.1',
  ])('never give the key of the data folder to another host: %s', (url) => {
    expect(resolveConnection({ url, dataDir: folder }, {})).not.toHaveProperty('apiKey');
  });

  it('refuse a key file that others can read', () => {
    chmodSync(keyFile, 0o644);
    expect(() => resolveConnection({ dataDir: folder }, {})).toThrow('can be read by other users');
  });

  it('go on without a key when there is none', () => {
    expect(resolveConnection({ dataDir: '/nonexistent' }, {})).not.toHaveProperty('apiKey');
  });

  it.each([
    'localhost:8080',
    'ftp://x',
    'http://u:p@localhost',
    'http://localhost/?a=1',
    'nonsense',
  ])('refuse the address %s', async (url) => {
    const run = await runCaptured(['status', '--url', url]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('fix');
  });

  it('refuse a key that cannot be one, without printing it', async () => {
    const run = await runCaptured(['status', '--api-key', 'two words']);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).not.toContain('two words');
  });

  it('warn when the key would travel unencrypted', async () => {
    const run = await runCaptured(
      ['executions', 'show', 'e1', '--url', 'http://countersign.example.com'],
      {
        env: { COUNTERSIGN_API_KEY: 'cs_env' },
        fetch: () => Promise.resolve(new Response(JSON.stringify(executionView()))),
      },
    );
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain('unencrypted');
  });
});
