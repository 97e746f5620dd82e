import fc from 'fast-check';
import type { Json } from '../../../src/core/json';
import type { AgentProfile, Facts, PolicyRequest } from '../../../src/core/policy/model';
import { riskSentence } from '../../../src/core/risk/explain-score';
import { RISK_LEVELS, type RiskScore } from '../../../src/core/risk/model';
import { levelOfScore, scoreRisk, strictestLevel } from '../../../src/core/risk/score';
import { DATA_NAMES } from '../../../src/core/risk/weights';
import { inputOf } from '../policy/policy-builders';

const RUNS = { numRuns: 400 };

interface Asked {
  readonly action: string;
  readonly environment?: string;
  readonly args?: PolicyRequest['args'];
  readonly context?: PolicyRequest['context'];
  readonly agent?: Partial<AgentProfile>;
  readonly facts?: Facts;
}

function score({ agent, facts = {}, ...asked }: Asked): RiskScore {
  const base = inputOf(asked, { facts });
  return scoreRisk({
    ...base,
    request: { ...base.request, agent: { ...base.request.agent, ...agent } },
  });
}

const HIGH = { riskLevel: 'high' } as const;
const final = (action: string): Partial<AgentProfile> => ({
  tools: { [action]: { reversibility: 'irreversible' } },
});

