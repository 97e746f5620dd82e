import { createApiClient } from '../../src/cli/api-client';
import { ApiProblem, ApiUnreachable } from '../../src/cli/api-problem';
import { awaitDecision } from '../../src/cli/await-decision';
import {
  problem,
  startCannedServer,
  type CannedAnswer,
  type CannedServer,
  type SeenRequest,
} from './canned-server';
import { executionView, pendingView } from './sample-views';

let server: CannedServer;
let answers: ((request: SeenRequest) => CannedAnswer)[];
beforeAll(async () => {
  server = await startCannedServer((request) => {
    const next = answers.length > 1 ? answers.shift() : answers[0];
    return next?.(request);
  });
});
afterAll(() => server.close());

const view = (body: unknown) => (): CannedAnswer => ({ status: 200, body });
const client = () => createApiClient({ baseUrl: server.url, fetch });

describe('awaitDecision', () => {
  it('polls on from the version it has seen until there is a verdict', async () => {
    answers = [
      view(pendingView({ version: 3 })),
      view(pendingView({ version: 5 })),
      view(executionView({ status: 'approved', version: 6 })),
    ];
    const before = server.seen.length;
    const decided = await awaitDecision(client(), 'e1', { attemptId: 'try-1' });
    expect(decided.status).toBe('approved');
    expect(server.seen.slice(before).map((each) => each.query)).toEqual([
      { attemptId: 'try-1' },
      { attemptId: 'try-1', waitMs: '50000', sinceVersion: '3' },
      { attemptId: 'try-1', waitMs: '50000', sinceVersion: '5' },
    ]);
  });

  it('goes on through a restart of the server and tells of it once', async () => {
    const outages: string[] = [];
    answers = [
      view(pendingView()),
      () => problem(503, 'unavailable'),
      () => problem(502, 'unavailable'),
      view(executionView({ status: 'approved' })),
    ];
    const decided = await awaitDecision(client(), 'e1', {
      onOutage: (what) => {
        outages.push(what);
      },
    });
    expect(decided.status).toBe('approved');
    expect(outages).toHaveLength(1);
  });

  it('gives up when nobody answers for too long', async () => {
    const lonely = createApiClient({ baseUrl: 'http://127.0.0.1:1', fetch });
    await expect(awaitDecision(lonely, 'e1', { outageMs: 600 })).rejects.toBeInstanceOf(
      ApiUnreachable,
    );
  });

  it('does not retry a refusal', async () => {
    const before = server.seen.length;
    answers = [() => problem(404, 'execution_not_found')];
    await expect(awaitDecision(client(), 'e1')).rejects.toBeInstanceOf(ApiProblem);
    expect(server.seen.length - before).toBe(1);
  });

  it('returns the undecided view after its timeout, without asking in a tight loop', async () => {
    const before = server.seen.length;
    answers = [view(pendingView())];
    const undecided = await awaitDecision(client(), 'e1', { timeoutMs: 900 });
    expect(undecided.status).toBe('pending_approval');
    expect(server.seen.length - before).toBeLessThanOrEqual(6);
  });

  it('ends at once when aborted', async () => {
    answers = [view(pendingView())];
    const controller = new AbortController();
    const waiting = awaitDecision(client(), 'e1', { signal: controller.signal });
    setTimeout(() => {
      controller.abort();
    }, 100);
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});
