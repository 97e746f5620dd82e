import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isReadOnly, readOnlySettings, startUiGuard } from '../../src/embedded/temporal-ui-guard';

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
