import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createActs } from './acts';
import { chatMethods } from './chat-methods';
import { realClock } from './clock';
import { conversationMethods } from './conversation-methods';
import { createDeliveries } from './delivery';
import { createFaults, type Faults } from './faults';
import { recordOf, parsedJson } from './json-shape';
import { MEMORY } from './limits';
import { createRateLimits } from './rate-limits';
import { createResponseUrls, type ResponseUrls } from './response-urls';
import { toFakeEphemeral, toFakeMessage } from './show-message';
import { createSocketServer, type SocketServer } from './socket-server';
import type { FakeChannel, FakeSlack, FakeSlackOptions } from './surface';
import { httpTransport, signedHeaders, socketTransport } from './transports';
import { userMethods } from './user-methods';
import { viewMethods } from './view-methods';
import { createViews, toFakeView, type Views } from './views';
import { answered, type ApiMethods, TIER } from './web-api-method';
import { createWebApi, type Tokens, type WebApi } from './web-api';
import { createWorkspace, type StoredChannel, type Workspace } from './workspace';

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
  const clock = options.clock ?? realClock;
  const workspace = createWorkspace(
    {
      teamId: options.workspace?.teamId ?? 'T0LOCAL',
      domain: options.workspace?.domain ?? 'local',
      appId: 'A0COUNTERSIGN',
      botUserId: 'U0COUNTERSIGN',
      botId: 'B0COUNTERSIGN',
      botName: 'Countersign',
    },
    clock,
  );
  const { identity, violation } = workspace;
  const secret = (bytes: number): string => randomBytes(bytes).toString('hex');
  const botToken = `xoxb-local-${secret(16)}`;
  const appToken = `xapp-1-${identity.appId}-${secret(16)}`;
  const signingSecret = secret(16);
  const tokens: Tokens = {
    bot: new Set([botToken]),
    app: appToken,
    botScopes: BOT_SCOPES,
    botError: undefined,
  };

  const server = createServer();
  const origin = (): string => `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const faults = createFaults(() => {
    sockets.drop();
  });
  const sockets = createSocketServer({
    server,
    origin,
    appId: identity.appId,
    isDown: faults.isDown,
    violation,
  });
  const views = createViews(workspace);
  const responseUrls = createResponseUrls(workspace, origin);
  const deliver = options.deliver ?? 'socket';
  const transport =
    deliver === 'socket' ? socketTransport(sockets) : httpTransport(deliver.url, signingSecret);
  const deliveries = createDeliveries({ transport, faults, violation });
  const acts = createActs({ workspace, views, responseUrls, deliveries });
  const webApi = createWebApi({
    methods: {
      ...appMethods(workspace, sockets, origin),
      ...chatMethods(workspace),
      ...conversationMethods(workspace),
      ...userMethods(workspace, (scope) => tokens.botScopes.includes(scope)),
      ...viewMethods(views),
    },
    tokens,
    faults,
    rateLimits: createRateLimits(clock),
    clock,
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    serve({ webApi, responseUrls, faults }, request, response).catch(() => {
      response.destroy();
    });
  });
  await listen(server, options.port ?? 0);

  return {
    apiUrl: `${origin()}/api/`,
    botToken,
    appToken,
    signingSecret,
    clientId: `local.${identity.appId}`,
    clientSecret: secret(16),
    teamId: identity.teamId,
    appId: identity.appId,
    botUserId: identity.botUserId,
    botId: identity.botId,
    ...acts,
    ...peopleAndPlaces(workspace, views),
    calls: () => webApi.calls,
    violations: () => workspace.violations,
    deliverRaw: async ({ body, headers = {}, url }) => {
      const response = await fetch(url, { method: 'POST', body, headers, redirect: 'manual' });
      return { status: response.status, body: await response.text() };
    },
    sign: (body, timestampS) =>
      signedHeaders(signingSecret, body, timestampS ?? Math.floor(Date.now() / 1000)),
    faults: { add: faults.add, clear: faults.clear },
    failBotToken: (error) => {
      tokens.botError = error;
    },
    setBotScopes: (scopes) => {
      tokens.botScopes = scopes;
    },
    sockets: sockets.count,
    disconnectSockets: (reason = 'refresh_requested') => {
      sockets.disconnectAll(reason);
    },
    onChange: workspace.onChange,
    close: async () => {
      sockets.close();
      await closeServer(server);
    },
  };
}

/** auth.test and apps.connections.open. */
function appMethods(workspace: Workspace, sockets: SocketServer, origin: () => string): ApiMethods {
  const { teamId, domain, botUserId, botId, botName } = workspace.identity;
  return {
    'auth.test': {
      token: 'bot',
      perMinute: 600,
      run: () =>
        answered({
          url: `${origin()}/`,
          team: domain,
          user: botName.toLowerCase(),
          team_id: teamId,
          user_id: botUserId,
          bot_id: botId,
          is_enterprise_install: false,
        }),
    },
    'apps.connections.open': {
      token: 'app',
      scope: 'connections:write',
      // Slack's pages disagree on the tier; clients that reconnect would not live with one a minute.
      perMinute: TIER.three,
      run: () => answered({ url: sockets.issueUrl() }),
    },
  };
}

function peopleAndPlaces(
  workspace: Workspace,
  views: Views,
): Pick<
  FakeSlack,
  | 'addUser'
  | 'addChannel'
  | 'addUserGroup'
  | 'users'
  | 'channels'
  | 'messages'
  | 'ephemerals'
  | 'views'
  | 'home'
  | 'deleteMessage'
> {
  return {
    addUser: (user) => {
      const { id, teamId } = workspace.addUser(user);
      return { id, teamId };
    },
    addChannel: (channel) => ({ id: workspace.addChannel(channel).id }),
    addUserGroup: (group) => ({ id: workspace.addUserGroup(group).id }),
    users: () => [...workspace.users.values()],
    channels: () => [...workspace.channels.values()].map(toFakeChannel),
    messages: (channel) =>
      (workspace.channels.get(channel)?.messages ?? []).map((message) =>
        toFakeMessage(message, workspace),
      ),
    ephemerals: (user) =>
      (workspace.ephemerals.get(user) ?? []).map((message) => toFakeEphemeral(message, workspace)),
    views: (user) => views.stackOf(user).map((view) => toFakeView(view, workspace)),
    home: (user) => {
      const home = views.homeOf(user);
      return home === undefined ? undefined : toFakeView(home, workspace);
    },
    deleteMessage: (channel, ts) => {
      if (!workspace.remove(channel, ts)) throw new Error(`No message ${ts} in ${channel}.`);
    },
  };
}

const toFakeChannel = (channel: StoredChannel): FakeChannel => ({
  id: channel.id,
  name: channel.name,
  isDirect: channel.directWith !== undefined,
  members: channel.members === 'everyone' ? 'everyone' : [...channel.members],
  isArchived: channel.isArchived,
});

async function serve(
  parts: { readonly webApi: WebApi; readonly responseUrls: ResponseUrls; readonly faults: Faults },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (parts.faults.isDown()) {
    request.socket.destroy();
    return;
  }
  const body = await bodyOf(request);
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (body === undefined) {
    response.writeHead(413).end();
    return;
  }
  const method = /^\/api\/([\w.]+)$/.exec(pathname)?.[1];
  if (method !== undefined) {
    await parts.webApi.handle(method, request, body, response);
    return;
  }
  if (request.method === 'POST' && pathname.startsWith('/actions/')) {
    const { status, error } = parts.responseUrls.respond(pathname, recordOf(parsedJson(body)));
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(error === undefined ? { ok: true } : { ok: false, error }));
    return;
  }
  response.writeHead(404).end();
}

/** @returns undefined for a body that is too large */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MEMORY.requestBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
