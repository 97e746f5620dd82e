import { Agent, request } from 'node:http';

export interface HttpReply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface HttpClient {
  /** JSON in, JSON out, over kept-alive connections. Rejects when the server does not answer. */
  post(path: string, body: unknown, contentType?: string): Promise<HttpReply>;
  close(): void;
}

/** The leanest client there is, so that what is measured is the server. */
export function createHttpClient(baseUrl: string, key: string): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return {
    post: (path, body, contentType = 'application/json') =>
      new Promise((resolve, reject) => {
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        const headers = {
          authorization: `Bearer ${key}`,
          'content-type': contentType,
          'content-length': Buffer.byteLength(text),
        };
        const sent = request(
          new URL(path, baseUrl),
          { method: 'POST', agent, headers },
          (reply) => {
            let received = '';
            reply.setEncoding('utf8');
            reply.on('data', (part: string) => (received += part));
            reply.on('error', reject);
            reply.on('end', () => {
              const parsed = JSON.parse(received) as HttpReply['body'];
              resolve({ status: reply.statusCode ?? 0, body: parsed });
            });
          },
        );
        sent.on('error', reject);
        sent.end(text);
      }),
    close: () => {
      agent.destroy();
    },
  };
}

/** The reply, or an Error that shows what the server said instead. */
export function expectStatus(reply: HttpReply, ...wanted: readonly number[]): HttpReply['body'] {
  if (wanted.includes(reply.status)) return reply.body;
  throw new Error(`status ${reply.status}: ${JSON.stringify(reply.body).slice(0, 500)}`);
}
