import { randomUUID } from 'node:crypto';
import type { ExecutionView } from '../../src/core/execution/view';
import { type Cast, must, refund } from '../support/cast';
import type { ProblemBody, RestAnswer } from '../support/rest';
import {
  FIRST_START_LIMIT_MS,
  type RunningProduct,
  startProduct,
} from '../support/running-product';

const request = (args: string): string =>
  `{"agent":"support-bot","action":"issue_refund","args":${args}}`;
const nested = (depth: number): string => request(`${'{"x":'.repeat(depth)}1${'}'.repeat(depth)}`);

interface Row {
  readonly name: string;
  readonly body: string;
  readonly answers: readonly [number, string];
  readonly says: RegExp;
}

const SUBMISSIONS: readonly Row[] = [
  {
    name: 'malformed JSON',
    body: '{"agent":',
    answers: [422, 'validation_failed'],
    says: /Line 1, column 10/,
  },
  {
    name: 'deep nesting',
    body: nested(33),
    answers: [422, 'validation_failed'],
    says: /32 levels/,
  },
  {
    name: 'nesting that would end a recursive reader',
    body: nested(20_000),
    answers: [422, 'validation_failed'],
    says: /32 levels/,
  },
  {
    name: 'an over-long body',
    body: request(`{"note":"${'x'.repeat(270_000)}"}`),
    answers: [413, 'payload_too_large'],
    says: /256 KiB/,
  },
  {
    name: 'NUL',
    body: request('{"note":"a\\u0000b"}'),
    answers: [422, 'validation_failed'],
    says: /NUL/,
  },
  {
    name: 'a lone surrogate',
    body: request('{"note":"\\udc00"}'),
    answers: [422, 'validation_failed'],
    says: /surrogate/,
  },
  {
    name: '__proto__',
    body: request('{"__proto__":{"admin":true}}'),
    answers: [422, 'validation_failed'],
    says: /reserved/,
  },
  {
    name: '1e400',
    body: request('{"amount":1e400}'),
    answers: [422, 'validation_failed'],
    says: /too large/,
  },
  {
    name: 'an unknown field',
    body: '{"agent":"support-bot","action":"issue_refund","amount":450}',
    answers: [422, 'validation_failed'],
    says: /unknown field/,
  },
  {
    name: 'an unknown agent',
    body: '{"agent":"nobody","action":"issue_refund"}',
    answers: [404, 'agent_not_found'],
    says: /POST \/v1\/agents/,
  },
];

const expectProblem = (
  answer: RestAnswer<ProblemBody>,
  [status, code]: readonly [number, string],
): void => {
  const { body } = answer;
  expect({ status: answer.status, code: body.code }).toEqual({ status, code });
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  for (const text of [body.what, body.why, body.howToFix, body.requestId])
    expect(text).toEqual(expect.stringMatching(/\S/));
};

