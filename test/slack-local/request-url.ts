import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  /** The payload of an interaction, the fields of a command, or an event. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What the app answers: a status, and JSON or nothing. */
export type Reply = (received: Received) => { readonly status?: number; readonly body?: unknown };

export interface RequestUrl {
  readonly url: string;
  readonly received: readonly Received[];
  reply: Reply;
  close(): Promise<void>;
}

/** An app's request URL, without any Slack library, that keeps what it was sent. */
export async function startRequestUrl(): Promise<RequestUrl> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void text(request).then((raw) => {
      const form = new URLSearchParams(raw);
      const isEvent = request.headers['content-type'] === 'application/json';
      const payload = form.get('payload');
      const content: unknown =
        isEvent || payload !== null
          ? JSON.parse(payload ?? raw)
          : Object.fromEntries(form.entries());
      const one = { headers: request.headers, raw, payload: content as Received['payload'] };
      received.push(one);
      const { status = 200, body } = running.reply(one);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? '' : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const running: RequestUrl = {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/slack/events`,
    received,
    reply: () => ({}),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return running;
}
