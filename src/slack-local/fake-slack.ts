import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createActs } from './acts';
import { appMethods } from './app-methods';
import { chatMethods } from './chat-methods';
import { realClock } from './clock';
import { conversationMethods } from './conversation-methods';
import { createDeliveries } from './delivery';
import { createFaults } from './faults';
import { createOAuth } from './oauth';
import { createRateLimits } from './rate-limits';
import { createResponseUrls } from './response-urls';
import { closeServer, listenOnLoopback, serveHttp } from './serve-http';
import { createSocketServer } from './socket-server';
import type { FakeSlack, FakeSlackOptions } from './surface';
import { httpTransport, signedHeaders, socketTransport } from './transports';
import { userMethods } from './user-methods';
import { viewMethods } from './view-methods';
import { createViewStore } from './view-store';
import { createTriggers } from './view-triggers';
import { createViews } from './views';
import { createTokens, type Tokens } from './tokens';
import { createWebApi } from './web-api';
import type { Identity } from './stored';
import { createWorkspace } from './workspace';
import { workspaceSurface } from './workspace-surface';

/** What the app's manifest asks for; the token holds no more. */
const BOT_SCOPES = [
  'chat:write',
  'channels:history',
  'channels:read',
  'commands',
  'im:write',
  'reactions:write',
  'usergroups:read',
  'users:read',
  'users:read.email',
];

/**
 * A Slack workspace on 127.0.0.1: Web API, Socket Mode or signed HTTP, modals, App Home. It keeps Slack's
 * documented limits and errors, so what passes here is not refused there. All is in memory, bounded by
 * MEMORY, and gone at `close`.
 */
export async function startFakeSlack(options: FakeSlackOptions = {}): Promise<FakeSlack> {
  const { clock = realClock, deliver = 'socket' } = options;
  const identity = identityOf(options);
  const secrets = newSecrets(identity.appId);
  const rotation = options.tokenRotation ?? false;
  const tokens = createTokens({ ...secrets, botScopes: BOT_SCOPES, rotation, clock });
  const oauth = createOAuth({ identity, ...secrets, tokens, clock });
  const workspace = createWorkspace(identity, clock);
  const { violation } = workspace;
  const server = createServer();
  const origin = (): string => `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const faults = createFaults(() => {
    sockets.drop();
  });
  const { isDown } = faults;
  const sockets = createSocketServer({
    server,
    origin,
    appId: identity.appId,
    isDown,
    violation,
    changed: workspace.changed,
  });
  const transport =
    deliver === 'socket'
      ? socketTransport(sockets)
      : httpTransport(deliver.url, secrets.signingSecret);
  const deliveries = createDeliveries({ transport, faults, violation });
  const store = createViewStore(workspace);
  const triggers = createTriggers(clock);
  const views = createViews({ workspace, store, triggers });
  const responseUrls = createResponseUrls(workspace, origin);
  const methods = {
    ...appMethods(workspace, origin, sockets.issueUrl),
    ...chatMethods(workspace),
    ...conversationMethods(workspace),
    ...userMethods(workspace, (scope) => tokens.botScopes.includes(scope)),
    ...viewMethods(views),
    ...oauth.methods,
  };
  const rateLimits = createRateLimits(clock);
  const webApi = createWebApi({ methods, tokens, faults, rateLimits, clock });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    serveHttp({ webApi, responseUrls, faults, oauth }, request, response).catch(() => {
      response.destroy();
    });
  });
  await listenOnLoopback(server, options.port ?? 0);
  return {
    apiUrl: `${origin()}/api/`,
    ...secrets,
    ...identity,
    ...workspaceSurface(workspace, store),
    ...createActs({ workspace, views, store, triggers, responseUrls, deliveries }),
    ...controlsOf(tokens, secrets.signingSecret),
    calls: () => webApi.calls,
    faults: { add: faults.add, clear: faults.clear },
    sockets: sockets.count,
    connected: () => !isDown() && (deliver !== 'socket' || sockets.count() > 0),
    disconnectSockets: (reason = 'refresh_requested') => {
      sockets.disconnectAll(reason);
    },
    close: async () => {
      // Whoever waits for news gets to know that there will be none.
      workspace.changed();
      sockets.close();
      await closeServer(server);
    },
  };
}

const identityOf = ({ workspace = {} }: FakeSlackOptions): Identity => ({
  teamId: workspace.teamId ?? 'T0LOCAL',
  domain: workspace.domain ?? 'local',
  appId: 'A0COUNTERSIGN',
  botUserId: 'U0COUNTERSIGN',
  botId: 'B0COUNTERSIGN',
  botName: 'Countersign',
});

const secret = (): string => randomBytes(16).toString('hex');

const newSecrets = (
  appId: string,
): Pick<FakeSlack, 'botToken' | 'appToken' | 'signingSecret' | 'clientId' | 'clientSecret'> => ({
  botToken: `xoxb-local-${secret()}`,
  appToken: `xapp-1-${appId}-${secret()}`,
  signingSecret: secret(),
  clientId: `local.${appId}`,
  clientSecret: secret(),
});

/** What a test turns against the app: spoilt tokens, forged requests. */
function controlsOf(
  tokens: Tokens,
  signingSecret: string,
): Pick<FakeSlack, 'deliverRaw' | 'sign' | 'failBotToken' | 'setBotScopes'> {
  return {
    deliverRaw: async ({ body, headers = {}, url }) => {
      const response = await fetch(url, { method: 'POST', body, headers, redirect: 'manual' });
      return { status: response.status, body: await response.text() };
    },
    sign: (body, timestampS) =>
      signedHeaders(signingSecret, body, timestampS ?? Math.floor(Date.now() / 1000)),
    failBotToken: (error) => {
      tokens.botError = error;
    },
    setBotScopes: (scopes) => {
      tokens.botScopes = scopes;
    },
  };
}
