import { request as httpRequest } from 'node:http';
import type { UseCases } from '../../src/app/use-cases';
import { createHttpServer, type HttpServer } from '../../src/http/server';
import { EXECUTION_ID, execution, keyOf, pending } from './fake-use-cases';
import { serverDeps } from './test-app';

const open: HttpServer[] = [];

async function serve(
  overrides: Partial<UseCases> = {},
): Promise<{ readonly server: HttpServer; readonly url: string; readonly port: number }> {
  const server = createHttpServer(serverDeps(overrides));
  open.push(server);
  const { url, port } = await server.listen(0, '127.0.0.1');
  return { server, url, port };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close(0)));
});

const headers = { authorization: `Bearer ${keyOf('agent')}` };
const wait = (url: string): Promise<Response> =>
  fetch(`${url}/v1/executions/${EXECUTION_ID}?waitMs=50000`, { headers });

/** A use case that waits until its signal ends the wait, and tells when it has begun. */
function longWait(end: 'resolve' | 'reject') {
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let ended: Promise<void> | undefined;
  const awaitExecution: UseCases['awaitExecution'] = (_caller, { waitMs, signal }) => {
    if (waitMs === 0) return Promise.resolve(pending());
    const waiting = new Promise<void>((resolve, reject) => {
      signal?.addEventListener('abort', () => {
        if (end === 'resolve') resolve();
        else reject(signal.reason as Error);
      });
    });
    ended = waiting.catch(() => undefined);
    begin();
    return waiting.then(pending);
  };
  return { awaitExecution, begun, hasEnded: () => ended };
}

describe('listen', () => {
  it('answers on the port it names', async () => {
    const { url } = await serve();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('names the port and the variable when the port is taken', async () => {
    const { port } = await serve();
    const second = createHttpServer(serverDeps());
    await expect(second.listen(port, '127.0.0.1')).rejects.toMatchObject({
      name: 'DomainError',
      code: 'configuration_error',
      details: {
        what: expect.stringContaining(String(port)) as string,
        howToFix: expect.stringContaining('PORT') as string,
        problems: [{ path: 'PORT' }],
      },
    });
  });

  it('names the host when the address is not of this machine', async () => {
    await expect(createHttpServer(serverDeps()).listen(0, '203.0.113.7')).rejects.toMatchObject({
      code: 'configuration_error',
      details: { problems: [{ path: 'HOST' }] },
    });
  });
});

describe('stopIntake', () => {
  it.each(['resolve', 'reject'] as const)(
    'ends long polls with 202 and the state of that moment (%s)',
    async (end) => {
      const { awaitExecution, begun } = longWait(end);
      const { server, url } = await serve({ awaitExecution });
      const answer = wait(url);
      await begun;
      server.stopIntake();
      const reply = await answer;
      expect(reply.status).toBe(202);
      expect(reply.headers.get('connection')).toBe('close');
      expect(await reply.json()).toMatchObject({ status: 'pending_approval', mayRun: false });
    },
  );

  it('refuses new work with 503 and closes the connection, but still answers for its health', async () => {
    const { server, url } = await serve();
    server.stopIntake();
    const refused = await fetch(`${url}/v1/executions`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{"agent":"a","action":"b"}',
    });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('connection')).toBe('close');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ code: 'unavailable' });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ dependencies: { process: { ready: false } } });
  });

  it('lets a decision in flight be answered', async () => {
    let decide = (): void => undefined;
    let reached = (): void => undefined;
    const inFlight = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const { server, url } = await serve({
      submitExecution: async () => {
        reached();
        await new Promise<void>((resolve) => {
          decide = resolve;
        });
        return execution();
      },
    });
    const answer = fetch(`${url}/v1/executions`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{"agent":"support-bot","action":"issue_refund"}',
    });
    await inFlight;
    const closed = server.close(5_000);
    decide();
    expect((await answer).status).toBe(200);
    await closed;
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });
});

describe('close', () => {
  it('cuts what is not finished after its limit', async () => {
    const { server, url } = await serve({
      submitExecution: () => new Promise(() => undefined),
    });
    const answer = fetch(`${url}/v1/executions`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{"agent":"support-bot","action":"issue_refund"}',
    });
    answer.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.close(50);
    await expect(answer).rejects.toThrow();
  });
});

describe('connections', () => {
  it('end the wait of a client that went away', async () => {
    const { awaitExecution, begun, hasEnded } = longWait('reject');
    const { url } = await serve({ awaitExecution });
    const controller = new AbortController();
    const answer = fetch(`${url}/v1/executions/${EXECUTION_ID}?waitMs=50000`, {
      headers,
      signal: controller.signal,
    });
    answer.catch(() => undefined);
    await begun;
    controller.abort();
    await expect(hasEnded()).resolves.toBeUndefined();
  });

  it('answer 413 to a body without a stated length, and stay usable', async () => {
    const { port } = await serve();
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const call = httpRequest(
        {
          port,
          method: 'POST',
          path: '/v1/executions',
          headers: {
            ...headers,
            'content-type': 'application/json',
            'transfer-encoding': 'chunked',
          },
        },
        (reply) => {
          reply.resume();
          resolve(reply.statusCode);
        },
      );
      call.on('error', reject);
      for (let sent = 0; sent < 8; sent += 1) call.write('x'.repeat(65_536));
      call.end();
    });
    expect(status).toBe(413);
  });
});
