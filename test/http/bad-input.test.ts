import { ERRORS } from '../../src/core/errors';
import { APPROVAL_ID, EXECUTION_ID, execution } from './fake-use-cases';
import { testApp } from './test-app';

const nested = (depth: number): string =>
  `{"agent":"a","action":"b","args":${'{"x":'.repeat(depth)}1${'}'.repeat(depth + 1)}`;
const manyKeys = (count: number): string =>
  `{"agent":"a","action":"b","args":{${Array.from({ length: count }, (_, i) => `"k${String(i)}":1`).join(',')}}}`;
const withArgs = (args: string): string => `{"agent":"a","action":"b","args":${args}}`;

interface Bad {
  readonly name: string;
  readonly body: string | Buffer;
  readonly code: 'validation_failed' | 'payload_too_large';
  /** What the answer must say. */
  readonly says: RegExp;
}

const BAD: readonly Bad[] = [
  {
    name: 'malformed JSON',
    body: '{"agent":',
    code: 'validation_failed',
    says: /line 1.*column 10/i,
  },
  { name: 'two documents', body: '{} {}', code: 'validation_failed', says: /end of the text/ },
  { name: 'deep nesting', body: nested(40), code: 'validation_failed', says: /32 levels/ },
  {
    name: 'very deep nesting',
    body: '['.repeat(100_000),
    code: 'validation_failed',
    says: /32 levels/,
  },
  { name: 'too many keys', body: manyKeys(1_001), code: 'validation_failed', says: /1000 keys/ },
  {
    name: 'an over-long body',
    body: withArgs(`{"x":"${'x'.repeat(262_144)}"}`),
    code: 'payload_too_large',
    says: /256 KiB/,
  },
  { name: 'NUL', body: withArgs('{"x":"a\\u0000b"}'), code: 'validation_failed', says: /U\+0000/ },
  {
    name: 'a lone surrogate',
    body: withArgs('{"x":"\\ud800"}'),
    code: 'validation_failed',
    says: /surrogate/,
  },
  {
    name: 'bytes that are no UTF-8',
    body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
    code: 'validation_failed',
    says: /UTF-8/,
  },
  {
    name: '__proto__',
    body: withArgs('{"__proto__":{"admin":true}}'),
    code: 'validation_failed',
    says: /__proto__/,
  },
  {
    name: 'constructor in escapes',
    body: withArgs('{"\\u0063onstructor":{}}'),
    code: 'validation_failed',
    says: /constructor/,
  },
  { name: '1e400', body: withArgs('{"amount":1e400}'), code: 'validation_failed', says: /as text/ },
  {
    name: 'an integer that would be rounded',
    body: withArgs('{"account":9007199254740993}'),
    code: 'validation_failed',
    says: /as text/,
  },
  {
    name: 'a repeated key',
    body: withArgs('{"amount":1,"amount":1000}'),
    code: 'validation_failed',
    says: /twice/,
  },
  {
    name: 'an unknown field',
    body: '{"agent":"a","action":"b","arguments":{}}',
    code: 'validation_failed',
    says: /unknown field/,
  },
  {
    name: 'a misspelt field',
    body: '{"agent":"a","action":"b","idempotency_key":"k"}',
    code: 'validation_failed',
    says: /did you mean \\"idempotencyKey\\"/,
  },
  { name: 'a missing field', body: '{"agent":"a"}', code: 'validation_failed', says: /action/ },
  { name: 'no object', body: '[]', code: 'validation_failed', says: /expected object/ },
  { name: 'an empty body', body: '', code: 'validation_failed', says: /agent.*is required/ },
  {
    name: 'mode proxy',
    body: '{"agent":"a","action":"b","mode":"proxy"}',
    code: 'validation_failed',
    says: /not available in this version/,
  },
  ...['engine', 'exposure', 'recommendationId', 'parentExecutionId', 'callbackUrl'].map(
    (field) => ({
      name: `the field ${field} of a later version`,
      body: `{"agent":"a","action":"b","${field}":"x"}`,
      code: 'validation_failed' as const,
      says: /not available in this version/,
    }),
  ),
  {
    name: 'a time for a real decision',
    body: '{"agent":"a","action":"b","time":"2026-03-04T15:00:00Z"}',
    code: 'validation_failed',
    says: /dry_run/,
  },
  {
    name: 'an exception without a justification',
    body: '{"agent":"a","action":"b","exceptionRequested":true}',
    code: 'validation_failed',
    says: /justification/,
  },
];

