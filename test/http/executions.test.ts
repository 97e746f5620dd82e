import type { UseCases } from '../../src/app/use-cases';
import { DomainError } from '../../src/core/errors';
import { EXECUTION_ID, execution, keyOf, pending } from './fake-use-cases';
import { testApp } from './test-app';

const REFUND = { agent: 'support-bot', action: 'issue_refund', args: { amount: 450 } };

type SubmitInput = Parameters<UseCases['submitExecution']>[1];
type AwaitInput = Parameters<UseCases['awaitExecution']>[1];

describe('POST /v1/executions', () => {
  it.each([
    [200, execution()],
    [200, execution({ verdict: 'DENY', status: 'denied', mayRun: false })],
    [200, execution({ verdict: 'REQUIRE_APPROVAL', status: 'expired', mayRun: false })],
    [202, pending()],
    [202, execution({ verdict: 'REQUIRE_APPROVAL', status: 'parked', mayRun: false })],
  ])('answers %i for %#', async (status, view) => {
    const { as } = testApp({ submitExecution: () => Promise.resolve(view) });
    const reply = await as('agent').post('/v1/executions').send(REFUND);
    expect(reply.status).toBe(status);
    expect(reply.body).toEqual(JSON.parse(JSON.stringify(view)));
  });

  it('hands on exactly the request, with defaults and without what is the transport’s', async () => {
    let got: SubmitInput | undefined;
    const { as } = testApp({
      submitExecution: (_caller, input) => {
        got = input;
        return Promise.resolve(execution());
      },
    });
    await as('agent')
      .post('/v1/executions')
      .send({ ...REFUND, waitMs: 0, attemptId: 'a-1', workflow: { type: 'onboarding' } });
    expect(got).toEqual({
      ...REFUND,
      context: {},
      mode: 'decide',
      attemptId: 'a-1',
      workflow: { type: 'onboarding' },
    });
  });

  it('waits for the approval when asked to, as the attempt that submitted', async () => {
    let got: AwaitInput | undefined;
    const { as } = testApp({
      submitExecution: () => Promise.resolve(pending()),
      awaitExecution: (_caller, input) => {
        got = input;
        return Promise.resolve(execution({ status: 'approved' }));
      },
    });
    const reply = await as('agent')
      .post('/v1/executions')
      .send({ ...REFUND, waitMs: 50_000 });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ status: 'approved' });
    expect(got).toMatchObject({
      executionId: EXECUTION_ID,
      waitMs: 50_000,
      attemptId: 'attempt-1',
    });
  });

  it('does not wait for what is decided', async () => {
    let waits = 0;
    const { as } = testApp({
      awaitExecution: () => {
        waits += 1;
        return Promise.resolve(execution());
      },
    });
    const reply = await as('agent')
      .post('/v1/executions')
      .send({ ...REFUND, waitMs: 50_000 });
    expect(reply.status).toBe(200);
    expect(waits).toBe(0);
  });

  it('only evaluates a dry run', async () => {
    const { as } = testApp({
      submitExecution: () => Promise.reject(new Error('a dry run must not submit')),
    });
    const reply = await as('agent')
      .post('/v1/executions')
      .send({ ...REFUND, mode: 'dry_run', time: '2026-03-04T23:30:00Z' });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ mode: 'dry_run' });
    expect(reply.body).not.toHaveProperty('executionId');
  });

  it.each([
    ['agent_not_found', 404],
    ['idempotency_conflict', 409],
    ['unavailable', 503],
  ] as const)('answers %s with %i', async (code, status) => {
    const { as } = testApp({ submitExecution: () => Promise.reject(new DomainError(code)) });
    const reply = await as('agent').post('/v1/executions').send(REFUND);
    expect(reply.status).toBe(status);
    expect(reply.body).toMatchObject({ code, status });
    expect(reply.headers['retry-after']).toBe(status === 503 ? '1' : undefined);
  });
});

describe('GET /v1/executions/{executionId}', () => {
  it('answers 200 for a plain read of what is pending', async () => {
    const { as } = testApp({ awaitExecution: () => Promise.resolve(pending()) });
    const reply = await as('agent').get(`/v1/executions/${EXECUTION_ID}`);
    expect(reply.status).toBe(200);
  });

  it('answers 202 when a wait is over and nothing is decided', async () => {
    const { as } = testApp({ awaitExecution: () => Promise.resolve(pending()) });
    const reply = await as('agent').get(`/v1/executions/${EXECUTION_ID}?waitMs=10`);
    expect(reply.status).toBe(202);
  });

  it('hands on every part of the wait as numbers and text', async () => {
    let got: AwaitInput | undefined;
    const { as } = testApp({
      awaitExecution: (_caller, input) => {
        got = input;
        return Promise.resolve(execution());
      },
    });
    await as('agent').get(
      `/v1/executions/${EXECUTION_ID}?waitMs=50000&sinceVersion=3&attemptId=attempt-2`,
    );
    expect(got).toEqual({
      executionId: EXECUTION_ID,
      waitMs: 50_000,
      sinceVersion: 3,
      attemptId: 'attempt-2',
      signal: expect.any(AbortSignal) as AbortSignal,
    });
  });
});

