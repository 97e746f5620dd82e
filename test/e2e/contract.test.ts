import { randomUUID } from 'node:crypto';
import type {
  EvaluationView,
  ExecutionView,
  PendingApproval,
  VoteReceipt,
} from '../../src/core/execution/view';
import { type Cast, must, publish, refund } from '../support/cast';
import { createRest } from '../support/rest';
import {
  FIRST_START_LIMIT_MS,
  type RunningProduct,
  startProduct,
} from '../support/running-product';
import type { ServerChild } from '../support/server-child';

const WAITS_AT_LEAST_MS = 300;

interface AuditEvent {
  readonly type: string;
  readonly seq: number;
  readonly actor: string;
  readonly execution?: string;
}

describe('countersign start, from outside', () => {
  let product: RunningProduct;
  let server: ServerChild;
  let cast: Cast;

  beforeAll(async () => {
    product = await startProduct();
    ({ server, cast } = product);
  }, FIRST_START_LIMIT_MS);
  afterAll(() => product.stop(), 60_000);

  const submit = async (amount: number, more = {}): Promise<ExecutionView> => {
    const answer = await cast.bot.post<ExecutionView>('/v1/executions', refund(amount, more));
    return must(answer, answer.body.verdict === 'REQUIRE_APPROVAL' ? 202 : 200);
  };
  const read = async (id: string): Promise<ExecutionView> =>
    must(await cast.bot.get<ExecutionView>(`/v1/executions/${id}`), 200);
  const eventsOf = async (id: string): Promise<readonly string[]> => {
    const page = await cast.admin.get<{ items: readonly AuditEvent[] }>(
      `/v1/audit/events?executionId=${id}&limit=200`,
    );
    return must(page, 200).items.map(({ type }) => type);
  };

  it('answers on the documented addresses without a key', async () => {
    const open = createRest(server.url);
    for (const path of ['/readyz', '/healthz', '/', '/docs', '/pending', '/openapi.json'])
      expect([path, (await open.get(path)).status]).toEqual([path, 200]);
    const document = must(await open.get<{ openapi: string }>('/openapi.json'), 200);
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(server.output()).toContain(server.url);
    expect(server.temporalUiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('takes the bootstrap key and never prints it', async () => {
    expect(must(await cast.admin.get('/v1/status'), 200)).toMatchObject({
      environment: 'development',
      database: { ready: true },
      temporal: { ready: true },
    });
    expect(server.output()).not.toContain(product.adminKey);
    expect((await createRest(server.url, 'another').get('/v1/status')).status).toBe(401);
  });

  it('allows a small refund, and its own release is the answer', async () => {
    const view = await submit(45, { attemptId: 'a-45' });
    expect(view).toMatchObject({
      verdict: 'ALLOW',
      status: 'executing',
      mayRun: true,
      attemptId: 'a-45',
    });
    expect(view.releaseToken).toBeDefined();
    const path = `/v1/executions/${view.executionId}/outcome`;
    const report = { status: 'committed', attemptId: 'a-45', result: { refunded: 45 } };
    const done = must(await cast.bot.post<ExecutionView>(path, report), 200);
    expect(done).toMatchObject({ status: 'committed', mayRun: false });
    const again = must(await cast.bot.post<ExecutionView>(path, report), 200);
    expect(again.version).toBe(done.version);
    const other = { status: 'failed', attemptId: 'a-45', error: 'no money' };
    expect((await cast.bot.post(path, other)).body.code).toBe('outcome_conflict');
  });

  it('denies what a rule denies, as a decision with its rule and reason', async () => {
    const body = {
      agent: 'support-bot',
      action: 'delete_customer',
      args: { customer_id: '12345' },
    };
    const view = must(await cast.bot.post<ExecutionView>('/v1/executions', body), 200);
    expect(view).toMatchObject({ verdict: 'DENY', status: 'denied', mayRun: false });
    expect(view.matched.map(({ rule }) => rule)).toContain('DENY_DELETE_CUSTOMER');
    expect(view.explanation).not.toBe('');
  });

  it('asks a human, wakes the waiting agent, and releases exactly once', async () => {
    const asked = await submit(450, { attemptId: 'first' });
    expect(asked).toMatchObject({
      verdict: 'REQUIRE_APPROVAL',
      status: 'pending_approval',
      mayRun: false,
      approval: { chain: 'standard', level: 1, of: 1 },
    });
    const waiting = cast.bot.get<ExecutionView>(`/v1/executions/${asked.executionId}?waitMs=20000`);
    const pending = must(
      await cast.alice.get<{ items: readonly PendingApproval[] }>('/v1/approvals/pending'),
      200,
    ).items.find(({ executionId }) => executionId === asked.executionId);
    expect(pending).toMatchObject({
      args: { order_id: '4711', amount: 450 },
      argsDigest: asked.argsDigest,
    });
    const vote = await cast.alice.post<VoteReceipt>(`/v1/approvals/${pending?.id ?? ''}/approve`, {
      rationale: 'Matches ticket 4711',
      argsDigest: asked.argsDigest,
    });
    expect(must(vote, 200)).toMatchObject({ counted: true, status: 'approved' });
    expect(must(await waiting, 200)).toMatchObject({ status: 'approved', mayRun: false });

    const path = `/v1/executions/${asked.executionId}/release`;
    const mine = { argsDigest: asked.argsDigest, attemptId: 'first' };
    const released = must(await cast.bot.post<ExecutionView>(path, mine), 200);
    expect(released).toMatchObject({ status: 'executing', mayRun: true });
    const repeated = must(await cast.bot.post<ExecutionView>(path, mine), 200);
    expect(repeated).toMatchObject({ mayRun: true, version: released.version });
    const second = await cast.bot.post(path, { ...mine, attemptId: 'second' });
    expect([second.status, second.body.code]).toEqual([409, 'already_released']);
    must(
      await cast.bot.post(`/v1/executions/${asked.executionId}/outcome`, { status: 'committed' }),
      200,
    );
    expect(await eventsOf(asked.executionId)).toEqual(
      expect.arrayContaining([
        'decision.made',
        'vote.counted',
        'approval.decided',
        'execution.released',
        'release.refused',
        'outcome.reported',
      ]),
    );
  });

  it('ends the wait with 202 when nobody decides, and takes it up again', async () => {
    const asked = await submit(451);
    const from = performance.now();
    const path = `/v1/executions/${asked.executionId}?waitMs=${String(WAITS_AT_LEAST_MS)}`;
    const still = await cast.bot.get<ExecutionView>(path);
    expect(still.status).toBe(202);
    expect(performance.now() - from).toBeGreaterThanOrEqual(WAITS_AT_LEAST_MS - 20);
    const reject = `/v1/approvals/${asked.approval?.id ?? ''}/reject`;
    must(await cast.carol.post(reject, { rationale: 'No such ticket exists' }), 200);
    expect(must(await cast.bot.get<ExecutionView>(path), 200).status).toBe('rejected');
    const release = { argsDigest: asked.argsDigest, attemptId: randomUUID() };
    const refused = await cast.bot.post(`/v1/executions/${asked.executionId}/release`, release);
    expect([refused.status, refused.body.code]).toEqual([409, 'rejected']);
  });

  it('gives one execution for one idempotency key, also to 20 at once', async () => {
    const key = randomUUID();
    const views = await Promise.all(
      Array.from({ length: 20 }, () => submit(46, { idempotencyKey: key, attemptId: 'one' })),
    );
    expect(new Set(views.map(({ executionId }) => executionId)).size).toBe(1);
    const other = await cast.bot.post('/v1/executions', refund(47, { idempotencyKey: key }));
    expect([other.status, other.body.code]).toEqual([409, 'idempotency_conflict']);
  });

  it('explains without effect: evaluate and dry_run store no execution', async () => {
    const list = async (): Promise<number> =>
      must(await cast.admin.get<{ items: unknown[] }>('/v1/executions?limit=200'), 200).items
        .length;
    const before = await list();
    const evaluated = must(
      await cast.bot.post<EvaluationView>('/v1/policies/evaluate', refund(450)),
      200,
    );
    expect(evaluated).toMatchObject({
      verdict: 'REQUIRE_APPROVAL',
      approval: { chain: 'standard', approvers: 'role:support-manager' },
    });
    expect(evaluated).not.toHaveProperty('executionId');
    const dry = must(
      await cast.bot.post<EvaluationView>('/v1/executions', refund(450, { mode: 'dry_run' })),
      200,
    );
    expect(dry.verdict).toBe('REQUIRE_APPROVAL');
    expect(await list()).toBe(before);
  });

  it('loads the canonical notation as YAML and JSON, and refuses nothing of it silently', async () => {
    const canonical = (id: string) => ({
      apiVersion: 'countersign/v1',
      kind: 'Policy',
      metadata: { id, version: 1 },
      rules: [
        {
          id: 'no-gifts',
          match: { action: 'send_gift' },
          when: { field: 'amount', greater_than: 20 },
          then: 'deny',
          reason: 'Gifts end at 20',
        },
      ],
      defaults: { outcome: 'allow' },
    });
    const yaml = [
      'apiVersion: countersign/v1',
      'kind: Policy',
      'metadata: { id: gifts-yaml, version: 1 }',
      'rules:',
      '  - id: no-gifts',
      '    match: { action: send_gift }',
      '    when: { field: amount, greater_than: 20 }',
      '    then: deny',
      '    reason: Gifts end at 20',
      'defaults: { outcome: allow }',
      '',
    ].join('\n');
    const json = JSON.stringify(canonical('gifts-json'));
    expect((await publish(cast.admin, 'gifts-yaml', yaml, 'application/yaml')).version).toBe(1);
    expect((await publish(cast.admin, 'gifts-json', json, 'application/json')).version).toBe(1);
    const body = { agent: 'support-bot', action: 'send_gift', args: { amount: 21 } };
    const view = must(await cast.bot.post<ExecutionView>('/v1/executions', body), 200);
    expect(view.verdict).toBe('DENY');
    expect(view.matched.map(({ policy }) => policy)).toEqual(
      expect.arrayContaining(['gifts-yaml', 'gifts-json']),
    );
  });

  it('keeps an agent to itself: no other agent, no foreign environment', async () => {
    const foreign = await cast.bot.post('/v1/executions', { ...refund(1), agent: 'other-bot' });
    expect([foreign.status, foreign.body.code]).toEqual([404, 'agent_not_found']);
    const elsewhere = { ...refund(1), environment: 'lab' };
    const view = must(await cast.bot.post<ExecutionView>('/v1/executions', elsewhere), 200);
    expect(view.verdict).toBe('DENY');
    const asked = await submit(452);
    const vote = await cast.bot.post(`/v1/approvals/${asked.approval?.id ?? ''}/approve`, {
      rationale: 'I approve myself, thanks',
    });
    expect(vote.status).toBe(403);
    expect((await read(asked.executionId)).status).toBe('pending_approval');
  });

  it('stops everything with the kill switch, and what it voided stays void', async () => {
    const open = await submit(453);
    const ready = await submit(454, { attemptId: 'r' });
    must(
      await cast.alice.post(`/v1/approvals/${ready.approval?.id ?? ''}/approve`, {
        rationale: 'Matches ticket 4711',
      }),
      200,
    );
    const kill = must(
      await cast.admin.post<{ id: string }>('/v1/kill-switches', { reason: 'Refund loop' }),
      201,
    );
    expect(await submit(45)).toMatchObject({ verdict: 'DENY', reasonCode: 'kill_switch_active' });
    const release = { argsDigest: ready.argsDigest, attemptId: 'r' };
    const releasePath = `/v1/executions/${ready.executionId}/release`;
    expect((await cast.bot.post(releasePath, release)).body.code).toBe('kill_switch_active');
    must(await cast.admin.delete(`/v1/kill-switches/${kill.id}?reason=checked`), 200);
    expect((await cast.bot.post(releasePath, release)).body.code).toBe('kill_switch_active');
    expect((await read(open.executionId)).status).toBe('killed');
    expect(await submit(45)).toMatchObject({ verdict: 'ALLOW' });
  });

  it('has a valid audit chain of everything that happened', async () => {
    const integrity = await cast.admin.get<{ state: string; size: number; breaks: unknown[] }>(
      '/v1/audit/integrity',
    );
    expect(must(integrity, 200)).toMatchObject({ state: 'VALID', breaks: [] });
    expect(integrity.body.size).toBeGreaterThan(40);
  });
});
