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
      slackChannel: 'approvals',
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
        SLACK_BOT_TOKEN: 'xoxb-1-2-abc',
        SLACK_APP_TOKEN: 'xapp-1-abc',
        SLACK_SIGNING_SECRET: '0123456789abcdef',
        SLACK_API_URL: 'http://127.0.0.1:9999/api',
        SLACK_CHANNEL: '#refunds',
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
      slack: {
        botToken: 'xoxb-1-2-abc',
        appToken: 'xapp-1-abc',
        signingSecret: '0123456789abcdef',
        apiUrl: 'http://127.0.0.1:9999/api/',
      },
      slackChannel: 'refunds',
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

  const BOT = { SLACK_BOT_TOKEN: 'xoxb-1' };
  it.each<[string, Record<string, string>, string[], RegExp]>([
    ['a bot token alone', BOT, ['SLACK_APP_TOKEN'], /SLACK_SIGNING_SECRET/],
    ['an app token alone', { SLACK_APP_TOKEN: 'xapp-1' }, ['SLACK_BOT_TOKEN'], /required/],
    ['a secret alone', { SLACK_SIGNING_SECRET: '0123456789' }, ['SLACK_BOT_TOKEN'], /required/],
    ['an address alone', { SLACK_API_URL: 'https://s.example/' }, ['SLACK_BOT_TOKEN'], /required/],
    [
      'the tokens swapped',
      { SLACK_BOT_TOKEN: 'xapp-1', SLACK_APP_TOKEN: 'xoxb-1' },
      ['SLACK_APP_TOKEN', 'SLACK_BOT_TOKEN'],
      /xoxb-/,
    ],
    ["a user's token", { SLACK_BOT_TOKEN: 'xoxp-1' }, ['SLACK_BOT_TOKEN'], /xoxb-/],
    ['a short secret', { ...BOT, SLACK_SIGNING_SECRET: 'x' }, ['SLACK_SIGNING_SECRET'], /secret/],
    ...[
      'http://slack.example/api/',
      'http://127.0.0.1.evil.example/',
      'https://user:pw@slack.example/',
      'ftp://127.0.0.1/',
      'slack.example',
    ].map((url): [string, Record<string, string>, string[], RegExp] => [
      `the address ${url}`,
      { ...BOT, SLACK_APP_TOKEN: 'xapp-1', SLACK_API_URL: url },
      ['SLACK_API_URL'],
      /https/,
    ]),
    ['a channel with spaces', { SLACK_CHANNEL: 'two words' }, ['SLACK_CHANNEL'], /name/],
  ])('refuses %s and says what is missing', (_name, variables, wrong, says) => {
    expect(wrongNames(variables)).toEqual(wrong);
    const { problems = [] } = refusal(variables).details;
    expect(problems.map(({ message }) => message).join(' ')).toMatch(says);
    expect(JSON.stringify(problems)).not.toMatch(/xoxb-1|xapp-1|0123456789|user:pw/);
  });

  it.each<[string, Record<string, string>]>([
    ['Socket Mode', { ...BOT, SLACK_APP_TOKEN: 'xapp-1' }],
    ['HTTP', { ...BOT, SLACK_SIGNING_SECRET: '0123456789' }],
    ['nothing of Slack', {}],
    ['a channel for the local page', { SLACK_CHANNEL: 'C012AB3CD' }],
  ])('takes %s', (_name, variables) => {
    expect(() => readConfig(variables)).not.toThrow();
  });
});
