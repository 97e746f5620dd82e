import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { remember } from './bounded-list';
import type { Delivered } from './dispatch';
import { type JsonRecord, textOf } from './json-shape';
import { MEMORY } from './limits';
import { createPendingAcks } from './pending-acks';
import type { DisconnectReason } from './surface';

/** Slack closes the connection of an app that has more. */
const MOST_CONNECTIONS = 10;
/** Clients give up when the server's pings stop for 30 s. */
const PING_MS = 5000;
const TICKET_MS = 30_000;

/** The WebSocket side of Socket Mode. */
export interface SocketServer {
  /** A single-use address for one connection. */
  issueUrl(): string;
  /** Sends an envelope to one of the connections, each in turn, and waits for its acknowledgement. */
  deliver(envelope: JsonRecord): Promise<Delivered>;
  count(): number;
  disconnectAll(reason: DisconnectReason): void;
  /** Cuts every connection without a word. */
  drop(): void;
  close(): void;
}

export interface SocketServerDeps {
  readonly server: Server;
  readonly origin: () => string;
  readonly appId: string;
  readonly isDown: () => boolean;
  readonly violation: (text: string) => void;
  /** Called when a connection came or went. */
  readonly changed: () => void;
}

export function createSocketServer(deps: SocketServerDeps): SocketServer {
  const { appId, violation } = deps;
  const acks = createPendingAcks(violation);
  const tickets = createTickets();
  const open: WebSocket[] = [];
  let turn = 0;
  const stopUpgrades = acceptUpgrades(deps, tickets, (connection) => {
    open.push(connection);
    deps.changed();
    connection.on('message', (data: Buffer) => {
      acks.receive(data.toString('utf8'));
    });
    connection.on('close', () => {
      open.splice(open.indexOf(connection), 1);
      deps.changed();
    });
    greet(connection, open.length, appId);
    if (open.length <= MOST_CONNECTIONS) return;
    violation(`more than ${String(MOST_CONNECTIONS)} socket connections`);
    send(connection, { type: 'disconnect', reason: 'too_many_websockets' });
    connection.close();
  });
  const pings = setInterval(() => {
    for (const connection of open) connection.ping();
  }, PING_MS);
  pings.unref();
  const drop = (): void => {
    for (const connection of [...open]) connection.terminate();
  };
  return {
    issueUrl: () =>
      `${deps.origin().replace(/^http/, 'ws')}/link?ticket=${tickets.issue()}&app_id=${appId}`,
    deliver: (envelope) => {
      const ready = open.filter((connection) => connection.readyState === connection.OPEN);
      turn += 1;
      const connection = ready[turn % Math.max(1, ready.length)];
      if (connection === undefined)
        return Promise.resolve({ acked: false, ackMs: 0, error: 'no_connection' });
      const acked = acks.wait(textOf(envelope['envelope_id']));
      send(connection, envelope);
      return acked;
    },
    count: () => open.length,
    disconnectAll: (reason) => {
      for (const connection of [...open]) {
        send(connection, { type: 'disconnect', reason, debug_info: { host: 'applink-local' } });
        // A warning leaves the connection to the client for some seconds more.
        if (reason !== 'warning') connection.close();
      }
    },
    drop,
    close: () => {
      clearInterval(pings);
      stopUpgrades();
      drop();
      acks.failAll();
    },
  };
}

interface Tickets {
  issue(): string;
  /** Each counts once, and not for long. */
  redeem(ticket: string): boolean;
}

function createTickets(): Tickets {
  const issued = new Map<string, number>();
  return {
    issue: () => {
      const ticket = randomBytes(16).toString('hex');
      remember(issued, ticket, Date.now(), MEMORY.triggers);
      return ticket;
    },
    redeem: (ticket) => {
      const issuedMs = issued.get(ticket);
      issued.delete(ticket);
      return issuedMs !== undefined && Date.now() - issuedMs <= TICKET_MS;
    },
  };
}

/** @returns a function that ends it */
function acceptUpgrades(
  { server, isDown }: SocketServerDeps,
  tickets: Tickets,
  accept: (connection: WebSocket) => void,
): () => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MEMORY.requestBytes });
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const valid = tickets.redeem(searchParams.get('ticket') ?? '');
    if (isDown() || pathname !== '/link' || !valid) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (connection) => {
      connection.on('error', () => {
        connection.terminate();
      });
      accept(connection);
    });
  };
  server.on('upgrade', upgrade);
  return () => {
    server.off('upgrade', upgrade);
    sockets.close();
  };
}

function greet(connection: WebSocket, count: number, appId: string): void {
  send(connection, {
    type: 'hello',
    num_connections: count,
    connection_info: { app_id: appId },
    debug_info: { host: 'applink-local', approximate_connection_time: 18_060, build_number: 1 },
  });
}

function send(connection: WebSocket, message: JsonRecord): void {
  connection.send(JSON.stringify(message));
}