describe('scoreRisk', () => {
  // Of a medium agent in prod unless said otherwise.
  it.each<[string, Asked, number, RiskScore['level'], string]>([
    ['reading', { action: 'read_orders', args: { id: '1' } }, 18, 'low', 'environment 10, agent 8'],
    ['reading in dev', { action: 'read_orders', environment: 'dev' }, 8, 'low', 'agent 8'],
    [
      'a refund of 450',
      { action: 'issue_refund', args: { order_id: '1', amount: 450 } },
      44,
      'medium',
      'action 20, environment 10, agent 8, amount 6',
    ],
    [
      'a refund of 450 as text',
      { action: 'issue_refund', args: { amount: '450' } },
      44,
      'medium',
      'action 20, environment 10, agent 8, amount 6',
    ],
    [
      'a refund of an amount that is no number',
      { action: 'issue_refund', args: { amount: 'a lot' } },
      58,
      'medium',
      'action 20, amount 20, environment 10, agent 8',
    ],
    [
      'a refund without an amount',
      { action: 'issue_refund', args: { order_id: '1' } },
      38,
      'medium',
      'action 20, environment 10, agent 8',
    ],
    [
      'a payment of 50,000 of financial data',
      {
        action: 'trigger_payment',
        args: { amount: 50_000 },
        context: { data_classes: ['financial'] },
      },
      71,
      'high',
      'action 24, data 15, amount 14, environment 10, agent 8',
    ],
    [
      'a payment of a million',
      { action: 'wire_transfer', args: { amount: 1_000_000 } },
      68,
      'high',
      'amount 26, action 24, environment 10, agent 8',
    ],
    [
      'deleting a customer',
      { action: 'delete_customer', args: { customer_id: '12345' } },
      53,
      'medium',
      'action 35, environment 10, agent 8',
    ],
    [
      'deleting a customer by a high-risk agent',
      { action: 'delete_customer', agent: HIGH },
      63,
      'high',
      'action 35, agent 18, environment 10',
    ],
    [
      'deleting for good what is registered so',
      { action: 'delete_customer', agent: { ...HIGH, ...final('delete_customer') } },
      83,
      'critical',
      'action 35, reversibility 20, agent 18, environment 10',
    ],
    [
      'a DROP in the text of a query by a high-risk agent',
      {
        action: 'query_database',
        args: { query: 'SELECT 1; drop/**/ table orders' },
        agent: HIGH,
      },
      63,
      'high',
      'action 35, agent 18, environment 10',
    ],
    [
      'a DROP that the parser found',
      {
        action: 'query_database',
        args: { query: '…' },
        facts: { sql: { value: { statements: ['select', 'drop'] } } },
      },
      53,
      'medium',
      'action 35, environment 10, agent 8',
    ],
    [
      'a query with an innocent word',
      { action: 'query_database', args: { query: 'SELECT last_updated FROM dropped LIMIT 10' } },
      18,
      'low',
      'environment 10, agent 8',
    ],
    [
      'a critical agent that wipes secrets, clamped at 100',
      {
        action: 'wipe_disk',
        context: { data_classes: 'secrets, phi' },
        agent: { riskLevel: 'critical', ...final('wipe_disk') },
      },
      100,
      'critical',
      'data 40, action 35, agent 30, reversibility 20, environment 10, clamped -35',
    ],
    [
      'nothing at all',
      { action: 'read', environment: 'test', agent: { riskLevel: 'low' } },
      0,
      'low',
      '',
    ],
  ])('%s', (_, asked, points, level, shares) => {
    const found = score(asked);
    expect(found).toMatchObject({ score: points, level });
    expect(riskSentence(found)).toBe(
      `Risk ${points} of 100 (${level})${shares === '' ? '' : `: ${shares}`}.`,
    );
  });

  const pointsOf = (name: string, asked: Asked): number | undefined =>
    score(asked).factors.find((factor) => factor.name === name)?.points;

  it.each([
    ['get_customer', 0],
    ['crm:get_customer', 0],
    ['payments.list', 0],
    ['list_refunds', 0],
    ['searchDeletedItems', 0],
    ['get_and_delete_customer', 35],
    ['stripe.refunds.create', 20],
    ['transferFunds', 24],
    ['DELETE_CUSTOMERS', 35],
    ['grantRole', 25],
    ['send_email', 15],
    ['update_customer_account', 15],
    ['deploy.service', 18],
    ['frobnicate', 12],
    ['constructor', 12],
    ['__proto__', 12],
    ['2_3-4', 12],
  ])('reads the name %s as %d points', (action, points) => {
    expect(pointsOf('action', { action })).toBe(points);
  });

  it.each<[string, Asked['args'] & object, number | undefined]>([
    ['no amount', { n: 5 }, undefined],
    ['null', { amount: null }, undefined],
    ['small', { amount: 9.99 }, 0],
    ['a step begins at its number', { amount: 100 }, 6],
    ['without its sign', { amount: -450 }, 6],
    ['decimal text', { amount: ' 450.00 ' }, 6],
    ['a huge number as text', { amount: '9'.repeat(600) }, 26],
    ['text with an exponent', { amount: '1e3' }, 10],
    ['text that is no number', { amount: '1,000' }, 20],
    ['empty text', { amount: '' }, 20],
    ['a boolean', { amount: true }, 20],
    ['not a number at all', { amount: NaN }, 20],
    ['an unreadable one beside a larger one', { amount: 'x', total: 5_000_000 }, 26],
    ['an unreadable one beside a small one', { amount: 'x', total: 5 }, 20],
    ['nested', { payment: { items: [{ amount: 5 }, { amount: 2_000 }] } }, 10],
    ['a list', { amounts: [1, 20_000] }, 14],
    ['an object of money', { amount: { value: '450.00', currency: 'EUR' } }, 6],
    ['an object that is no money', { amount: { big: 1 } }, 20],
    ['other names', { exposure: 450 }, 6],
    ['names in another style', { refundAmount: 450 }, 6],
  ])('reads an amount: %s', (_, args, points) => {
    expect(pointsOf('amount', { action: 'pay', args })).toBe(points);
  });

  it.each<[Json, number | undefined]>([
    [[], undefined],
    [null, undefined],
    [['pii'], 15],
    [['PII', 'pii', 'Personal Data'], 15],
    [['pii', 'financial'], 30],
    ['phi; pii', 40],
    [['secrets', 'phi', 'pan'], 40],
    [['public'], 0],
    [['top-notch'], 12],
    [[7], 12],
    [7, 25],
    [{ pii: true }, 25],
    [Array.from({ length: 65 }, () => 'public'), 12],
  ])('reads the data classes %j', (claimed, points) => {
    const context = { data_classes: claimed };
    expect(pointsOf('data', { action: 'read', context })).toBe(points);
  });

  it.each<[Json, number]>([
    ['low', 8],
    [' HIGH ', 18],
    ['critical', 30],
    ['severe', 30],
    [3, 30],
    [null, 8],
  ])('reads the claimed level %j', (claimed, points) => {
    expect(pointsOf('agent', { action: 'read', context: { risk_level: claimed } })).toBe(points);
  });

  it.each([
    ['prod', 10],
    ['PROD-eu', 10],
    ['production.test', 10],
    ['staging', 4],
    ['dev', 0],
    ['ci-test', 0],
    ['blue', 10],
  ])('reads the environment %s as %d points', (environment, points) => {
    expect(pointsOf('environment', { action: 'read', environment })).toBe(points);
  });

  it('takes a registration as read for what a vague name does, but not for a deletion', () => {
    const asRead = (action: string): Asked => ({
      action,
      agent: { tools: { [action]: { reversibility: 'read' } } },
    });
    expect(pointsOf('action', asRead('run_report'))).toBe(0);
    expect(pointsOf('action', asRead('delete_customer'))).toBe(35);
    expect(pointsOf('reversibility', asRead('run_report'))).toBe(0);
    expect(pointsOf('reversibility', { action: 'toString', agent: { tools: {} } })).toBeUndefined();
  });

  it('counts a statement or an argument that is too large to read as the gravest', () => {
    const long = { query: `SELECT '${'x'.repeat(70_000)}'` };
    expect(pointsOf('action', { action: 'query', args: long })).toBe(35);
    const wide = { items: Array.from({ length: 2_500 }, () => ({})) };
    expect(score({ action: 'query', args: wide }).factors).toMatchObject([
      { name: 'action', points: 35 },
      { name: 'agent' },
      { name: 'amount', points: 20 },
      { name: 'environment' },
    ]);
  });

  it('reads a hostile statement in linear time', () => {
    const hostile = { query: 'drop/*'.repeat(10_900) };
    const startedMs = performance.now();
    score({ action: 'query', args: hostile });
    expect(performance.now() - startedMs).toBeLessThan(500);
  });
});

