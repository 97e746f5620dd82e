import type { AddressInfo } from 'node:net';
import { App, ExpressReceiver, type Logger, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { WebClient } from '@slack/web-api';
import type { FakeSlack } from '../../src/slack-local/surface';

/** The clients say on the console what the tests expect of them. */
const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};

/** The real client, told to leave retries to its caller, as the product does. */
export const webClient = (slack: FakeSlack, token: string = slack.botToken): WebClient =>
  new WebClient(token, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 10_000,
    logger: silent,
  });

export interface RunningApp {
  readonly app: App;
  readonly stop: () => Promise<void>;
}

const authorize =
  (slack: FakeSlack) =>
  async (): Promise<{ botToken: string; botId: string; botUserId: string }> => ({
    botToken: slack.botToken,
    botId: slack.botId,
    botUserId: slack.botUserId,
  });

const options = (slack: FakeSlack) => ({
  authorize: authorize(slack),
  convoStore: false as const,
  logger: silent,
  clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } },
});

/** Bolt over its real Socket Mode client, with reconnects soon after a loss. */
export async function startSocketApp(slack: FakeSlack): Promise<RunningApp> {
  const receiver = new SocketModeReceiver({
    appToken: slack.appToken,
    logger: silent,
    installerOptions: { clientOptions: { slackApiUrl: slack.apiUrl } },
    clientPingTimeout: 1000,
  });
  const app = new App({ ...options(slack), receiver });
  await app.start();
  return {
    app,
    stop: async () => {
      await receiver.client.disconnect();
    },
  };
}

/** Bolt's HTTP receiver; its address is known before the fake starts. */
export interface HttpApp extends RunningApp {
  readonly url: string;
}

export async function startHttpApp(port: number, slack: FakeSlack): Promise<HttpApp> {
  const receiver = new ExpressReceiver({
    signingSecret: slack.signingSecret,
    endpoints: '/slack/events',
    logger: silent,
  });
  const app = new App({ ...options(slack), receiver });
  const server = await receiver.start({ port, host: '127.0.0.1' });
  const address = server.address() as AddressInfo;
  return {
    app,
    url: `http://127.0.0.1:${String(address.port)}/slack/events`,
    stop: async () => {
      server.closeAllConnections();
      await receiver.stop();
    },
  };
}
