import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import type { ExecutionView } from '../../src/core/execution/view';
import type { RunView } from '../../activities/ports';
import type { JsonObject } from '../../src/core/json';
import { type Cast, must, refund } from '../support/cast';
import { eventually } from '../support/eventually';
import type { Rest } from '../support/rest';
import {
  FIRST_START_LIMIT_MS,
  type RunningProduct,
  startProduct,
} from '../support/running-product';

/** Answer of the updates `vote`, `release` and `outcome`. */
interface CommandAnswer {
  readonly ok: boolean;
  readonly code?: string;
  readonly why?: string;
  readonly result?: Readonly<Record<string, unknown>>;
}

/** Everything by the names an outside client uses: workflow id, type, updates, query and signals. */
describe('the doors of the workflow, for a Temporal client', () => {
  let product: RunningProduct;
  let cast: Cast;
  let connection: Connection;
  let client: Client;
  beforeAll(async () => {
    product = await startProduct();
    ({ cast } = product);
    const { temporal } = must(
      await cast.admin.get<{ temporal: { address: string } }>('/v1/status'),
      200,
    );
    connection = await Connection.connect({ address: temporal.address });
    client = new Client({ connection, namespace: 'default' });
  }, FIRST_START_LIMIT_MS);
  afterAll(async () => {
    await connection?.close();
    await product?.stop();
  }, 60_000);

  const ask = async (): Promise<{ view: ExecutionView; handle: WorkflowHandle }> => {
    const answer = await cast.bot.post<ExecutionView>(
      '/v1/executions',
      refund(450, { attemptId: 'mine' }),
    );
    const view = must(answer, 202);
    const handle = client.workflow.getHandle(`exec-${view.executionId}`);
    // The run starts after the commit that was answered, and then records whom it asks.
    await eventually(async () => (await readOf(view.executionId)).version > view.version);
    return { view, handle };
  };
  const readOf = async (id: string): Promise<ExecutionView> =>
    must(await cast.bot.get<ExecutionView>(`/v1/executions/${id}`), 200);
  const statusOf = async (id: string): Promise<string> => (await readOf(id)).status;
  const credentialOf = async (
    who: Rest,
    id: string,
    name: 'vote' | 'release' | 'outcome',
    command: JsonObject,
  ): Promise<string> =>
    must(
      await who.post<{ credential: string }>(`/v1/executions/${id}/workflow-credential`, {
        update: name,
        command,
      }),
      201,
    ).credential;
  const update = (
    handle: WorkflowHandle,
    name: 'vote' | 'release' | 'outcome',
    credential: string,
    command: JsonObject,
  ): Promise<CommandAnswer> => handle.executeUpdate(name, { args: [{ credential, command }] });
  const approve = { verdict: 'approve', rationale: 'Matches ticket 4711' };

  it('carry the whole story: decision, vote, release, outcome, and the result', async () => {
    const { view, handle } = await ask();
    expect((await handle.describe()).type).toBe('governedExecution');
    const decision = await handle.executeUpdate<RunView, []>('decision');
    expect(decision).toMatchObject({
      executionId: view.executionId,
      verdict: 'REQUIRE_APPROVAL',
      waitingFor: 'approval',
    });
    expect(await handle.query<RunView>('state')).toMatchObject({ status: 'pending_approval' });

    const vote = { ...approve, argsDigest: view.argsDigest };
    const alice = await credentialOf(cast.alice, view.executionId, 'vote', vote);
    const voted = await update(handle, 'vote', alice, vote);
    expect(voted).toMatchObject({ ok: true, result: { counted: true, status: 'approved' } });
    expect(await statusOf(view.executionId)).toBe('approved');

    const mine = { argsDigest: view.argsDigest, attemptId: 'mine' };
    const bot = await credentialOf(cast.bot, view.executionId, 'release', mine);
    const released = await update(handle, 'release', bot, mine);
    expect(released).toMatchObject({ ok: true, result: { mayRun: true } });
    expect(released.result).not.toHaveProperty('releaseToken');
    expect(released.result).not.toHaveProperty('argsSalt');
    expect(await handle.result()).toMatchObject({ verdict: 'REQUIRE_APPROVAL' });
    const done = await cast.bot.post<ExecutionView>(`/v1/executions/${view.executionId}/outcome`, {
      status: 'committed',
      attemptId: 'mine',
    });
    expect(must(done, 200).status).toBe('committed');
  });

  it('refuse a raw API key as a credential, and it changes nothing', async () => {
    const { view, handle } = await ask();
    const keyed = must(await cast.admin.post<{ key: string }>('/v1/users/alice/keys'), 201);
    expect(await update(handle, 'vote', keyed.key, approve)).toMatchObject({
      ok: false,
      code: 'unauthenticated',
    });
    expect(await statusOf(view.executionId)).toBe('pending_approval');
  });

  it('refuse a credential of another execution, a changed one, and a machine', async () => {
    const [{ view, handle }, other] = [await ask(), await ask()];
    const foreign = await credentialOf(cast.alice, other.view.executionId, 'vote', approve);
    const own = await credentialOf(cast.alice, view.executionId, 'vote', approve);
    const agent = await credentialOf(cast.bot, view.executionId, 'vote', approve);
    const bent = `${own.slice(0, -2)}${own.endsWith('AA') ? 'BB' : 'AA'}`;
    expect(await update(handle, 'vote', foreign, approve)).toMatchObject({
      code: 'unauthenticated',
    });
    expect(await update(handle, 'vote', bent, approve)).toMatchObject({ code: 'unauthenticated' });
    expect(await update(handle, 'vote', agent, approve)).toMatchObject({ ok: false });
    const malformed = { verdict: 'yes' };
    const forMalformed = await credentialOf(cast.alice, view.executionId, 'vote', malformed);
    expect(await update(handle, 'vote', forMalformed, malformed)).toMatchObject({
      code: 'validation_failed',
    });
    expect(await statusOf(view.executionId)).toBe('pending_approval');
  });

  it('refuse a credential read out of the history for any command but its own', async () => {
    const { view, handle } = await ask();
    const reject = { verdict: 'reject', rationale: 'No such ticket' };
    const seen = await credentialOf(cast.alice, view.executionId, 'vote', reject);
    expect(await update(handle, 'vote', seen, approve)).toMatchObject({ code: 'unauthenticated' });
    const stolen = { argsDigest: view.argsDigest, attemptId: 'thief' };
    expect(await update(handle, 'release', seen, stolen)).toMatchObject({
      code: 'unauthenticated',
    });
    expect(await statusOf(view.executionId)).toBe('pending_approval');
  });

  it('judge a vote like REST does: the owner of the agent may not decide', async () => {
    const { view, handle } = await ask();
    const bob = await credentialOf(cast.bob, view.executionId, 'vote', approve);
    expect(await update(handle, 'vote', bob, approve)).toMatchObject({
      ok: false,
      code: 'not_eligible',
    });
    expect(await statusOf(view.executionId)).toBe('pending_approval');
  });

  it('shrug at forged nudges: signals with any version change nothing', async () => {
    const { view, handle } = await ask();
    const before = await readOf(view.executionId);
    for (const nudge of [{ version: 1e9 }, { version: -1 }, { version: 'x' }, null, {}]) {
      await handle.signal('approval', nudge);
      await handle.signal('kill', nudge);
    }
    await new Promise((resume) => setTimeout(resume, 1_000));
    expect(await handle.query<RunView>('state')).toMatchObject({
      status: 'pending_approval',
      version: before.version,
    });
    expect(await readOf(view.executionId)).toEqual(before);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    // It is still the real vote that moves it.
    const vote = `/v1/approvals/${view.approval?.id ?? ''}/approve`;
    must(await cast.alice.post(vote, { rationale: approve.rationale }), 200);
    expect(await statusOf(view.executionId)).toBe('approved');
  });

  it('hold no argument, key or rationale in the history', async () => {
    const { view, handle } = await ask();
    const secret = 'Rationale-7f3a-only-for-the-database';
    const vote = `/v1/approvals/${view.approval?.id ?? ''}/approve`;
    must(await cast.alice.post(vote, { rationale: secret }), 200);
    const history = JSON.stringify(await handle.fetchHistory());
    const texts = [secret, '4711', 'order_id', product.adminKey];
    for (const text of texts) {
      expect(history).not.toContain(text);
      expect(history).not.toContain(Buffer.from(text).toString('base64'));
    }
  });
});