describe('votes', () => {
  it('bind the vote to the path’s verdict and approval', async () => {
    const got: unknown[] = [];
    const { as } = testApp({
      castVote: (caller, input) => {
        got.push([caller.principal, input]);
        return Promise.reject(new DomainError('digest_mismatch'));
      },
    });
    const reply = await as('Operator')
      .post(`/v1/approvals/${EXECUTION_ID}/reject`)
      .send({ rationale: 'No ticket', argsDigest: 'ff', commandId: 'c-1' });
    expect(reply.status).toBe(409);
    expect(reply.body).toMatchObject({ code: 'digest_mismatch' });
    expect(got).toEqual([
      [
        'user:Operator',
        {
          approvalId: EXECUTION_ID,
          verdict: 'reject',
          rationale: 'No ticket',
          argsDigest: 'ff',
          commandId: 'c-1',
        },
      ],
    ]);
  });

  it('reach the use case even without the permission, which records the refusal', async () => {
    const voters: string[] = [];
    const { as } = testApp({
      castVote: (caller) => {
        voters.push(caller.principal);
        return Promise.reject(new DomainError('not_eligible'));
      },
    });
    const reply = await as('agent').post(`/v1/approvals/${EXECUTION_ID}/approve`).send({});
    expect(reply.status).toBe(403);
    expect(voters).toEqual(['agent:support-bot']);
  });
});

describe('policy documents', () => {
  it.each([
    ['application/yaml', 'rules: []\n', 'yaml'],
    ['text/yaml; charset=utf-8', 'rules: []\n', 'yaml'],
    ['application/json', '{"rules":[],"rules":[]}', 'json'],
  ])('are handed on as they were sent: %s', async (type, text, contentType) => {
    let got: unknown;
    const { as } = testApp({
      publishPolicy: (_caller, input) => {
        got = input;
        return Promise.reject(
          new DomainError('policy_invalid', {
            problems: [
              { path: 'rules', message: 'is empty', line: 1, column: 1 },
              { path: 'rules', message: 'stands twice', line: 1, column: 12 },
            ],
          }),
        );
      },
    });
    const reply = await as('Developer')
      .post('/v1/policies?id=support&publish=true')
      .set('content-type', type)
      .serialize((sent: unknown) => sent as string)
      .send(text);
    expect(got).toEqual({ id: 'support', text, contentType, publish: true });
    expect(reply.status).toBe(422);
    expect(reply.body).toMatchObject({
      code: 'policy_invalid',
      problems: [
        { line: 1, column: 1 },
        { line: 1, column: 12 },
      ],
    });
  });

  it('are stored without force unless publish is true', async () => {
    const reply = await testApp().as('Developer').post('/v1/policies?id=support').send({});
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ published: false });
  });
});

describe('registrations', () => {
  it('fill in what an agent leaves out', async () => {
    let got: unknown;
    const { as } = testApp({
      registerAgent: (_caller, input) => {
        got = input;
        return Promise.reject(new DomainError('conflict'));
      },
    });
    const reply = await as('Developer')
      .post('/v1/agents')
      .send({
        name: 'Zürich  Refund Bot!',
        owner: 'bob',
        riskLevel: 'low',
        environment: 'prod',
        tools: ['read_orders', { name: 'issue_refund', reversibility: 'reversible' }],
      });
    expect(reply.status).toBe(409);
    expect(got).toEqual({
      id: 'zurich-refund-bot',
      name: 'Zürich  Refund Bot!',
      owner: 'bob',
      riskLevel: 'low',
      environment: 'prod',
      environments: ['prod'],
      policies: [],
      tags: [],
      tools: { read_orders: {}, issue_refund: { reversibility: 'reversible' } },
    });
  });

  it('take the reason of a lift from the body or the address', async () => {
    const reasons: string[] = [];
    const { as } = testApp({
      liftKillSwitch: (_caller, { reason }) => {
        reasons.push(reason);
        return Promise.reject(new DomainError('not_found'));
      },
    });
    await as('Operator').delete('/v1/kill-switches/kill-1').send({ reason: 'in the body' });
    await as('Operator').delete('/v1/kill-switches/kill-1?reason=in%20the%20address');
    expect(reasons).toEqual(['in the body', 'in the address']);
  });

  it('take only the bearer token as the key', async () => {
    const got: unknown[] = [];
    const { as } = testApp({
      authenticate: (bearer, address) => {
        got.push([bearer, typeof address]);
        return Promise.reject(new DomainError('unauthenticated'));
      },
    });
    await as('agent').get('/v1/status');
    expect(got).toEqual([[keyOf('agent'), 'string']]);
  });
});
