import { decide } from '../../../src/core/policy/decide';
import type { Facts, PolicyRequest } from '../../../src/core/policy/model';
import {
  compiled,
  inputOf,
  policyOf,
  setOf,
  setWithRule,
  THROWING_PATTERN,
} from './policy-builders';

type Answer = 'yes' | 'no' | 'unknown';

/** What the condition says, read off a denial: an unknown answer denies with a policy error. */
function answer(when: string, request: Partial<PolicyRequest>, facts: Facts = {}): Answer {
  const { verdict, matched } = decide(inputOf(request, { facts }), setWithRule(when));
  if (verdict === 'ALLOW') return 'no';
  return matched[0]?.policyError === undefined ? 'yes' : 'unknown';
}

describe('operators', () => {
  it.each<[string, PolicyRequest['args'], Answer]>([
    ['equals: a', { x: 'a' }, 'yes'],
    ['equals: a', { x: 'A' }, 'no'],
    ['equals: a', { x: 5 }, 'unknown'],
    ['equals: 5', { x: '5' }, 'unknown'],
    ['equals: true', { x: true }, 'yes'],
    ['not_equals: a', { x: 'b' }, 'yes'],
    ['not_equals: a', { x: null }, 'unknown'],
    ['in: [a, 5]', { x: 5 }, 'yes'],
    ['in: [a, 5]', { x: { a: 1 } }, 'unknown'],
    ['in: customers', { x: 'acme.com' }, 'yes'],
    ['not_in: [a]', { x: 'a' }, 'no'],
    ['not_in: [a]', {}, 'unknown'],
    ['greater_than: 5', { x: 5 }, 'no'],
    ['greater_than: 5', { x: 5.01 }, 'yes'],
    ['greater_than: 5', { x: '6' }, 'unknown'],
    ['greater_or_equal: 5', { x: 5 }, 'yes'],
    ['less_than: 5', { x: 5 }, 'no'],
    ['less_or_equal: 5', { x: 5 }, 'yes'],
    ['between: [1, 5]', { x: 1 }, 'yes'],
    ['between: [1, 5]', { x: 5.1 }, 'no'],
    ['greater_than: 1, less_than: 3', { x: 2 }, 'yes'],
    ['greater_than: 1, less_than: 3', { x: 3 }, 'no'],
    ['contains: Bc', { x: 'aBCd' }, 'yes'],
    ['contains: bc', { x: 'a\uff22\uff23' }, 'yes'],
    ['contains: a', { x: ['A', 'b'] }, 'yes'],
    ['contains: a', { x: ['ab'] }, 'no'],
    ['contains: a', { x: 5 }, 'unknown'],
    ['contains_any: [q, b]', { x: 'abc' }, 'yes'],
    ['contains_all: [a, q]', { x: 'abc' }, 'no'],
    ['contains_all: [a, b]', { x: ['b', 'a'] }, 'yes'],
    ['starts_with: AB', { x: 'abc' }, 'yes'],
    ['ends_with: [x, bc]', { x: 'abc' }, 'yes'],
    ['matches: "^a+$"', { x: 'aaa' }, 'yes'],
    ['matches: "b"', { x: 'abc' }, 'yes'],
    ['matches: "^b"', { x: 'abc' }, 'no'],
    ['matches: "(?=a)"', { x: 'abc' }, 'unknown'],
    ['matches: "a"', { x: 'a'.repeat(70_000) }, 'unknown'],
    [`matches: ${THROWING_PATTERN}`, { x: 'a' }, 'unknown'],
    ['exists: true', { x: 0 }, 'yes'],
    ['exists: true', { x: null }, 'no'],
    ['missing: true', {}, 'yes'],
    ['exists: false', { x: 1 }, 'no'],
    ['equals: a, optional: true', {}, 'no'],
    ['count_greater_than: 1', { x: [1, 2] }, 'yes'],
    ['count_greater_than: 2', { x: [1, 2] }, 'no'],
    ['count_greater_than: 0', { x: 'ab' }, 'unknown'],
    ['cidr_in: [10.0.0.0/8]', { x: '10.200.1.1' }, 'yes'],
    ['cidr_in: [10.0.0.0/8]', { x: '11.0.0.1' }, 'no'],
    ['cidr_in: [10.0.0.0/8]', { x: '::ffff:10.0.0.1' }, 'yes'],
    ['cidr_in: ["2001:db8::/32"]', { x: '2001:db8:1::5' }, 'yes'],
    ['cidr_in: [10.0.0.0/8]', { x: '010.0.0.1' }, 'unknown'],
    ['domain_in: customers', { x: 'Bob <bob@ACME.com>' }, 'yes'],
    ['domain_in: [a.com, customers]', { x: 'https://a.com:8443/x@b.com' }, 'yes'],
    ['domain_in: [acme.com]', { x: 'https://acme.com@evil.test/' }, 'no'],
    ['domain_in: [acme.com]', { x: 'https://evil.test\\@acme.com/' }, 'no'],
    ['domain_in: ["*.acme.com"]', { x: 'mail.acme.com' }, 'yes'],
    ['domain_in: ["*.acme.com"]', { x: 'notacme.com' }, 'no'],
    ['domain_not_in: customers', { x: 'a@acme.com, b@evil.test' }, 'yes'],
    ['domain_not_in: customers', { x: 'acme.com.' }, 'no'],
    ['domain_not_in: customers', { x: '???' }, 'unknown'],
    ['domain_in: customers', { x: 'a@\uff41cme.com' }, 'unknown'],
  ])('{ field: args.x, %s } on %j: %s', (test, args, expected) => {
    expect(answer(`{ field: args.x, ${test} }`, { args })).toBe(expected);
  });

  it.each([
    ['deny', 'domain_in: [evil.test]', 'DENY'],
    ['deny', 'domain_not_in: customers', 'DENY'],
    ['deny', 'equals: a@evil.test', 'DENY'],
    ['allow', 'domain_in: customers', 'DENY'],
    ['allow', 'ends_with: "@acme.com"', 'DENY'],
    ['audit', 'domain_in: customers', 'DENY'],
  ])('reads several values in the way stricter for %s: %s', (effect, test, verdict) => {
    const defaults = `defaults: { outcome: ${effect === 'deny' ? 'allow' : 'deny'} }`;
    const rule = `  - { id: r, match: { action: pay }, when: { field: args.to, ${test} }, then: ${effect} }`;
    const mixed = inputOf({ args: { to: ['a@acme.com', 'a@evil.test'] } });
    expect(decide(mixed, setOf(policyOf(rule, defaults))).verdict).toBe(verdict);
  });

  it('scans a hundred thousand values without running out of stack', () => {
    const text =
      '{"rules":[{"id":"R","match":{"tool_name":"*"},"when":{"contains_any":["drop"]},"outcome":"DENY"}]}';
    const list = Array.from({ length: 200_000 }, () => 1);
    expect(decide(inputOf({ args: { list } }), setOf(compiled(text))).verdict).toBe('ALLOW');
  });

  it('reads several values strictly in the exception of a rule, too', () => {
    const rule = '  - { id: r, unless: { field: args.to, domain_in: customers }, then: deny }';
    const set = setOf(policyOf(rule, 'defaults: { outcome: allow }'));
    const to = (...to: string[]) => decide(inputOf({ args: { to } }), set).verdict;
    expect(to('a@acme.com')).toBe('ALLOW');
    expect(to('a@acme.com', 'a@evil.test')).toBe('DENY');
  });
});

