import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Faults } from './faults';
import { parsedJson, recordOf } from './json-shape';
import { MEMORY } from './limits';
import type { OAuth } from './oauth';
import type { ResponseUrls } from './response-urls';
import type { WebApi } from './web-api';

export interface HttpParts {
  readonly webApi: WebApi;
  readonly responseUrls: ResponseUrls;
  readonly faults: Faults;
  readonly oauth: OAuth;
}

/** Answers the Web API, response addresses and the consent page. */
export async function serveHttp(
  { webApi, responseUrls, faults, oauth }: HttpParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (faults.isDown()) {
    request.socket.destroy();
    return;
  }
  const body = await bodyOf(request);
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (body === undefined) {
    response.writeHead(413).end();
    return;
  }
  const method = /^\/api\/([\w.]+)$/.exec(pathname)?.[1];
  if (method !== undefined) {
    await webApi.handle(method, request, body, response);
    return;
  }
  if (request.method === 'POST' && pathname.startsWith('/actions/')) {
    const { status, error } = responseUrls.respond(pathname, recordOf(parsedJson(body)));
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(error === undefined ? { ok: true } : { ok: false, error }));
    return;
  }
  if (request.method === 'GET' && pathname === '/oauth/v2/authorize') {
    const location = oauth.authorize(searchParams);
    if (location === undefined) response.writeHead(400).end('invalid client_id or redirect_uri');
    else response.writeHead(302, { location }).end();
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

/** Listens on 127.0.0.1 alone: nothing here is for the network. */
export function listenOnLoopback(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
