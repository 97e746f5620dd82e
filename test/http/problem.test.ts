import request from 'supertest';
import { DomainError, ERRORS, type ErrorCode } from '../../src/core/errors';
import { problemDocument as problemSchema } from '../../src/contract/system';
import { problemDocument } from '../../src/http/problem';
import { memoryLogger, testApp } from './test-app';

const CODES = Object.keys(ERRORS) as ErrorCode[];

describe('problemDocument', () => {
  it.each(CODES)('has every documented member for %s', (code) => {
    const document = problemDocument(new DomainError(code), 'r-1');
    expect(problemSchema.safeParse(document).error).toBeUndefined();
    expect(document).toMatchObject({
      code,
      status: ERRORS[code].status,
      type: `/docs/errors#${code}`,
    });
  });

  it('lets further members replace none of the standard ones', () => {
    const error = new DomainError('kill_switch_active', {
      extra: { severity: 'critical', status: 200, code: 'allowed' },
    });
    expect(problemDocument(error, 'r-1')).toMatchObject({
      severity: 'critical',
      status: 409,
      code: 'kill_switch_active',
    });
  });

  it('never shows the internal text or the cause', () => {
    const error = new DomainError('unavailable', {
      internal: 'password=hunter2',
      cause: new Error('SELECT secret'),
    });
    expect(JSON.stringify(problemDocument(error, 'r-1'))).not.toMatch(/hunter2|SELECT/);
  });
});

describe('failures nobody foresaw', () => {
  it('answer 500 without internals, and are logged with them', async () => {
    const { logger, lines } = memoryLogger();
    const { as } = testApp(
      { listUsers: () => Promise.reject(new Error('relation "users" does not exist')) },
      { logger },
    );
    const reply = await as('Admin').get('/v1/users').set('x-request-id', 'r-42');
    expect(reply.status).toBe(500);
    expect(reply.body).toMatchObject({ code: 'internal', requestId: 'r-42' });
    expect(JSON.stringify(reply.body)).not.toContain('relation');
    expect(lines.find(({ level }) => level === 'error')?.fields).toMatchObject({
      requestId: 'r-42',
      err: { message: 'relation "users" does not exist' },
    });
  });

  it.each([
    [{ retryAfterMs: 2_500 }, '3'],
    [{}, '1'],
  ])('tell when to retry: %j', async (details, seconds) => {
    const { as } = testApp({
      listUsers: () => Promise.reject(new DomainError('unavailable', details)),
    });
    const reply = await as('Admin').get('/v1/users');
    expect(reply.status).toBe(503);
    expect(reply.headers['retry-after']).toBe(seconds);
  });
});

describe('headers', () => {
  const { app } = testApp();

  it.each([
    ['r-1.A_b', true],
    ['two words', false],
    ['x'.repeat(129), false],
    ['{"level":"error"}', false],
  ])('keep the request id %s: %s', async (sent, kept) => {
    const reply = await request(app).get('/healthz').set('x-request-id', sent);
    const got = reply.headers['x-request-id'];
    if (kept) expect(got).toBe(sent);
    else expect(got).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('forbid a browser everything with an answer of the API', async () => {
    const reply = await request(app).get('/v1/users').set('origin', 'https://elsewhere.example');
    expect(reply.headers['content-security-policy']).toBe(
      "default-src 'none';frame-ancestors 'none'",
    );
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(reply.headers['x-powered-by']).toBeUndefined();
    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('the request log', () => {
  it('names the request, its principal and execution, and nothing that was sent', async () => {
    const { logger, lines } = memoryLogger();
    const id = '01890a5d-ac96-774b-bcce-b302099a8057';
    await testApp({}, { logger })
      .as('agent')
      .post(`/v1/executions/${id}/outcome`)
      .send({ status: 'failed', error: 'card 4111111111111111 declined' });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.fields).toMatchObject({
      operation: 'reportOutcome',
      status: 200,
      principal: 'agent:support-bot',
      executionId: id,
    });
    expect(JSON.stringify(lines)).not.toMatch(/4111|cs_test/);
  });
});
