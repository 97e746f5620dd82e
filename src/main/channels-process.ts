import { createServer } from 'node:http';

import { DomainError } from '../core/errors';
import { openDatabase, refusePowerfulSessions } from '../db/pool';
import { loadOrCreateChannelKeys } from '../evidence/keys';
import { createLogger } from '../observability/logger';
import { startChannels, type ChannelsParts } from './channels-parts';
import { createCoreParts } from './core-parts';
import { createChannelCryptography } from './cryptography';
import { createLateStarter } from './late-starter';
import { configOf, type StartInput } from './start';

/** Health for a supervisor and, in HTTP mode, the door that Slack posts to. No API. */
function listen(parts: ChannelsParts, port: number, host: string): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (path === '/slack/events' && parts.httpHandler !== undefined) {
      parts.httpHandler(request, response);
      return;
    }
    const state = parts.state();
    const ready = state.connected && state.running;
    const known = path === '/healthz' || path === '/readyz';
    response.writeHead(!known ? 404 : path === '/healthz' || ready ? 200 : 503, {
      'Content-Type': 'application/json',
    });
    response.end(JSON.stringify(known ? { ready, slack: state } : { what: 'Not found.' }));
  });
  server.headersTimeout = 15_000;
  server.requestTimeout = 30_000;
  const close = (): Promise<void> =>
    new Promise((closed) => {
      server.close(() => {
        closed();
      });
      server.closeAllConnections();
    });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      resolve(close);
    });
  });
}

/** `countersign channels`: the process that speaks with chats. Needs Postgres, not Temporal; signs nothing. */
export async function runChannels(
  input: StartInput,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<number> {
  const config = configOf(input, env);
  const { databaseUrl, slack } = config;
  const missing = [
    ...(databaseUrl === undefined ? ['DATABASE_URL'] : []),
    ...(slack === undefined ? ['SLACK_BOT_TOKEN'] : []),
  ];
  if (databaseUrl === undefined || slack === undefined) {
    throw new DomainError('configuration_error', {
      what: `Not set: ${missing.join(', ')}.`,
      why: 'A channels process shows in a real Slack what a real Postgres owes; only "start" brings its own.',
      howToFix: 'Set the variables, or run "countersign start".',
      problems: missing.map((path) => ({ path, message: 'is required' })),
    });
  }
  const keys = loadOrCreateChannelKeys({ dir: config.keysDir, create: false, env });
  const logger = createLogger({
    level: config.logLevel,
    base: { service: 'countersign-channels' },
  });
  const database = openDatabase(
    databaseUrl,
    { secret: keys.token.secret },
    {
      onError: (error) => {
        logger.warn({ error: error.message }, 'An idle database connection broke');
      },
    },
  );
  const stop = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        resolve();
      });
  });
  await refusePowerfulSessions(database);
  const crypto = createChannelCryptography(keys);
  const core = createCoreParts({
    database,
    crypto,
    logger,
    // Nudges are owed by the outbox; a worker sends them.
    starter: createLateStarter(),
    maxStartLagMs: config.maxStartLagMs,
    keyEnvironment: config.environment === 'production' ? 'prod' : 'dev',
    status: () => Promise.reject(new Error('a channels process answers no status')),
  });
  const parts = startChannels({
    ...{ core, database, crypto, logger, slack },
    channel: config.slackChannel,
    ...(config.publicUrl === undefined ? {} : { publicUrl: config.publicUrl }),
  });
  const close = await listen(parts, config.port, config.host);
  say(`Channels run${slack.appToken === undefined ? ' · Slack posts to /slack/events' : ''}`);
  await stop;
  await close();
  await parts.stop();
  await core.stop();
  await database.close();
  return 0;
}