describe('bad input over live HTTP', () => {
  let product: RunningProduct;
  let cast: Cast;
  beforeAll(async () => {
    product = await startProduct();
    ({ cast } = product);
  }, FIRST_START_LIMIT_MS);
  afterAll(() => product.stop(), 60_000);

  const ask = async (more: Readonly<Record<string, string>> = {}): Promise<ExecutionView> =>
    must(await cast.bot.post<ExecutionView>('/v1/executions', refund(450, more)), 202);
  const statusOf = async (id: string): Promise<string> =>
    must(await cast.bot.get<ExecutionView>(`/v1/executions/${id}`), 200).status;
  const vote = (who: 'alice' | 'bob' | 'carol' | 'dave', view: ExecutionView, more = {}) =>
    cast[who].post(`/v1/approvals/${view.approval?.id ?? ''}/approve`, {
      rationale: 'Matches ticket 4711',
      ...more,
    });

  it.each(SUBMISSIONS)('answers $name with what, why and how to fix', async (row) => {
    const answer = await cast.bot.raw('POST', '/v1/executions', row.body);
    expectProblem(answer, row.answers);
    expect(JSON.stringify(answer.body)).toMatch(row.says);
  });

  it('tells an agent nothing of another agent: the same answer as for one that never was', async () => {
    const other = must(
      await cast.admin.post<{ key: string }>('/v1/agents', {
        id: 'other-bot',
        owner: 'bob',
        riskLevel: 'low',
        environment: 'prod',
      }),
      201,
    );
    const asked = await ask();
    const otherBot = cast.admin.withKey(other.key);
    const seen = await otherBot.get(`/v1/executions/${asked.executionId}`);
    const never = await otherBot.get(`/v1/executions/${randomUUID()}`);
    expectProblem(seen, [404, 'execution_not_found']);
    expectProblem(never, [404, 'execution_not_found']);
  });

  it('refuses a digest of other arguments, at the vote and at the release', async () => {
    const asked = await ask({ attemptId: 'd' });
    const wrong = 'f'.repeat(64);
    expectProblem(await vote('alice', asked, { argsDigest: wrong }), [409, 'digest_mismatch']);
    expect(await statusOf(asked.executionId)).toBe('pending_approval');
    must(await vote('alice', asked, { argsDigest: asked.argsDigest }), 200);
    const path = `/v1/executions/${asked.executionId}/release`;
    const refused = await cast.bot.post(path, { argsDigest: wrong, attemptId: 'd' });
    expectProblem(refused, [409, 'digest_mismatch']);
    expect(await statusOf(asked.executionId)).toBe('approved');
  });

  it('refuses votes of who may not decide, and the approval stays open for who may', async () => {
    const asked = await ask();
    expectProblem(await vote('dave', asked), [403, 'not_eligible']);
    expectProblem(await vote('bob', asked), [403, 'not_eligible']);
    const approve = `/v1/approvals/${asked.approval?.id ?? ''}/approve`;
    const rationale = { rationale: 'Matches ticket 4711' };
    expectProblem(await cast.bot.post(approve, rationale), [403, 'forbidden']);
    expectProblem(await cast.admin.withKey('cs_live_wrong').post(approve, rationale), [
      401,
      'unauthenticated',
    ]);
    expectProblem(await cast.admin.withKey(undefined).post(approve, rationale), [
      401,
      'unauthenticated',
    ]);
    expectProblem(await cast.alice.post(approve, { rationale: ' ' }), [422, 'rationale_required']);
    expect(await statusOf(asked.executionId)).toBe('pending_approval');
    must(await vote('carol', asked), 200);
  });

  it('answers late and duplicate votes truthfully and changes nothing', async () => {
    const asked = await ask();
    const command = { commandId: randomUUID() };
    must(await vote('alice', asked, command), 200);
    const { version } = must(
      await cast.bot.get<ExecutionView>(`/v1/executions/${asked.executionId}`),
      200,
    );
    expect(must(await vote('alice', asked, command), 200)).toMatchObject({ repeated: true });
    const late = await vote('carol', asked);
    expectProblem(late, [409, 'already_decided']);
    expect(late.body.what).toContain('alice');
    const after = must(
      await cast.bot.get<ExecutionView>(`/v1/executions/${asked.executionId}`),
      200,
    );
    expect([after.version, after.status]).toEqual([version, 'approved']);
    expectProblem(
      await cast.alice.post(`/v1/approvals/${randomUUID()}/approve`, { rationale: 'Which one?' }),
      [404, 'approval_not_found'],
    );
  });

  it('calls a vote at or after the deadline late, whoever casts it', async () => {
    const expiresAt = new Date(Date.now() + 700).toISOString();
    const asked = await ask({ expiresAt });
    await new Promise((resume) => setTimeout(resume, 900));
    expectProblem(await vote('alice', asked), [410, 'expired']);
    expect(await statusOf(asked.executionId)).toBe('expired');
  });

  it('lists every problem of an unparsable policy at once, each with line and column', async () => {
    const text = [
      'apiVersion: countersign/v1',
      'kind: Policy',
      'metadata: { id: broken, version: 1 }',
      'rules:',
      '  - id: one',
      '    then: explode',
      '  - id: two',
      '    whenn: { field: amount, greater_than: 1 }',
      '    then: deny',
      '  - id: two',
      '    when: { field: amount, bigger_than: 1 }',
      '    then: deny',
      '',
    ].join('\n');
    const answer = await cast.admin.raw(
      'POST',
      '/v1/policies?id=broken&publish=true',
      text,
      'application/yaml',
    );
    expectProblem(answer, [422, 'policy_invalid']);
    const lines = (answer.body.problems ?? []).map(({ line }) => line);
    expect(lines).toEqual(expect.arrayContaining([6, 8, 11]));
    for (const { line, column } of answer.body.problems ?? [])
      expect([line, column]).toEqual([expect.any(Number), expect.any(Number)]);
    expectProblem(await cast.admin.get('/v1/policies/broken'), [404, 'policy_not_found']);
    const garbage = await cast.admin.raw(
      'POST',
      '/v1/policies?id=broken',
      '{ rules: [',
      'application/yaml',
    );
    expectProblem(garbage, [422, 'policy_invalid']);
  });

  it('knows its paths, methods and media types', async () => {
    expectProblem(await cast.admin.get('/v1/nowhere'), [404, 'not_found']);
    expectProblem(await cast.admin.put('/v1/executions', {}), [405, 'method_not_allowed']);
    const xml = await cast.bot.raw('POST', '/v1/executions', '<a/>', 'application/xml');
    expectProblem(xml, [415, 'unsupported_media_type']);
  });

  it('keeps a valid chain through all of it, with the refused votes inside', async () => {
    const integrity = await cast.admin.get<{ state: string; breaks: unknown[] }>(
      '/v1/audit/integrity',
    );
    expect(must(integrity, 200)).toMatchObject({ state: 'VALID', breaks: [] });
    const refused = must(
      await cast.admin.get<{ items: readonly { outcome?: string }[] }>(
        '/v1/audit/events?type=vote.refused&limit=200',
      ),
      200,
    ).items.map(({ outcome }) => outcome);
    expect(refused).toEqual(
      expect.arrayContaining([
        'digest_mismatch',
        'not_eligible',
        'already_decided',
        'expired',
        'rationale_required',
      ]),
    );
  });
});
