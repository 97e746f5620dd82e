import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApprovalCard } from '../../src/core/escalation/card';
import type { ChannelGateway, MessagePlace } from '../../src/app/channel-ports';
import { executionId } from '../../src/core/ids';
import { createSlackGateway } from '../../src/slack/gateway';
import { createSlackApp, type SlackApp } from '../../src/slack/slack-app';
import type { ConnectionAlarm } from '../../src/slack/socket-supervisor';
import { startFakeSlack } from '../../src/slack-local/fake-slack';
import type { FakeSlack } from '../../src/slack-local/surface';
import { eventually } from '../support/eventually';
import { card, EXECUTION } from './card-builders';
import { createRecordingInbox, type RecordingInbox } from './recording-inbox';

/** The adapter between a fake Slack and a recording inbox, with one card posted. */
export interface Stage {
  readonly slack: FakeSlack;
  readonly inbox: RecordingInbox;
  readonly gateway: ChannelGateway;
  readonly app: SlackApp;
  readonly alice: string;
  readonly channel: string;
  readonly url: string;
  readonly alarms: ConnectionAlarm[];
  readonly logged: string[];
  readonly stateKey: (text: string) => string;
  /** Moves the receiver's clock, for signatures. */
  skewMs: number;
  post(shown?: ApprovalCard): Promise<MessagePlace>;
  close(): Promise<void>;
}

const stateKey = (text: string): string =>
  createHmac('sha256', 'a key of the test').update(text).digest('base64url');

/** An HTTP server whose handler comes later, because its address must be known first. */
async function listen(): Promise<{
  readonly url: string;
  readonly server: Server;
  use(app: SlackApp): void;
}> {
  let app: SlackApp | undefined;
  const server = createServer((req, res) => {
    if (app?.httpHandler === undefined) res.writeHead(404).end();
    else app.httpHandler(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/slack/events`,
    server,
    use: (given) => {
      app = given;
    },
  };
}

export async function createStage(
  mode: 'socket' | 'http',
  options: { readonly appId?: string; readonly alarmAfterMs?: number } = {},
): Promise<Stage> {
  const http = await listen();
  const slack = await startFakeSlack(mode === 'http' ? { deliver: { url: http.url } } : {});
  const { id: alice } = slack.addUser({ name: 'alice' });
  const { id: channel } = slack.addChannel({ name: 'approvals' });
  const inbox = createRecordingInbox();
  const alarms: ConnectionAlarm[] = [];
  const logged: string[] = [];
  const log = (fields: unknown, message: string): void => {
    logged.push(`${message} ${JSON.stringify(fields)}`);
  };
  const logger = { info: log, warn: log, error: log };
  const common = { logger };
  const { botToken, appToken, signingSecret, apiUrl } = slack;
  const gateway = createSlackGateway({ ...common, settings: { botToken, apiUrl, channel } });
  const stage = { skewMs: 0 };
  const app = createSlackApp({
    ...common,
    inbox,
    mode,
    stateKey,
    settings: { botToken, appToken, signingSecret, apiUrl, appId: options.appId ?? slack.appId },
    onAlarm: (alarm) => alarms.push(alarm),
    nowMs: () => Date.now() + stage.skewMs,
    timing: { firstPauseMs: 20, alarmAfterMs: options.alarmAfterMs ?? 60_000 },
  });
  http.use(app);
  await app.start();
  if (mode === 'socket')
    await eventually(async () => slack.sockets() === 2, { what: 'two sockets' });

  let posts = 0;
  return Object.assign(stage, {
    slack,
    inbox,
    gateway,
    app,
    alice,
    channel,
    url: http.url,
    alarms,
    logged,
    stateKey,
    post: async (shown: ApprovalCard = card()) => {
      inbox.shown = shown;
      posts += 1;
      const posted = await gateway.post({
        postKey: `key-${posts}`,
        execution: executionId(EXECUTION),
        target: { kind: 'channel' },
        content: { kind: 'card', card: shown },
      });
      if (!posted.ok) throw new Error(`not posted: ${JSON.stringify(posted.failure)}`);
      return posted.value;
    },
    close: async () => {
      await app.stop();
      await slack.close();
      await new Promise((resolve) => http.server.close(resolve));
    },
  });
}