const LEVELS = fc.constantFrom(...RISK_LEVELS);
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => value as Json);
const asked: fc.Arbitrary<Asked> = fc.record({
  action: fc.oneof(
    fc.constantFrom('read_orders', 'issue_refund', 'pay', 'delete_customer', 'tool_7'),
    fc.string(),
  ),
  environment: fc.oneof(fc.constantFrom('prod', 'dev', 'staging'), fc.string()),
  args: fc.dictionary(
    fc.oneof(fc.constantFrom('amount', 'total', 'query', 'items'), fc.string()),
    json,
  ),
  context: fc.dictionary(fc.constantFrom('risk_level', 'data_classes', 'reason'), json),
  agent: LEVELS.map((riskLevel) => ({ riskLevel })),
});

describe('laws of the score', () => {
  it('is an integer from 0 to 100, the sum of its factors, with the level of its range', () => {
    fc.assert(
      fc.property(asked, (request) => {
        const found = score(request);
        expect(Number.isInteger(found.score)).toBe(true);
        expect(found.score).toBeGreaterThanOrEqual(0);
        expect(found.score).toBeLessThanOrEqual(100);
        expect(found.factors.reduce((sum, { points }) => sum + points, 0)).toBe(found.score);
        expect(found.level).toBe(levelOfScore(found.score));
        expect(new Set(found.factors.map(({ name }) => name)).size).toBe(found.factors.length);
      }),
      RUNS,
    );
  });

  it('begins each level where the specification says', () => {
    const levels = [0, 30, 31, 60, 61, 80, 81, 100].map(levelOfScore);
    const expected = ['low', 'low', 'medium', 'medium', 'high', 'high', 'critical', 'critical'];
    expect(levels).toEqual(expected);
  });

  it('never throws, whatever it is given', () => {
    const broken = { score: 100, level: 'critical' };
    fc.assert(
      fc.property(fc.anything(), (nonsense) => {
        expect(scoreRisk(nonsense as never).score).toBeLessThanOrEqual(100);
      }),
      RUNS,
    );
    expect(scoreRisk(undefined as never)).toMatchObject(broken);
    expect(scoreRisk({ request: {}, facts: {} } as never)).toMatchObject(broken);
    const trap = { request: { ...inputOf().request, args: undefined }, facts: {} };
    expect(scoreRisk(trap as never)).toMatchObject(broken);
  });

  it('I-10: is the same for the same request', () => {
    fc.assert(
      fc.property(asked, (request) => {
        const copy = JSON.parse(JSON.stringify(request)) as Asked;
        expect(score(copy)).toEqual(score(JSON.parse(JSON.stringify(copy)) as Asked));
        expect(JSON.parse(JSON.stringify(score(copy)))).toEqual(score(copy));
      }),
      RUNS,
    );
  });

  it('never sinks when the agent is registered as riskier', () => {
    fc.assert(
      fc.property(asked, LEVELS, LEVELS, (request, a, b) => {
        const [lower, higher] = [a, b].sort(
          (x, y) => RISK_LEVELS.indexOf(x) - RISK_LEVELS.indexOf(y),
        );
        const at = (riskLevel = a): number => score({ ...request, agent: { riskLevel } }).score;
        expect(at(higher)).toBeGreaterThanOrEqual(at(lower));
      }),
      RUNS,
    );
  });

  it('never sinks by a claim: of a level, or of one data class more', () => {
    const named = fc.array(fc.oneof(fc.constantFrom(...DATA_NAMES.keys()), fc.string()), {
      maxLength: 70,
    });
    const more = fc.oneof(fc.constantFrom(...DATA_NAMES.keys()), fc.string());
    fc.assert(
      fc.property(asked, json, named, more, (request, claim, classes, further) => {
        const unclaimed = score({ ...request, context: {} }).score;
        const claiming = (context: PolicyRequest['context']): number =>
          score({ ...request, context }).score;
        expect(claiming({ risk_level: claim })).toBeGreaterThanOrEqual(unclaimed);
        expect(claiming({ data_classes: claim })).toBeGreaterThanOrEqual(unclaimed);
        expect(claiming({ data_classes: classes })).toBeGreaterThanOrEqual(unclaimed);
        expect(claiming({ data_classes: [...classes, further] })).toBeGreaterThanOrEqual(
          claiming({ data_classes: classes }),
        );
      }),
      RUNS,
    );
  });

  it('never sinks when the amount grows', () => {
    const amount = fc.oneof(fc.double({ min: 0, noNaN: true }), fc.nat(2_000_000));
    fc.assert(
      fc.property(asked, amount, amount, fc.boolean(), (request, a, b, isText) => {
        const paying = (value: number): number => {
          const text = Number.isFinite(value) ? value.toFixed(2) : 'Infinity';
          return score({ ...request, args: { amount: isText ? text : value } }).score;
        };
        fc.pre(Number.isFinite(a) && Number.isFinite(b));
        expect(paying(Math.max(a, b))).toBeGreaterThanOrEqual(paying(Math.min(a, b)));
      }),
      RUNS,
    );
  });

  it('says nothing of what was sent', () => {
    const secret = fc.stringMatching(/^[b-df-hj-np-tv-xz]{9,20}$/);
    fc.assert(
      fc.property(secret, (word) => {
        const found = score({
          action: `pay_${word}`,
          environment: word,
          args: { amount: word, [word]: word },
          context: { risk_level: word, data_classes: [word, 'pii'] },
        });
        expect(JSON.stringify(found)).not.toContain(word);
      }),
      RUNS,
    );
  });
});

describe('strictestLevel', () => {
  it.each<[Json | undefined, AgentProfile['riskLevel'], RiskScore['level'], RiskScore['level']]>([
    [undefined, 'low', 'low', 'low'],
    [undefined, 'medium', 'low', 'medium'],
    [undefined, 'low', 'high', 'high'],
    ['high', 'low', 'medium', 'high'],
    ['low', 'critical', 'low', 'critical'],
    ['nonsense', 'low', 'low', 'critical'],
  ])(
    'of the claim %j, the agent %s and the score %s is %s',
    (claim, riskLevel, level, strictest) => {
      const { request } = inputOf(claim === undefined ? {} : { context: { risk_level: claim } });
      const agent = { ...request.agent, riskLevel };
      expect(strictestLevel({ ...request, agent }, { level })).toBe(strictest);
    },
  );
});
