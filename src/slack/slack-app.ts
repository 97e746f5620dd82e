import { App, type Receiver } from '@slack/bolt';
import type { ChannelInbox } from '../app/channel-ports';
import type { Logger } from '../app/ports';
import { messageOf } from './bounded-wait';
import { clientOptions, createWebClient, slackLogger } from './client';
import { createDispatcher, type Dispatcher } from './dispatcher';
import { createHttpIngress, type HttpHandler } from './http-ingress';
import { createPrivateAnswers } from './private-answers';
import type { StateKey } from './signed-state';
import {
  createSocketSupervisor,
  type ConnectionAlarm,
  type SocketSupervisor,
} from './socket-supervisor';

/** What is under way gets this long to end before the connections are closed. */
const DRAIN_MS = 3_000;

export interface SlackAppDeps {
  readonly inbox: ChannelInbox;
  readonly logger: Logger;
  readonly settings: {
    readonly botToken: string;
    /** Needed for `socket`. */
    readonly appToken?: string;
    /** Needed for `http`. */
    readonly signingSecret?: string;
    /** Slack's own address if absent. */
    readonly apiUrl?: string;
    /** What is meant for another app is not acted on. Socket Mode learns it from Slack where it is absent. */
    readonly appId?: string;
  };
  readonly mode: 'socket' | 'http';
  /** Keyed digest for the routing data in forms; every process needs the same key. */
  readonly stateKey: StateKey;
  readonly onAlarm?: (alarm: ConnectionAlarm) => void;
  /** Milliseconds, for the time of signatures; the machine's clock unless given. */
  readonly nowMs?: () => number;
  /** Times that only tests shorten. */
  readonly timing?: { readonly alarmAfterMs?: number; readonly firstPauseMs?: number };
}

export interface SlackApp {
  /** Begins to connect; returns at once, so that a Slack that is down holds nothing up. */
  start(): Promise<void>;
  /** Lets what is under way end, then closes. */
  stop(): Promise<void>;
  /** Whether Slack can reach us now, as far as we can know. */
  connected(): boolean;
  /** For `http`: mount it at /slack/events, before anything that parses bodies. */
  readonly httpHandler?: HttpHandler;
}

const OFF: Receiver = {
  init: () => undefined,
  start: async () => undefined,
  stop: async () => undefined,
};

/** Bolt with one door: it recognises and authorises what comes in, and our dispatcher does the rest. */
function createBolt(deps: SlackAppDeps, receiver: Receiver, dispatcher: Dispatcher): App {
  const { settings, logger } = deps;
  const app = new App({
    receiver,
    // A function instead of `token`, which would ask Slack at once and reject where nobody listens.
    authorize: async () => ({ botToken: settings.botToken }),
    clientOptions: clientOptions(settings.apiUrl, logger),
    logger: slackLogger(logger),
    convoStore: false,
  });
  // Bolt runs every matching listener side by side; one middleware that passes nothing on acknowledges once.
  app.use(async (args) => {
    if (!('ack' in args) || typeof args.ack !== 'function') return;
    const ack = args.ack as (response?: unknown) => Promise<void>;
    const { arrivedMs } = args.context;
    await dispatcher.dispatch(
      args.body,
      ack,
      typeof arrivedMs === 'number' ? arrivedMs : undefined,
    );
  });
  app.error(async (error) => {
    logger.error({ error: messageOf(error) }, 'Slack: an interaction failed');
  });
  return app;
}

/**
 * Everything people do in Slack, by Socket Mode or signed HTTP, brought to the inbox and answered.
 *
 * @throws Error when the mode's secret is missing: it refuses to run without authentication
 */
export function createSlackApp(deps: SlackAppDeps): SlackApp {
  const { inbox, logger, settings, mode, stateKey } = deps;
  const client = createWebClient(settings, logger);
  let learnedAppId: string | undefined;
  const dispatcher = createDispatcher(
    {
      inbox,
      client,
      answer: createPrivateAnswers(client, settings.apiUrl, logger),
      stateKey,
      logger,
    },
    () => settings.appId ?? learnedAppId,
  );

  if (mode === 'http') {
    const { receiver, handler } = createHttpIngress({
      signingSecret: settings.signingSecret ?? '',
      firstSight: inbox.firstSight,
      logger,
      ...(deps.nowMs === undefined ? {} : { nowMs: deps.nowMs }),
    });
    createBolt(deps, receiver, dispatcher);
    return httpApp(handler, dispatcher);
  }
  if (settings.appToken === undefined || settings.appToken === '')
    throw new Error('Socket Mode needs an app-level token (xapp-…); set SLACK_APP_TOKEN.');
  const supervisor = createSocketSupervisor({
    app: createBolt(deps, OFF, dispatcher),
    appToken: settings.appToken,
    apiUrl: settings.apiUrl,
    logger,
    onHello: (appId) => {
      learnedAppId = appId ?? learnedAppId;
    },
    onAlarm: deps.onAlarm ?? (() => undefined),
    ...deps.timing,
  });
  return socketApp(supervisor, dispatcher);
}

function httpApp(handler: HttpHandler, dispatcher: Dispatcher): SlackApp {
  let isRunning = false;
  return {
    start: async () => {
      isRunning = true;
    },
    stop: async () => {
      isRunning = false;
      await dispatcher.drain(DRAIN_MS);
    },
    connected: () => isRunning,
    httpHandler: (req, res) => {
      if (isRunning) {
        handler(req, res);
        return;
      }
      res.writeHead(503).end();
    },
  };
}

const socketApp = (supervisor: SocketSupervisor, dispatcher: Dispatcher): SlackApp => ({
  start: async () => {
    supervisor.start();
  },
  stop: async () => {
    await dispatcher.drain(DRAIN_MS);
    await supervisor.stop();
  },
  connected: supervisor.connected,
});
