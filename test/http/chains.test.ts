import type { ChainText } from '../../src/app/publish-chain';
import { DomainError } from '../../src/core/errors';
import { fakeUseCases } from './fake-use-cases';
import { testApp } from './test-app';

describe('chains over HTTP', () => {
  const seen: ChainText[] = [];
  const { publishChain } = fakeUseCases();
  const { as } = testApp({
    publishChain: (caller, input) => {
      seen.push(input);
      return publishChain(caller, input);
    },
  });
  const text = 'kind: ApprovalChain # as written\n';

  it.each([
    ['post', '/v1/chains', 201, { text }],
    ['put', '/v1/chains/payments', 200, { id: 'payments', text }],
  ] as const)('%s %s hands the text on as it stands', async (method, path, status, input) => {
    seen.length = 0;
    const call = as('Developer')[method](path);
    const reply = await call.set('content-type', 'application/yaml').send(text);
    expect(reply.status).toBe(status);
    expect(seen).toEqual([input]);
  });

  it.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['application/x-yaml', 201],
    ['application/json', 201],
  ])('reads or refuses a body of %s', async (type, status) => {
    const reply = await as('Admin').post('/v1/chains').set('content-type', type).send(text);
    expect(reply.status).toBe(status);
  });

  it('names every problem with its line and column', async () => {
    const problems = [
      {
        severity: 'error',
        code: 'missing_field',
        path: 'levels',
        message: 'x',
        line: 1,
        column: 2,
      },
    ];
    const refusing = testApp({
      publishChain: () => Promise.reject(new DomainError('chain_invalid', { problems })),
    });
    const reply = await refusing.as('Admin').post('/v1/chains').send({});
    expect(reply.status).toBe(422);
    expect(reply.body).toMatchObject({ code: 'chain_invalid', problems });
  });

  it('never takes the check for a chain of that name', async () => {
    const reply = await as('Admin').delete('/v1/chains/validate');
    expect(reply.status).toBe(405);
  });

  it('takes 500 shifts', async () => {
    const shift = { user: 'alice', from: '2026-03-02T09:00:00Z', to: '2026-03-09T09:00:00Z' };
    const reply = await as('Admin')
      .put('/v1/on-call/ops')
      .send({ shifts: Array(500).fill(shift) });
    expect(reply.status).toBe(200);
  });
});
