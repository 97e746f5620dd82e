import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { createBoundedList, remember } from './bounded-list';
import type { Delivered } from './dispatch';
import { type JsonRecord, isRecord, parsedJson, textOf } from './json-shape';
import { LIMITS, MEMORY } from './limits';
import type { DisconnectReason } from './surface';

/** Slack closes the connection of an app that has more. */
const MOST_CONNECTIONS = 10;
const PING_MS = 5000;
const TICKET_MS = 30_000;

interface Waiting {
  readonly settle: (delivered: Delivered) => void;
  readonly startedMs: number;
}

/** The WebSocket side of Socket Mode. */
export interface SocketServer {
  /** A single-use address for one connection. */
  issueUrl(): string;
  /** Sends an envelope to one of the connections and waits for its acknowledgement. */
  deliver(envelope: JsonRecord): Promise<Delivered>;
  count(): number;
  disconnectAll(reason: DisconnectReason): void;
  /** Cuts every connection without a word. */
  drop(): void;
  close(): void;
}

export function createSocketServer(deps: {
  readonly server: Server;
  readonly origin: () => string;
  readonly appId: string;
  readonly isDown: () => boolean;
  readonly violation: (text: string) => void;
}): SocketServer {
  const { server, appId, violation } = deps;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MEMORY.requestBytes });
  const tickets = new Map<string, number>();
  const open: WebSocket[] = [];
  const waiting = new Map<string, Waiting>();
  const settled = createBoundedList<string>(MEMORY.interactions);
  let turn = 0;

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const ticket = url.searchParams.get('ticket') ?? '';
    const issuedMs = tickets.get(ticket);
    tickets.delete(ticket);
    const valid = issuedMs !== undefined && Date.now() - issuedMs <= TICKET_MS;
    if (deps.isDown() || url.pathname !== '/link' || !valid) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (connection) => {
      greet(connection);
    });
  };
  server.on('upgrade', upgrade);

  const greet = (connection: WebSocket): void => {
    open.push(connection);
    connection.on('message', (data: Buffer) => {
      receive(data.toString('utf8'));
    });
    connection.on('error', () => {
      connection.terminate();
    });
    connection.on('close', () => {
      const index = open.indexOf(connection);
      if (index >= 0) open.splice(index, 1);
    });
    send(connection, {
      type: 'hello',
      num_connections: open.length,
      connection_info: { app_id: appId },
      debug_info: { host: 'applink-local', approximate_connection_time: 18_060, build_number: 1 },
    });
    if (open.length > MOST_CONNECTIONS) {
      violation(`more than ${String(MOST_CONNECTIONS)} socket connections`);
      send(connection, { type: 'disconnect', reason: 'too_many_websockets' });
      connection.close();
    }
  };
  const receive = (data: string): void => {
    const message = parsedJson(data);
    const id = isRecord(message) ? textOf(message['envelope_id']) : '';
    const waiter = waiting.get(id);
    if (waiter === undefined) {
      const late = settled.items.includes(id);
      violation(
        late
          ? `envelope ${id} was acknowledged twice or too late`
          : `unknown envelope: ${data.slice(0, 200)}`,
      );
      return;
    }
    const response = isRecord(message) ? message['payload'] : undefined;
    const empty =
      response === undefined || (isRecord(response) && Object.keys(response).length === 0);
    const ackMs = Math.round(performance.now() - waiter.startedMs);
    waiter.settle({ acked: true, ackMs, ...(empty ? {} : { response }) });
  };
  const pings = setInterval(() => {
    for (const connection of open) connection.ping();
  }, PING_MS);
  pings.unref();
  const drop = (): void => {
    for (const connection of [...open]) connection.terminate();
  };

  return {
    issueUrl: () => {
      const ticket = randomBytes(16).toString('hex');
      remember(tickets, ticket, Date.now(), MEMORY.triggers);
      return `${deps.origin().replace(/^http/, 'ws')}/link?ticket=${ticket}&app_id=${appId}`;
    },
    deliver: (envelope) => {
      const ready = open.filter((connection) => connection.readyState === connection.OPEN);
      turn += 1;
      const connection = ready[turn % Math.max(1, ready.length)];
      if (connection === undefined)
        return Promise.resolve({ acked: false, ackMs: 0, error: 'no_connection' });
      return new Promise((resolve) => {
        const id = textOf(envelope['envelope_id']);
        const settle = (delivered: Delivered): void => {
          clearTimeout(timer);
          waiting.delete(id);
          settled.push(id);
          resolve(delivered);
        };
        const timer = setTimeout(() => {
          settle({ acked: false, ackMs: LIMITS.ackMs, error: 'timeout' });
        }, LIMITS.ackMs);
        waiting.set(id, { settle, startedMs: performance.now() });
        send(connection, envelope);
      });
    },
    count: () => open.length,
    disconnectAll: (reason) => {
      for (const connection of [...open]) {
        send(connection, { type: 'disconnect', reason, debug_info: { host: 'applink-local' } });
        if (reason !== 'warning') connection.close();
      }
    },
    drop,
    close: () => {
      clearInterval(pings);
      server.off('upgrade', upgrade);
      drop();
      for (const waiter of [...waiting.values()])
        waiter.settle({ acked: false, ackMs: 0, error: 'no_connection' });
      sockets.close();
    },
  };
}

function send(connection: WebSocket, message: JsonRecord): void {
  connection.send(JSON.stringify(message));
}
