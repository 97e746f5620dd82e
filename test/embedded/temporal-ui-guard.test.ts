import { type Server, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  isLocal,
  isReadOnly,
  readOnlySettings,
  startUiGuard,
} from '../../src/embedded/temporal-ui-guard';

const WORKFLOW = '/api/v1/namespaces/default/workflows/exec-1';

describe('read-only requests', () => {
  it.each([
    ['GET', '/', true],
    ['HEAD', '/', true],
    ['GET', `${WORKFLOW}/history`, true],
    ['POST', `${WORKFLOW}/query/__temporal_workflow_metadata`, true],
    ['POST', `${WORKFLOW}/query/__stack_trace?execution.runId=r`, true],
    ['POST', WORKFLOW, false],
    ['POST', `${WORKFLOW}/terminate`, false],
    ['POST', `${WORKFLOW}/signal/kill`, false],
    ['POST', `${WORKFLOW}/signal/x/query/y`, false],
    ['POST', `${WORKFLOW}/terminate?x=/query/y`, false],
    ['POST', `${WORKFLOW}/query/../terminate`, false],
    ['POST', `${WORKFLOW}%2fterminate/query/x`, false],
    ['PUT', `${WORKFLOW}/query/x`, false],
    ['DELETE', '/api/v1/namespaces/default', false],
    ['OPTIONS', '/', false],
  ])('%s %s → %p', (method, url, expected) => {
    expect(isReadOnly(method, url)).toBe(expected);
  });
});

describe('local requests', () => {
  it.each([
    ['127.0.0.1:8233', undefined, true],
    ['localhost:8233', 'http://localhost:8233', true],
    ['LOCALHOST:8233', 'http://127.0.0.1:3000', true],
    ['[::1]:8233', 'http://[::1]:8233', true],
    [undefined, undefined, false],
    ['localhost', undefined, false],
    ['localhost:80', undefined, false],
    ['rebound.test:8233', undefined, false],
    ['localhost.rebound.test:8233', undefined, false],
    ['127.0.0.1:8233', 'http://rebound.test:8233', false],
    ['127.0.0.1:8233', 'http://localhost.rebound.test', false],
    ['127.0.0.1:8233', 'null', false],
  ])('host %p, origin %p → %p', (host, origin, expected) => {
    expect(isLocal({ host, origin }, 8233)).toBe(expected);
  });
});

describe('settings of the UI', () => {
  it('keep what they say and have every write action off', () => {
    const settings = JSON.parse(
      readOnlySettings('{"Version":"2.54.1","DisableWriteActions":false}'),
    ) as Record<string, unknown>;
    expect(settings).toMatchObject({
      Version: '2.54.1',
      DisableWriteActions: true,
      WorkflowTerminateDisabled: true,
      StartWorkflowDisabled: true,
    });
  });

  it('pass unchanged when they are no JSON object', () => {
    expect(readOnlySettings('<html>')).toBe('<html>');
  });
});

describe('UI guard', () => {
  const seen: string[] = [];
  let backend: Server;
  let guard: { readonly close: () => Promise<void> };
  let url: string;

  const listen = (server: Server): Promise<number> =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });

  beforeAll(async () => {
    backend = createServer((request, response) => {
      seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
      response.setHeader('set-cookie', '_csrf=1');
      if (request.url === '/api/v1/settings') response.end('{"DisableWriteActions":false}');
      else request.pipe(response);
    });
    const probe = createServer();
    const ui = await listen(probe);
    await new Promise((resolve) => probe.close(resolve));
    guard = await startUiGuard({ ui, uiBackend: await listen(backend) });
    url = `http://127.0.0.1:${ui}`;
  });

  afterAll(async () => {
    await guard.close();
    backend.closeAllConnections();
    backend.close();
  });

  it('passes pages and queries on with their headers and bodies', async () => {
    const response = await fetch(`${url}${WORKFLOW}/query/state`, { method: 'POST', body: 'hi' });
    expect(await response.text()).toBe('hi');
    expect(response.headers.get('set-cookie')).toBe('_csrf=1');
  });

  it('refuses writes without asking the server', async () => {
    const response = await fetch(`${url}${WORKFLOW}/terminate`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(405);
    expect(seen).not.toContain(`POST ${WORKFLOW}/terminate`);
  });

  it('answers 403 to what was meant for another host', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { host: 'rebound.test:8233' };
      request(`${url}${WORKFLOW}/history`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
    expect(seen).not.toContain(`GET ${WORKFLOW}/history`);
  });

  it('announces that write actions are off', async () => {
    const response = await fetch(`${url}/api/v1/settings`);
    expect(await response.json()).toMatchObject({ DisableWriteActions: true });
  });

  it('answers 502 while the server restarts', async () => {
    backend.closeAllConnections();
    await new Promise((resolve) => backend.close(resolve));
    expect((await fetch(`${url}/`)).status).toBe(502);
  });
});