describe('composition', () => {
  const YES = '{ field: args.n, equals: 1 }';
  const NO = '{ field: args.n, equals: 2 }';
  const UNKNOWN = '{ field: args.gone, equals: 1 }';

  it.each<[string, Answer]>([
    [`{ all: [${YES}, ${YES}] }`, 'yes'],
    [`{ and: [${YES}, ${NO}] }`, 'no'],
    [`{ all: [${UNKNOWN}, ${NO}] }`, 'no'],
    [`{ all: [${UNKNOWN}, ${YES}] }`, 'unknown'],
    [`{ any: [${NO}, ${YES}] }`, 'yes'],
    [`{ or: [${NO}, ${NO}] }`, 'no'],
    [`{ any: [${UNKNOWN}, ${YES}] }`, 'yes'],
    [`{ any: [${UNKNOWN}, ${NO}] }`, 'unknown'],
    [`{ not: ${YES} }`, 'no'],
    [`{ not: ${NO} }`, 'yes'],
    [`{ not: ${UNKNOWN} }`, 'unknown'],
    [`{ not: { not: ${UNKNOWN} } }`, 'unknown'],
  ])('%s: %s', (when, expected) => {
    expect(answer(when, { args: { n: 1 } })).toBe(expected);
  });
});

describe('fields', () => {
  it.each<[string, Partial<PolicyRequest>, Answer]>([
    ['field: args.a.b.0, equals: 1', { args: { a: { b: [1] } } }, 'yes'],
    ['field: args.constructor, exists: true', {}, 'no'],
    ['field: args.toString.name, exists: true', {}, 'no'],
    ['field: x, equals: 1', { args: { x: 1 }, context: { x: 2 } }, 'yes'],
    ['field: x, equals: 2', { context: { x: 2 } }, 'yes'],
    ['field: owner, equals: bob', {}, 'yes'],
    ['field: agent.team, equals: payments', { args: { team: 'x' } }, 'yes'],
    ['field: agent.tags, contains: beta', {}, 'yes'],
    ['field: agent.risk_level, equals: medium', { context: { risk_level: 'high' } }, 'yes'],
    ['field: risk_level, equals: high', { context: { risk_level: 'HIGH' } }, 'yes'],
    ['field: risk_level, equals: medium', { context: { risk_level: 'low' } }, 'yes'],
    ['field: risk_level, in: [high, critical]', { context: { risk_level: 'none' } }, 'unknown'],
    ['field: action, equals: pay', {}, 'yes'],
    ['field: action.name, equals: pay', {}, 'yes'],
    ['field: environment, equals: prod', { args: { environment: 'dev' } }, 'yes'],
    ['field: time.hour, equals: 12', {}, 'yes'],
    ['field: time.weekday, equals: wed', {}, 'yes'],
  ])('{ %s } on %j: %s', (test, request, expected) => {
    expect(answer(`{ ${test} }`, request)).toBe(expected);
  });

  it.each<[string, Facts, Answer]>([
    ['field: sql.limit, greater_than: 5', { sql: { value: { limit: 9 } } }, 'yes'],
    ['field: sql.limit, greater_than: 5', { sql: { error: 'no' } }, 'unknown'],
    ['field: sql.limit, greater_than: 5, optional: true', { sql: { error: 'no' } }, 'unknown'],
    ['field: sql.limit, exists: false', {}, 'unknown'],
    ['field: sql.limit, exists: true', { sql: { error: 'no' } }, 'unknown'],
  ])('{ %s } on the facts %j: %s', (test, facts, expected) => {
    expect(answer(`{ ${test} }`, {}, facts)).toBe(expected);
  });

  it('keeps every fact that failed unknown, also after another one did', () => {
    const when =
      '{ all: [ { field: recipients.count, exists: true }, { field: sql.limit, exists: true } ] }';
    const facts = { recipients: { error: 'first' }, sql: { error: 'second' } };
    expect(answer(when, {}, facts)).toBe('unknown');
  });
});

