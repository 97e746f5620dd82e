import { createApiClient } from '../../src/cli/api-client';
import { ApiProblem, ApiUnreachable } from '../../src/cli/api-problem';
import { startCannedServer, type CannedAnswer, type CannedServer } from './canned-server';
import { runCaptured } from './run-captured';

let server: CannedServer;
let answer: CannedAnswer;
beforeAll(async () => {
  server = await startCannedServer(() => answer);
});
afterAll(() => server.close());

const client = () => createApiClient({ baseUrl: server.url, apiKey: 'cs_one', fetch });

describe('API client', () => {
  it('sends another key after withKey and keeps its own', async () => {
    answer = { status: 200, body: { items: [] } };
    const own = client();
    await own.withKey('cs_two').listAgents();
    await own.listAgents();
    expect(server.seen.slice(-2).map((each) => each.headers.authorization)).toEqual([
      'Bearer cs_two',
      'Bearer cs_one',
    ]);
  });

  it.each<readonly [string, CannedAnswer, string]>([
    ['a page of another program', { status: 200, body: '<html>hello</html>' }, 'unexpected_answer'],
    ['an error page of a proxy', { status: 502, body: 'Bad Gateway' }, 'unavailable'],
    ['an error without a code', { status: 404, body: { message: 'no' } }, 'unexpected_answer'],
    ['a bare value', { status: 200, body: '7' }, 'unexpected_answer'],
    [
      'a redirect',
      { status: 302, body: {}, headers: { location: 'http://127.0.0.1:1/' } },
      'unexpected_answer',
    ],
  ])('does not take %s for an answer', async (_name, canned, code) => {
    answer = canned;
    const error: unknown = await client()
      .listAgents()
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiProblem);
    expect((error as ApiProblem).problem.code).toBe(code);
  });

  it('does not carry the key along a redirect', async () => {
    const before = server.seen.length;
    answer = { status: 307, body: {}, headers: { location: `${server.url}/elsewhere` } };
    await expect(client().listAgents()).rejects.toBeInstanceOf(ApiProblem);
    expect(server.seen.length - before).toBe(1);
  });

  it('says that nobody listens, and how to start the server', async () => {
    const lonely = createApiClient({ baseUrl: 'http://127.0.0.1:1', fetch });
    await expect(lonely.listAgents()).rejects.toBeInstanceOf(ApiUnreachable);
    const run = await runCaptured(['agents', 'list', '--url', 'http://127.0.0.1:1']);
    expect(run.exitCode).toBe(9);
    expect(run.stderr).toContain('countersign start');
  });

  it('prints the problem document as one JSON object with --json', async () => {
    answer = {
      status: 404,
      body: { code: 'agent_not_found', what: 'No.', why: 'W.', howToFix: 'F.', requestId: 'r' },
    };
    const run = await runCaptured(['agents', 'list', '--json', '--url', server.url]);
    expect(run.exitCode).toBe(6);
    expect(run.stdout).toBe('');
    expect(JSON.parse(run.stderr)).toEqual({
      code: 'agent_not_found',
      what: 'No.',
      why: 'W.',
      howToFix: 'F.',
      requestId: 'r',
    });
  });
});
