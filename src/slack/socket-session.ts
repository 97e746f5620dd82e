import { SocketModeReceiver, type App } from '@slack/bolt';
import type { Logger } from '../app/ports';
import { messageOf, within } from './bounded-wait';
import { clientOptions, slackLogger } from './client';

/** From asking for an address to Slack's `hello`. */
const OPEN_WITHIN_MS = 15_000;
/** Time for Slack to answer a close before the connection is cut; the library itself would wait 30 s. */
const CLOSE_WITHIN_MS = 1_000;

/** How one connection ended. */
export type SessionEnd =
  | { readonly kind: 'asked_to_reconnect' }
  | { readonly kind: 'lost'; readonly why: string }
  /** The token or the app is no longer good for it; only an administrator can change that. */
  | { readonly kind: 'refused'; readonly why: string };

/** Errors of apps.connections.open that no later try will mend by itself. */
const FATAL =
  /\b(?:not_authed|invalid_auth|account_inactive|user_removed_from_team|team_disabled|token_revoked|token_expired|not_allowed_token_type|missing_scope)\b/;

export interface SocketSession {
  /** Settles once, when this connection is of no use any more. Never rejects. */
  readonly ended: Promise<SessionEnd>;
  /** Ends it; resolves, within three seconds, when nothing of it is left. */
  close(): Promise<void>;
}

export interface SessionDeps {
  readonly app: App;
  readonly appToken: string;
  readonly apiUrl: string | undefined;
  readonly logger: Logger;
  readonly onLive: (hello: { readonly appId?: string }) => void;
}

type Client = SocketModeReceiver['client'];

/**
 * Ends a connection politely, and after a second without; never rejects. Until it has ended, timers of the
 * library keep the process alive.
 *
 * @param opening settles when the connection stands or has failed: the library forgets a timer of 30 s when
 * it is told to disconnect in between
 */
async function cut(client: Client, opening: Promise<unknown>): Promise<void> {
  await within(opening, CLOSE_WITHIN_MS);
  const polite = await within(client.disconnect(), CLOSE_WITHIN_MS);
  // A second call does not wait for the close handshake of the first.
  if (polite.kind !== 'done') await within(client.disconnect(), CLOSE_WITHIN_MS);
}

const textOf = (data: unknown): string => (typeof data === 'string' ? data : '');

/** `hello` and `disconnect`, which the library keeps to itself; undefined for everything else. */
function controlMessage(
  data: unknown,
): { readonly type: string; readonly reason: string; readonly appId?: string } | undefined {
  const text = textOf(data);
  if (text.length > 2_000 || !/"type"\s*:\s*"(?:hello|disconnect)"/.test(text)) return undefined;
  try {
    const { type, reason, connection_info: info } = JSON.parse(text) as Record<string, unknown>;
    const appId =
      typeof info === 'object' && info !== null && 'app_id' in info ? info.app_id : undefined;
    return {
      type: String(type),
      reason: String(reason),
      ...(typeof appId === 'string' ? { appId } : {}),
    };
  } catch {
    return undefined;
  }
}

function createClient({ app, appToken, apiUrl, logger }: SessionDeps): Client {
  const receiver = new SocketModeReceiver({
    appToken,
    // Its own reconnects leave rejections unhandled, which would end the process (slackapi/bolt-js#929).
    autoReconnectEnabled: false,
    logger: slackLogger(logger),
    installerOptions: { clientOptions: clientOptions(apiUrl, logger) },
    processEventErrorHandler: async ({ error }) => {
      logger.error({ error: messageOf(error) }, 'Slack: an envelope could not be handled');
      return false;
    },
  });
  receiver.init(app);
  return receiver.client;
}

/** The library reads messages in a listener whose rejection nobody sees; a malformed one must not end the process. */
function guardMessages(client: Client, logger: Logger): void {
  const own = client.listeners('ws_message');
  client.removeAllListeners('ws_message');
  client.on('ws_message', (...message: unknown[]) => {
    for (const listener of own)
      Promise.resolve()
        .then(() => Reflect.apply(listener, client, message) as unknown)
        .catch((error: unknown) => {
          logger.warn({ error: messageOf(error) }, 'Slack: a socket message could not be read');
        });
  });
}

/** Opens one connection of Socket Mode and watches it until it ends, whichever way. */
export function openSocketSession(deps: SessionDeps): SocketSession {
  const { logger, onLive } = deps;
  const client = createClient(deps);
  guardMessages(client, logger);
  let isOver = false;
  let closing: Promise<void> | undefined;
  let opening: Promise<unknown> = Promise.resolve();
  let settle: (end: SessionEnd) => void = () => undefined;
  const ended = new Promise<SessionEnd>((resolve) => {
    settle = resolve;
  });
  const timer = setTimeout(() => {
    end({ kind: 'lost', why: 'no hello in time' });
  }, OPEN_WITHIN_MS);

  function end(how: SessionEnd): void {
    clearTimeout(timer);
    settle(how);
    if (isOver) return;
    // First: cutting ends in here again.
    isOver = true;
    closing = cut(client, opening);
  }

  client.on('ws_message', (data: unknown) => {
    const message = controlMessage(data);
    if (message?.type === 'hello') {
      clearTimeout(timer);
      if (!isOver) onLive(message);
    }
    if (message?.type === 'disconnect')
      end(
        message.reason === 'link_disabled'
          ? { kind: 'refused', why: 'link_disabled' }
          : { kind: 'asked_to_reconnect' },
      );
  });
  client.on('disconnected', () => {
    end({ kind: 'lost', why: 'the connection was closed' });
  });
  client.on('connecting', () => {
    // Given up while its address was asked for. Without this the library would connect all the same.
    if (isOver) throw new Error('given up');
    opening = new Promise((resolve) => {
      client.once('connected', resolve).once('disconnected', resolve);
    });
  });
  client.start().catch((error: unknown) => {
    const why = messageOf(error);
    end({ kind: FATAL.test(why) ? 'refused' : 'lost', why });
  });
  return {
    ended,
    close: async () => {
      end({ kind: 'lost', why: 'closed by us' });
      await closing;
    },
  };
}
