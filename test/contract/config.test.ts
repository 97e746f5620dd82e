import { readConfig } from '../../src/contract/config';
import { isDomainError, type DomainError } from '../../src/core/errors';

function refusal(variables: Record<string, string>): DomainError {
  try {
    readConfig(variables);
  } catch (error) {
    if (isDomainError(error)) return error;
    throw error;
  }
  throw new Error('the settings were accepted');
}

const wrongNames = (variables: Record<string, string>): string[] =>
  [...new Set(refusal(variables).details.problems?.map(({ path }) => path))].sort();

describe('readConfig', () => {
  it('has a default for everything that has one', () => {
    expect(readConfig({})).toEqual({
      port: 8080,
      host: '127.0.0.1',
      dataDir: '.countersign',
      keysDir: '.countersign/keys',
      temporalNamespace: 'default',
      temporalTaskQueue: 'countersign',
      environment: 'development',
      maxStartLagMs: 60_000,
      logLevel: 'info',
    });
  });

  it('reads every variable', () => {
    expect(
      readConfig({
        PORT: '9000',
        HOST: '::1',
        COUNTERSIGN_DATA_DIR: '/data/',
        COUNTERSIGN_KEYS_DIR: '/keys',
        DATABASE_URL: 'postgres://app:secret@db:5432/countersign',
        TEMPORAL_ADDRESS: 'temporal:7233',
        TEMPORAL_NAMESPACE: 'prod',
        TEMPORAL_TASK_QUEUE: 'governed',
        TEMPORAL_UI_URL: 'http://127.0.0.1:8233',
        COUNTERSIGN_BOOTSTRAP_ADMIN_KEY: 'cs_production_admin_key',
        COUNTERSIGN_ENV: 'production',
        COUNTERSIGN_MAX_START_LAG_MS: '5000',
        COUNTERSIGN_LOG_LEVEL: 'warn',
        PATH: '/usr/bin',
      }),
    ).toEqual({
      port: 9000,
      host: '::1',
      dataDir: '/data/',
      keysDir: '/keys',
      databaseUrl: 'postgres://app:secret@db:5432/countersign',
      temporalAddress: 'temporal:7233',
      temporalNamespace: 'prod',
      temporalTaskQueue: 'governed',
      temporalUiUrl: 'http://127.0.0.1:8233',
      bootstrapAdminKey: 'cs_production_admin_key',
      environment: 'production',
      maxStartLagMs: 5_000,
      logLevel: 'warn',
    });
  });

  it('counts an empty variable as not set', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '  ' })).toEqual(readConfig({}));
  });

  it('keeps the keys beside the data unless told otherwise', () => {
    expect(readConfig({ COUNTERSIGN_DATA_DIR: '/var/lib/cs//' }).keysDir).toBe('/var/lib/cs/keys');
  });

  it.each([
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['PORT', '80a'],
    ['HOST', 'a b'],
    ['DATABASE_URL', 'mysql://x'],
    ['DATABASE_URL', 'localhost:5432'],
    ['TEMPORAL_ADDRESS', 'temporal'],
    ['TEMPORAL_ADDRESS', 'http://temporal:7233'],
    ['TEMPORAL_UI_URL', 'javascript:alert(1)'],
    ['COUNTERSIGN_ENV', 'prod'],
    ['COUNTERSIGN_BOOTSTRAP_ADMIN_KEY', 'two words'],
    ['COUNTERSIGN_MAX_START_LAG_MS', '1m'],
    ['COUNTERSIGN_LOG_LEVEL', 'verbose'],
  ])('refuses %s=%s and names it', (name, value) => {
    expect(wrongNames({ [name]: value })).toEqual([name]);
  });

  it('names every wrong variable at once, and no value', () => {
    const variables = {
      PORT: 'x',
      DATABASE_URL: 'postgre://app:hunter2@db/x',
      TEMPORAL_ADDRESS: 'nowhere',
    };
    const error = refusal(variables);
    expect(error.code).toBe('configuration_error');
    expect(wrongNames(variables)).toEqual(['DATABASE_URL', 'PORT', 'TEMPORAL_ADDRESS']);
    expect(error.details.what).toContain('PORT');
    expect(JSON.stringify(error.details)).not.toContain('hunter2');
  });

  it('refuses a guessable admin key in production only', () => {
    const key = { COUNTERSIGN_BOOTSTRAP_ADMIN_KEY: 'admin' };
    expect(readConfig(key).bootstrapAdminKey).toBe('admin');
    expect(wrongNames({ ...key, COUNTERSIGN_ENV: 'production' })).toEqual([
      'COUNTERSIGN_BOOTSTRAP_ADMIN_KEY',
    ]);
  });
});