describe('bare names that the registry knows', () => {
  const RULE = {
    equals: '{ field: team, equals: payments }',
    not: '{ field: team, not_equals: payments }',
  };

  it.each<[string, keyof typeof RULE, string | undefined, string]>([
    ['deny', 'equals', undefined, 'DENY'],
    ['deny', 'equals', 'sales', 'DENY'],
    ['deny', 'not', undefined, 'ALLOW'],
    ['deny', 'not', 'sales', 'DENY'],
    ['require_approval', 'equals', 'sales', 'REQUIRE_APPROVAL'],
    ['allow', 'equals', undefined, 'ALLOW'],
    ['allow', 'equals', 'payments', 'ALLOW'],
    ['allow', 'equals', 'sales', 'DENY'],
    ['allow', 'not', 'sales', 'DENY'],
    ['audit', 'not', 'sales', 'DENY'],
  ])('%s where team %s, claimed to be %s: %s', (effect, test, claim, verdict) => {
    const isRestrictive = effect === 'deny' || effect === 'require_approval';
    const rule = `  - { id: r, match: { action: pay }, when: ${RULE[test]}, then: ${effect} }`;
    const set = setOf(policyOf(rule, `defaults: { outcome: ${isRestrictive ? 'allow' : 'deny'} }`));
    const claims = claim === undefined ? {} : { team: claim };
    expect(decide(inputOf({ args: claims }), set).verdict).toBe(verdict);
    expect(decide(inputOf({ context: claims }), set).verdict).toBe(verdict);
  });

  it('cannot be claimed to meet the exception of a denial', () => {
    const rule = '  - { id: r, unless: { field: owner, equals: alice }, then: deny }';
    const set = setOf(policyOf(rule, 'defaults: { outcome: allow }'));
    expect(decide(inputOf({ context: { owner: 'alice' } }), set).verdict).toBe('DENY');
  });

  it('are what the request says where the registry says nothing', () => {
    const request = { context: { model: 'gpt-4' } };
    expect(answer('{ field: model, equals: gpt-4 }', request)).toBe('yes');
    expect(answer('{ field: model, equals: other }', request)).toBe('no');
  });

  it('are shown with both values', () => {
    const set = setWithRule('{ field: team, equals: legal }');
    const { trace } = decide(inputOf({ args: { team: 'sales' } }), set);
    expect(trace[0]?.failed?.actual).toBe('sales (registered: payments)');
  });
});