describe('bad input of a submission', () => {
  it.each(BAD)('answers $name with what, why and how to fix', async ({ body, code, says }) => {
    let submitted = 0;
    const { as } = testApp({
      submitExecution: () => {
        submitted += 1;
        return Promise.resolve(execution());
      },
    });
    const reply = await as('agent')
      .post('/v1/executions')
      .set('content-type', 'application/json')
      .serialize((sent: unknown) => sent as string)
      .send(body as string);
    expect(reply.status).toBe(ERRORS[code].status);
    expect(reply.type).toBe('application/problem+json');
    expect(reply.body).toMatchObject({
      status: reply.status,
      code,
      what: expect.any(String) as string,
      why: expect.any(String) as string,
      howToFix: expect.any(String) as string,
      type: `/docs/errors#${code}`,
      docs: `/docs/errors#${code}`,
      requestId: reply.headers['x-request-id'],
    });
    expect(JSON.stringify(reply.body)).toMatch(says);
    expect(submitted).toBe(0);
  });

  it('names every wrong field at once', async () => {
    const reply = await testApp()
      .as('agent')
      .post('/v1/executions')
      .send({ agent: '', waitMs: 60_000, mod: 'decide', workflow: { typ: 'x' } });
    const { problems } = reply.body as { problems: { path: string; message: string }[] };
    expect(problems.map(({ path }) => path).sort()).toEqual(
      ['action', 'agent', 'agent', 'mod', 'waitMs', 'workflow.typ'].sort(),
    );
    expect(problems.find(({ path }) => path === 'workflow.typ')?.message).toContain('"type"');
  });
});

const shift = (from = '2026-03-02T09:00:00Z') => ({
  user: 'alice',
  from,
  to: '2026-03-09T09:00:00Z',
});

