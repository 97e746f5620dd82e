import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface CannedAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CannedServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

/** A real HTTP server whose answers a test writes down; an unanswered request is a 404 problem. */
export async function startCannedServer(
  answer: (request: SeenRequest) => CannedAnswer | undefined | Promise<CannedAnswer | undefined>,
): Promise<CannedServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const url = new URL(incoming.url ?? '/', 'http://localhost');
      const request: SeenRequest = {
        method: incoming.method ?? '',
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: incoming.headers,
        text: Buffer.concat(chunks).toString('utf8'),
      };
      seen.push(request);
      const { status, body, headers } = (await answer(request)) ?? problem(404, 'not_found');
      outgoing.writeHead(status, { 'content-type': 'application/json', ...headers });
      outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const problem = (
  status: number,
  code: string,
  more: Readonly<Record<string, unknown>> = {},
): CannedAnswer => ({
  status,
  body: {
    type: `/docs/errors#${code}`,
    title: code,
    status,
    code,
    what: `What happened: ${code}.`,
    why: 'Because of the reason.',
    howToFix: 'Do this to fix it.',
    docs: `/docs/errors#${code}`,
    requestId: 'req-1',
    ...more,
  },
});