describe('the work of one decision', () => {
  const rules = (count: number, test: string): string =>
    Array.from({ length: count }, (_, n) => {
      const when = `{ field: args.x, ${test.replace('#', `q${n}`)} }`;
      return `  - { id: r${n}, when: ${when}, then: deny }`;
    }).join('\n');
  const verdictOf = (count: number, test: string, x: PolicyRequest['args'][string]) =>
    decide(
      inputOf({ args: { x } }),
      setOf(policyOf(rules(count, test), 'defaults: { outcome: allow }')),
    );

  it.each<[string, number, string, PolicyRequest['args'][string]]>([
    ['patterns', 3, 'matches: "#"', 'a'.repeat(60_000)],
    ['patterns on lists', 1, 'matches: "#"', Array.from({ length: 4 }, () => 'a'.repeat(40_000))],
    ['searches', 300, 'contains: "#"', 'a'.repeat(250_000)],
    ['addresses', 20, 'cidr_in: [10.0.0.0/8]', Array.from({ length: 20_000 }, () => '11.0.0.1')],
    ['lists', 60, 'equals: "#"', Array.from({ length: 80_000 }, () => 'b')],
  ])('is bounded for %s, and what is left undone restricts', (_name, count, test, x) => {
    const { verdict, matched } = verdictOf(count, test, x);
    expect(verdict).toBe('DENY');
    expect(matched[0]?.policyError).toContain('too much text');
  });

  it.each<[string, number, string, PolicyRequest['args'][string]]>([
    ['patterns', 2, 'matches: "#"', 'a'.repeat(60_000)],
    ['searches', 200, 'contains: "#"', 'a'.repeat(250_000)],
    ['searches in lists', 100, 'contains: "#"', Array.from({ length: 80_000 }, () => 'b')],
  ])('suffices for ordinary %s', (_name, count, test, x) => {
    expect(verdictOf(count, test, x).verdict).toBe('ALLOW');
  });

  it('includes that of looking for the nearest change', () => {
    const numbers = Array.from(
      { length: 4 },
      (_, n) => `  - { id: n${n}, when: { field: args.n${n}, greater_than: 1 }, then: deny }`,
    );
    const pattern = '  - { id: p, when: { field: args.x, matches: q }, then: deny }';
    const set = setOf(policyOf([...numbers, pattern].join('\n'), 'defaults: { outcome: allow }'));
    const args = { n0: 5, n1: 5, n2: 5, n3: 5 };
    const explain = (x: string) => decide(inputOf({ args: { ...args, x } }), set).explanation;
    expect(explain('a')).toContain('Would be allowed');
    expect(explain('a'.repeat(60_000))).not.toContain('Would be allowed');
  });
});

