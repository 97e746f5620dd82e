import { randomUUID } from 'node:crypto';
import type { ExecutionView, VoteReceipt } from '../../src/core/execution/view';
import { must, refund } from '../support/cast';
import { createRest } from '../support/rest';
import {
  FIRST_START_LIMIT_MS,
  type RunningProduct,
  startProduct,
} from '../support/running-product';
import {
  freePort,
  makeDataFolder,
  type ServerChild,
  startServerChild,
} from '../support/server-child';

const STOP_LIMIT_MS = 15_000;

describe('countersign start across ends of its process', () => {
  let product: RunningProduct;
  let server: ServerChild;
  beforeAll(async () => {
    product = await startProduct();
    server = product.server;
  }, FIRST_START_LIMIT_MS);
  afterAll(async () => {
    await server?.stop();
    await product?.folder.remove();
  }, 60_000);

  const port = (): number => Number(new URL(product.server.url).port);
  const again = async (): Promise<void> => {
    server = await startServerChild({ dataDir: product.folder.path, port: port() });
  };
  const ask = async (): Promise<ExecutionView> =>
    must(await product.cast.bot.post<ExecutionView>('/v1/executions', refund(450)), 202);
  const waitFor = (view: ExecutionView) =>
    product.cast.bot.get<ExecutionView>(`/v1/executions/${view.executionId}?waitMs=20000`);
  const approve = async (view: ExecutionView): Promise<VoteReceipt> =>
    must(
      await product.cast.alice.post<VoteReceipt>(
        `/v1/approvals/${view.approval?.id ?? ''}/approve`,
        { rationale: 'Matches ticket 4711' },
      ),
      200,
    );
  const expectValid = async (): Promise<void> => {
    const answer = await product.cast.admin.get<{ state: string }>('/v1/audit/integrity');
    expect(must(answer, 200).state).toBe('VALID');
  };

  it('stops on SIGTERM within 15 s with exit code 0, and ends a waiting long poll with 202', async () => {
    const asked = await ask();
    const waiting = waitFor(asked);
    await new Promise((resume) => setTimeout(resume, 300));
    const { code, tookMs } = await server.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(STOP_LIMIT_MS);
    expect((await waiting).status).toBe(202);
    await expect(fetch(server.url)).rejects.toThrow();
    await again();
    // The approval that was open before is decided now, by the same key.
    const woken = waitFor(asked);
    expect(await approve(asked)).toMatchObject({ counted: true, status: 'approved' });
    expect(must(await woken, 200).status).toBe('approved');
    await expectValid();
  }, 90_000);

  it('comes back from kill -9: the approval stands, the vote works, the agent resumes', async () => {
    const asked = await ask();
    const waiting = waitFor(asked).catch(() => 'cut');
    await new Promise((resume) => setTimeout(resume, 300));
    server.kill('SIGKILL');
    await server.exited;
    expect(await waiting).toBe('cut');
    await again();
    const resumed = waitFor(asked);
    await approve(asked);
    expect(must(await resumed, 200).status).toBe('approved');
    const attemptId = asked.attemptId ?? randomUUID();
    const path = `/v1/executions/${asked.executionId}`;
    const release = { argsDigest: asked.argsDigest, attemptId };
    const { bot } = product.cast;
    expect(must(await bot.post<ExecutionView>(`${path}/release`, release), 200).mayRun).toBe(true);
    const outcome = { status: 'committed', attemptId };
    expect(must(await bot.post<ExecutionView>(`${path}/outcome`, outcome), 200).status).toBe(
      'committed',
    );
    await expectValid();
  }, 90_000);

  it('refuses a second copy on the same data folder, which then goes on unharmed', async () => {
    const second = startServerChild({ dataDir: product.folder.path, port: await freePort() });
    await expect(second).rejects.toThrow(/is in use by process \d+/);
    must(await product.cast.admin.get('/v1/status'), 200);
  }, 60_000);

  it('lets several copies live on one machine, each with its own data', async () => {
    const folder = makeDataFolder();
    const env = { COUNTERSIGN_BOOTSTRAP_ADMIN_KEY: 'key-of-the-other-copy' };
    try {
      const other = await startServerChild({ dataDir: folder.path, port: await freePort(), env });
      try {
        const admin = createRest(other.url, 'key-of-the-other-copy');
        const agents = await admin.get<{ items: unknown[] }>('/v1/agents');
        expect(must(agents, 200).items).toEqual([]);
        expect((await createRest(other.url, product.adminKey).get('/v1/agents')).status).toBe(401);
        must(await product.cast.admin.get('/v1/status'), 200);
      } finally {
        expect((await other.stop()).code).toBe(0);
      }
    } finally {
      await folder.remove();
    }
  }, 90_000);
});
