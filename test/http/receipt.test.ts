import request from 'supertest';
import type { ReceiptInput } from '../../src/app/read-receipt';
import { DomainError } from '../../src/core/errors';
import { receiptOf } from '../../src/core/audit/receipt';
import { sampleFacts } from '../core/audit/sample-receipt';
import { EXECUTION_ID } from './fake-use-cases';
import { testApp } from './test-app';

const PATH = `/v1/executions/${EXECUTION_ID}/receipt`;
const view = { receipt: 'e30.e30.e30', body: receiptOf(sampleFacts('0a1b2c3d')) };

describe(`GET ${PATH}`, () => {
  const asked: ReceiptInput[] = [];
  const { as } = testApp({
    readReceipt: (_caller, input) => {
      asked.push(input);
      return Promise.resolve(view);
    },
  });

  it.each([
    ['', 0],
    ['?wait=proof', 10_000],
    ['?wait=proof&waitMs=50000', 50_000],
    ['?wait=proof&waitMs=0', 0],
    ['?waitMs=500', 0],
  ])('%s waits for its proof so long: %i ms', async (query, waitMs) => {
    const answer = await as('agent').get(`${PATH}${query}`);
    expect([answer.status, answer.body]).toEqual([200, view]);
    expect(asked.at(-1)).toMatchObject({ executionId: EXECUTION_ID, waitMs });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it.each(['?wait=verdict', '?waitMs=50001', '?waitMs=-1', '?proof=true'])(
    'refuses %s',
    async (query) => {
      const before = asked.length;
      expect((await as('agent').get(`${PATH}${query}`)).status).toBe(422);
      expect(asked).toHaveLength(before);
    },
  );

  it('says of an execution without a verdict until when it waits', async () => {
    const extra = { deadline: '2026-03-04T15:00:00.000Z' };
    const pending = testApp({
      readReceipt: () => Promise.reject(new DomainError('approval_pending', { extra })),
    });
    const answer = await pending.as('agent').get(PATH);
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'approval_pending', ...extra });
  });

  it('finds nothing under what is no id', async () => {
    const answer = await as('agent').get('/v1/executions/x/receipt');
    expect(answer.body).toMatchObject({ status: 404, code: 'execution_not_found' });
  });
});

describe('GET /.well-known/countersign-keys.json', () => {
  it('answers anybody, and may be kept for a while', async () => {
    const keys = [{ kid: '0a1b2c3d' }, { kid: 'ffffffff' }];
    const { app } = testApp({}, { publicKeys: () => Promise.resolve({ keys }) });
    const answer = await request(app).get('/.well-known/countersign-keys.json');
    expect([answer.status, answer.body]).toEqual([200, { keys }]);
    expect(answer.headers['cache-control']).toBe('public, max-age=300');
  });

  it('keeps no other public answer', async () => {
    const answer = await request(testApp().app).get('/readyz');
    expect(answer.headers['cache-control']).toBe('no-store');
  });
});
