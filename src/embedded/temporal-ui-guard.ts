import {
  type IncomingMessage,
  type Server,
  type ServerResponse,
  createServer,
  request,
} from 'node:http';
import { LOOPBACK } from './temporal-ports';

/** Running a query reads only; the UI needs it for current details and stack traces. */
const QUERY_PATH = /^\/api\/v1\/namespaces\/[^/]+\/workflows\/[^/]+\/query\/[^/]+$/;
const SETTINGS_PATH = '/api/v1/settings';

/** Switches of the UI's settings that hide its write actions, and the news it would fetch elsewhere. */
const SWITCHED_ON = [
  'DisableWriteActions',
  'WorkflowTerminateDisabled',
  'WorkflowCancelDisabled',
  'WorkflowSignalDisabled',
  'WorkflowUpdateDisabled',
  'WorkflowResetDisabled',
  'WorkflowPauseDisabled',
  'BatchActionsDisabled',
  'StartWorkflowDisabled',
  'ActivityCommandsDisabled',
  'DisableNewsFetch',
] as const;

/** True for requests that only read. */
export function isReadOnly(method: string, url: string): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  const path = url.split('?')[0] ?? '';
  // Encoded or dotted paths could mean another route behind the proxy than they look like here.
  if (/%2f|%5c|\.\./i.test(path)) return false;
  return method === 'POST' && QUERY_PATH.test(path);
}

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * True for requests that name this machine as their host and come from no page elsewhere. A page whose own name was made
 * to resolve to 127.0.0.1 reaches this port, but its browser says whom it meant to ask.
 */
export function isLocal(headers: IncomingMessage['headers'], port: number): boolean {
  const { host, origin } = headers;
  const isHere = LOOPBACK_NAMES.some((name) => host?.toLowerCase() === `${name}:${String(port)}`);
  return isHere && (origin === undefined || isLoopbackOrigin(origin));
}

function isLoopbackOrigin(origin: string): boolean {
  try {
    return LOOPBACK_NAMES.includes(new URL(origin).hostname);
  } catch {
    return false;
  }
}

/** The UI's settings with every write action off; text that is not a JSON object passes unchanged. */
export function readOnlySettings(text: string): string {
  try {
    const settings: unknown = JSON.parse(text);
    if (typeof settings !== 'object' || settings === null) return text;
    const off = Object.fromEntries(SWITCHED_ON.map((name) => [name, true]));
    return JSON.stringify({ ...settings, ...off });
  } catch {
    return text;
  }
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message }));
}

function answerSettings(answer: IncomingMessage, response: ServerResponse): void {
  const parts: Buffer[] = [];
  answer.on('data', (part: Buffer) => parts.push(part));
  answer.on('end', () => {
    const body = readOnlySettings(Buffer.concat(parts).toString('utf8'));
    const headers = { ...answer.headers, 'content-length': String(Buffer.byteLength(body)) };
    delete (headers as Record<string, unknown>)['transfer-encoding'];
    response.writeHead(answer.statusCode ?? 502, headers);
    response.end(body);
  });
}

function forward(backendPort: number, incoming: IncomingMessage, response: ServerResponse): void {
  const url = incoming.url ?? '/';
  const isSettings = url.split('?')[0] === SETTINGS_PATH;
  const headers = { ...incoming.headers };
  if (isSettings) delete headers['accept-encoding'];
  const outgoing = request(
    { host: LOOPBACK, port: backendPort, method: incoming.method, path: url, headers },
    (answer) => {
      if (isSettings) {
        answerSettings(answer, response);
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  outgoing.on('error', () => {
    if (response.headersSent) response.destroy();
    else refuse(response, 502, 'The Temporal server is restarting; try again in a moment.');
  });
  response.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
}

/**
 * Serves the Web UI on `ports.ui` without its write actions. The development server builds its UI's
 * settings in code and reads no variable for them, so this stands in front of it: writes are refused
 * and the settings say so, which greys out the buttons. Requests meant for another host are refused, too. Rejects when the port cannot be opened.
 */
export function startUiGuard(ports: {
  readonly ui: number;
  readonly uiBackend: number;
}): Promise<{ close(): Promise<void> }> {
  const server: Server = createServer((incoming, response) => {
    if (!isLocal(incoming.headers, ports.ui)) {
      refuse(response, 403, 'This page answers only to its address on this machine.');
    } else if (isReadOnly(incoming.method ?? '', incoming.url ?? '/')) {
      forward(ports.uiBackend, incoming, response);
    } else {
      refuse(response, 405, 'Write actions are off here: use Countersign or the Temporal CLI.');
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(ports.ui, LOOPBACK, () => {
      server.off('error', reject);
      resolve({
        close: () =>
          new Promise<void>((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}