describe('bad input elsewhere', () => {
  const { as } = testApp();

  it.each([
    ['/v1/executions/nobody', 'execution_not_found'],
    ['/v1/executions/%00', 'execution_not_found'],
    ['/v1/executions/%E0%A4%A', 'not_found'],
    ['/v1/approvals/nobody', 'approval_not_found'],
    ['/v1/policies/..%2f..%2fetc', 'policy_not_found'],
    ['/v1/chains/..%2fx', 'chain_not_found'],
    ['/v1/groups/a%20b', 'not_found'],
    ['/v1/on-call/a%20b', 'not_found'],
    ['/v1/nothing', 'not_found'],
    ['/V1/executions', 'not_found'],
  ])('answers GET %s with 404 %s', async (path, code) => {
    const reply = await as('Admin').get(path);
    expect(reply.status).toBe(404);
    expect(reply.body).toMatchObject({ code });
  });

  it.each([
    [`/v1/executions/${EXECUTION_ID}?waitMs=50001`, 'waitMs'],
    [`/v1/executions/${EXECUTION_ID}?waitMs=-1`, 'waitMs'],
    [`/v1/executions/${EXECUTION_ID}?waitMs=soon`, 'waitMs'],
    [`/v1/executions/${EXECUTION_ID}?waitMs=1&waitMs=2`, 'waitMs'],
    [`/v1/executions/${EXECUTION_ID}?waitms=1`, 'waitms'],
    ['/v1/chains/payments?version=0', 'version'],
    ['/v1/executions?limit=0', 'limit'],
    ['/v1/executions?limit=201', 'limit'],
    ['/v1/executions?status=done', 'status'],
    ['/v1/audit/events?executionId=x', 'executionId'],
  ])('refuses the query of %s', async (path, field) => {
    const reply = await as('Admin').get(path);
    expect(reply.status).toBe(422);
    expect(reply.body).toMatchObject({ code: 'validation_failed', problems: [{ path: field }] });
  });

  it.each([
    ['post', '/v1/policies', { rules: [] }, 'id'],
    ['post', '/v1/kill-switches', {}, 'reason'],
    ['post', '/v1/kill-switches', { reason: '  ' }, 'reason'],
    ['post', '/v1/kill-switches', { reason: 'x', scope: 'everything' }, 'scope'],
    ['post', '/v1/kill-switches', { reason: 'x', scope: 'Agent', target: 'bot' }, 'scope'],
    ['post', '/v1/kill-switches', { reason: 'x', scope: 'agent' }, 'target'],
    ['post', '/v1/kill-switches', { reason: 'x', scope: 'tool' }, 'target'],
    ['post', '/v1/kill-switches', { reason: 'x', scope: 'agent', target: '' }, 'target'],
    ['post', '/v1/kill-switches', { reason: 'x', scope: 'agent', target: 'agent:bot' }, 'target'],
    ['post', '/v1/kill-switches', { reason: 'x', scope: 'team', target: ' ' }, 'target'],
    ['post', '/v1/kill-switches', { reason: 'x', scope: 'tag', target: ['pii'] }, 'target'],
    ['post', '/v1/kill-switches', { reason: 'x', scope: 'tenant', target: 'default' }, 'target'],
    ['post', '/v1/kill-switches', { reason: 'x', id: 'k1' }, 'id'],
    ['post', '/v1/kill-switches', { reason: 'x', severity: 'fatal' }, 'severity'],
    ['post', '/v1/kill-switches', { reason: 'x', expiresAt: 'soon' }, 'expiresAt'],
    ['post', '/v1/kill-switches', { reason: 'x', target: 'support-bot' }, 'target'],
    ['post', '/v1/users', { id: 'alice', email: 'nowhere' }, 'email'],
    ['post', '/v1/users', { id: 'alice', email: 'a@b.co', roles: ['Root'] }, 'roles.0'],
    ['post', '/v1/agents', { owner: 'bob', riskLevel: 'low', environment: 'prod' }, 'id'],
    ['put', '/v1/lists/trusted', { values: 'acme.com' }, 'values'],
    ['post', '/v1/users', { id: 'alice', email: 'a@b.co', manager: 'a b' }, 'manager'],
    ['put', '/v1/groups/finance', {}, 'members'],
    ['put', '/v1/groups/finance', { members: ['alice', 'alice'] }, 'members'],
    ['put', '/v1/groups/finance', { members: ['a b'] }, 'members.0'],
    ['put', '/v1/groups/finance', { members: [], user: 'x' }, 'user'],
    ['put', '/v1/on-call/ops', { shifts: [shift('tomorrow')] }, 'shifts.0.from'],
    ['put', '/v1/on-call/ops', { shifts: [shift('2026-03-09T09:00:00Z')] }, 'shifts.0.to'],
    ['put', '/v1/on-call/ops', { shifts: Array(501).fill(shift()) }, 'shifts'],
    ['post', `/v1/approvals/${APPROVAL_ID}/approve`, { amendedArgs: {} }, 'amendedArgs'],
    ['post', `/v1/approvals/${APPROVAL_ID}/approve`, { rational: 'ok' }, 'rational'],
    ['post', `/v1/executions/${EXECUTION_ID}/outcome`, { status: 'done' }, 'status'],
    ['post', `/v1/executions/${EXECUTION_ID}/release`, { attemptId: 'a' }, 'argsDigest'],
  ] as const)('refuses %s %s with %j, naming %s', async (method, path, body, field) => {
    const reply = await as('Admin')[method](path).send(body);
    expect(reply.status).toBe(422);
    expect(reply.body).toMatchObject({ code: 'validation_failed', problems: [{ path: field }] });
  });

  it('asks for a reason to lift a kill switch', async () => {
    const reply = await as('Admin').delete('/v1/kill-switches/kill-1');
    expect(reply.status).toBe(422);
    expect(reply.body).toMatchObject({ problems: [{ path: 'reason' }] });
  });

  it.each([
    ['application/x-www-form-urlencoded', {}],
    ['text/plain', {}],
    ['application/yaml', {}],
    ['application/json', { 'content-encoding': 'gzip' }],
  ])('refuses a body of %s %j with 415', async (type, headers) => {
    const reply = await as('agent')
      .post('/v1/executions')
      .set('content-type', type)
      .set(headers)
      .send('{}');
    expect(reply.status).toBe(415);
    expect(reply.body).toMatchObject({ code: 'unsupported_media_type' });
  });

  it('names the methods of a path that has another', async () => {
    const reply = await as('Admin').put('/v1/executions').send({});
    expect(reply.status).toBe(405);
    expect(reply.headers.allow).toBe('POST, GET, HEAD');
    expect(reply.body).toMatchObject({ code: 'method_not_allowed' });
  });

  it('never takes a fixed path for an id', async () => {
    const reply = await as('Admin').post('/v1/approvals/pending').send({});
    expect(reply.status).toBe(405);
  });
});