describe('time windows', () => {
  const at = (window: string, time: string): string => {
    const set = setWithRule(`{ time_within: "${window}" }`);
    return decide(inputOf({}, { nowMs: Date.parse(time) }), set).verdict === 'DENY' ? 'in' : 'out';
  };

  it.each([
    ['9am-5pm EST', '2026-03-04T13:59:59Z', 'out'],
    ['9am-5pm EST', '2026-03-04T14:00:00Z', 'in'],
    ['9am-5pm EST', '2026-03-04T21:59:59Z', 'in'],
    ['9am-5pm EST', '2026-03-04T22:00:00Z', 'out'],
    // In July New York is an hour ahead of EST.
    ['9am-5pm EST', '2026-07-01T13:30:00Z', 'out'],
    ['9am-5pm America/New_York', '2026-07-01T13:30:00Z', 'in'],
    ['22:00-06:00 UTC', '2026-03-04T23:00:00Z', 'in'],
    ['22:00-06:00 UTC', '2026-03-04T05:59:00Z', 'in'],
    ['22:00-06:00 UTC', '2026-03-04T12:00:00Z', 'out'],
    ['mon-fri 9am-5pm UTC', '2026-03-06T12:00:00Z', 'in'],
    ['mon-fri 9am-5pm UTC', '2026-03-07T12:00:00Z', 'out'],
    // The window that starts on Friday evening reaches into Saturday.
    ['fri 22:00-06:00 UTC', '2026-03-07T05:00:00Z', 'in'],
    ['fri 22:00-06:00 UTC', '2026-03-06T05:00:00Z', 'out'],
    ['sat-mon 9 am - 5 pm UTC', '2026-03-08T12:00:00Z', 'in'],
    ['00:00-24:00', '2026-03-08T12:00:00Z', 'in'],
  ])('%s holds %s: %s', (window, time, expected) => {
    expect(at(window, time)).toBe(expected);
  });
});

describe('notations differ in two readings only', () => {
  const json = (when: string): string =>
    `{"rules":[{"id":"R","match":{"tool_name":"*"},"when":${when},"outcome":"DENY"}]}`;
  const business = (when: string): string => `policy: { name: R, when: ${when}, then: block }`;
  const verdict = (text: string, args: PolicyRequest['args']): string =>
    decide(inputOf({ args }), setOf(compiled(text))).verdict;

  it.each([
    ['450', 'DENY'],
    ['100', 'ALLOW'],
    [' 100.01 ', 'DENY'],
    ['1e9', 'DENY'],
    ['1,000', 'DENY'],
    ['100.0000000000000000001', 'DENY'],
  ])(
    'reads the decimal text %j as its number, or fails toward the rule: %s',
    (amount, expected) => {
      expect(verdict(json('{"amount_greater_than":100}'), { amount })).toBe(expected);
      expect(verdict(business('{ field: amount, greater_than: 100 }'), { amount })).toBe(expected);
    },
  );

  it('lets a missing field match in JSON rules and not in the business notation', () => {
    expect(verdict(json('{"amount_greater_than":100}'), {})).toBe('DENY');
    expect(verdict(business('{ field: amount, greater_than: 100 }'), {})).toBe('ALLOW');
  });

  it('treats a fact that failed as unknown in the business notation as well', () => {
    expect(verdict(business('{ field: recipients.count, greater_than: 100 }'), {})).toBe('DENY');
  });

  it.each([
    ['drop', { q: 'x; DROP table' }, 'DENY'],
    ['drop', { q: 'last_drop' }, 'ALLOW'],
    ['drop', { q: 'Drops' }, 'ALLOW'],
    ['drop', { q: 'd r o p' }, 'ALLOW'],
    ['drop', { deep: [{ list: ['a', 'drop'] }] }, 'DENY'],
    ['drop', { q: '\uff24\uff32\uff2f\uff30' }, 'DENY'],
    ['drop', { q: 'dropé drop' }, 'DENY'],
    ['drop', { q: 'dropé' }, 'ALLOW'],
    ['drop table', { q: 'a drop table b' }, 'DENY'],
    ['--', { q: 'a--b' }, 'DENY'],
  ])('finds %j in %j on word boundaries: %s', (word, args, expected) => {
    const text = json(`{"contains_any":[${JSON.stringify(word)}]}`);
    expect(verdict(text, args as PolicyRequest['args'])).toBe(expected);
  });
});
