import fc from 'fast-check';
import type { Json } from '../../../src/core/json';
import { EFFECTS } from '../../../src/core/policy/model';
import type { Effect, PolicyInput } from '../../../src/core/policy/model';
import { join, joinAll, NOTHING, strictest, type Combined } from '../../../src/core/policy/combine';
import { compilePolicy } from '../../../src/core/policy/compile';
import { decide } from '../../../src/core/policy/decide';
import type {
  Condition,
  PolicyDocument,
  RuleDocument,
  Test,
} from '../../../src/core/policy/document';
import { agentId } from '../../../src/core/ids';
import { buildPolicySet, type PolicySet } from '../../../src/core/policy/policy-set';
import {
  DEPENDENCIES,
  documentOf,
  inputOf,
  LISTS,
  ruleOf,
  THROWING_PATTERN,
} from './policy-builders';

const RUNS = { numRuns: 300 };

const requirement = fc.record(
  { chain: fc.constantFrom('standard', 'high-risk'), approverRole: fc.constantFrom('a', 'b') },
  { requiredKeys: ['chain'] },
);
const obligation = fc.record({
  type: fc.constantFrom('warn' as const, 'audit' as const),
  policy: fc.constantFrom('p', 'q'),
  rule: fc.constantFrom('r', 's'),
  message: fc.constant('m'),
});
/** Any outcome that joining can produce. */
const combined: fc.Arbitrary<Combined> = fc
  .array(
    fc.record({
      effect: fc.constantFrom(...EFFECTS),
      requirements: fc.array(requirement, { maxLength: 2 }),
      obligations: fc.array(obligation, { maxLength: 2 }),
    }),
    { maxLength: 3 },
  )
  .map((parts) => joinAll(parts));

describe('join', () => {
  it('is commutative', () => {
    fc.assert(
      fc.property(combined, combined, (a, b) => expect(join(a, b)).toEqual(join(b, a))),
      RUNS,
    );
  });

  it('is associative', () => {
    const law = (a: Combined, b: Combined, c: Combined): void =>
      expect(join(join(a, b), c)).toEqual(join(a, join(b, c)));
    fc.assert(fc.property(combined, combined, combined, law), RUNS);
  });

  it('is idempotent and has a neutral element', () => {
    fc.assert(
      fc.property(combined, (a) => {
        expect(join(a, a)).toEqual(a);
        expect(join(a, NOTHING)).toEqual(a);
      }),
      RUNS,
    );
  });

  it('is monotone towards deny', () => {
    const rank = (effect: Effect): number => EFFECTS.indexOf(effect);
    fc.assert(
      fc.property(combined, combined, (a, b) => {
        const both = join(a, b);
        expect(rank(both.effect)).toBe(Math.max(rank(a.effect), rank(b.effect)));
        for (const one of [...a.requirements, ...b.requirements])
          expect(both.requirements).toContainEqual(one);
        for (const one of [...a.obligations, ...b.obligations])
          expect(both.obligations).toContainEqual(one);
        expect(strictest(a.effect, 'deny')).toBe('deny');
      }),
      RUNS,
    );
  });
});

const field = fc.constantFrom(
  'args.n',
  'args.t',
  'n',
  'context.t',
  'agent.team',
  'risk_level',
  'sql.limit',
  'recipients.domains',
  'args.gone',
);
const test: fc.Arbitrary<Test> = fc.oneof(
  fc.constantFrom<Test>(
    { operator: 'exists' },
    { operator: 'missing' },
    { operator: 'matches', pattern: 'a+' },
    { operator: 'matches', pattern: THROWING_PATTERN },
    { operator: 'contains_any', texts: ['a', 'payments'] },
    { operator: 'domain_not_in', operand: { domains: [], lists: ['customers'] } },
    { operator: 'domain_in', operand: { domains: ['evil.test'], lists: ['unknown'] } },
    { operator: 'in', operand: { from: 'values', values: ['a', 1] } },
  ),
  fc.record({
    operator: fc.constantFrom('greater_than' as const, 'less_than' as const),
    value: fc.integer({ min: -3, max: 3 }),
  }),
  fc.record({
    operator: fc.constantFrom('equals' as const, 'not_equals' as const),
    value: fc.constantFrom('a', 1, true),
  }),
);
const fieldTest: fc.Arbitrary<Condition> = fc.record({
  kind: fc.constant('field' as const),
  field,
  test,
  optional: fc.boolean(),
});
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fieldTest,
    fc.record({ kind: fc.constant('not' as const), of: tie('condition') }),
    fc.record({
      kind: fc.constantFrom('all' as const, 'any' as const),
      of: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
    }),
  ),
}));

const patterns = (...names: string[]): fc.Arbitrary<string[]> =>
  fc.subarray(names, { maxLength: Math.min(2, names.length) });
const actions = patterns('pay', 'refund', 'p*', '*a*');
const environments = patterns('prod', 'dev', 'p*');
const agents = patterns('bot', 'other', 'b*t');
const rule: fc.Arbitrary<Omit<RuleDocument, 'id'>> = fc
  .record(
    {
      actions,
      environments,
      agents,
      when: condition,
      unless: condition,
      effect: fc.constantFrom(
        'allow' as const,
        'audit' as const,
        'require_approval' as const,
        'deny' as const,
      ),
      warn: fc.boolean(),
      exceptionRole: fc.constantFrom('lead', 'head'),
      approverRole: fc.constantFrom('lead', 'head'),
    },
    { requiredKeys: ['actions', 'environments', 'agents', 'effect'] },
  )
  .map((parts) => ruleOf(parts));
const policy: fc.Arbitrary<PolicyDocument> = fc
  .record(
    {
      mode: fc.constantFrom(
        'enforce' as const,
        'enforce' as const,
        'shadow' as const,
        'off' as const,
      ),
      notation: fc.constantFrom('canonical' as const, 'business' as const, 'json_rules' as const),
      scope: fc.record({
        agents,
        actions,
        environments,
        teams: patterns('payments', 'x*'),
        workflows: patterns('w*'),
      }),
      defaultEffect: fc.constantFrom(
        'allow' as const,
        'audit' as const,
        'require_approval' as const,
        'deny' as const,
      ),
      rules: fc
        .array(rule, { maxLength: 5 })
        .map((rules) => rules.map((one, index) => ({ ...one, id: `r${index}` }))),
    },
    { requiredKeys: ['mode', 'notation', 'rules'] },
  )
  .map((parts) => documentOf(parts));
const policies = fc
  .array(policy, { maxLength: 4 })
  .map((documents) => documents.map((document, index) => ({ ...document, id: `p${index}` })));

const value: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom('a', 'payments', 'x@evil.test', 'low', 0, 1, 2, true, null),
  fc.jsonValue({ maxDepth: 2 }).map((json) => json as Json),
);
const input: fc.Arbitrary<PolicyInput> = fc
  .record({
    action: fc.constantFrom('pay', 'refund', 'read'),
    environment: fc.constantFrom('prod', 'dev'),
    args: fc.dictionary(fc.constantFrom('n', 't', 'risk_level'), value),
    context: fc.dictionary(fc.constantFrom('n', 't', 'risk_level'), value),
    exceptionRequested: fc.boolean(),
    justification: fc.constantFrom('', 'needed'),
    agent: fc.constantFrom('bot', 'other'),
    facts: fc.constantFrom(
      {},
      { sql: { error: 'e' } },
      { sql: { value: { limit: 2 } }, recipients: { value: { domains: ['acme.com', 'b.c'] } } },
    ),
  })
  .map(({ facts, agent, ...request }) => {
    const base = inputOf(request, { facts });
    return {
      ...base,
      request: { ...base.request, agent: { ...base.request.agent, id: agentId(agent) } },
    };
  });

const build = (documents: readonly PolicyDocument[]): PolicySet =>
  buildPolicySet(
    documents.map((document) => compilePolicy(document, 1, DEPENDENCIES)),
    LISTS,
  );

/** The same order whatever the seed says about it. */
const shuffled = <T>(items: readonly T[], seed: number): readonly T[] =>
  items
    .map((item, index) => ({ item, key: Math.sin(seed + index * 7919) }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);

describe('decide', () => {
  it('gives the same decision in whatever order policies and rules stand', () => {
    fc.assert(
      fc.property(policies, input, fc.nat(), (documents, request, seed) => {
        const mixed = shuffled(documents, seed).map((document) => ({
          ...document,
          rules: shuffled(document.rules, seed),
        }));
        expect(decide(request, build(mixed))).toEqual(decide(request, build(documents)));
      }),
      RUNS,
    );
  });

  it('finds through the index exactly the rules that apply', () => {
    fc.assert(
      fc.property(policies, input, (documents, request) => {
        const set = build(documents);
        const all = set.policies.flatMap(({ rules }) =>
          [...rules].sort((a, b) => (a.id < b.id ? -1 : 1)),
        );
        const naive: PolicySet = {
          ...set,
          candidates: (one) => all.filter((each) => each.applies(one)),
        };
        expect(decide(request, set)).toEqual(decide(request, naive));
      }),
      RUNS,
    );
  });

  it('I-10: gives the same decision for the same request, policies and snapshot', () => {
    fc.assert(
      fc.property(policies, input, (documents, request) => {
        const copy = JSON.parse(JSON.stringify(request)) as PolicyInput;
        expect(decide(copy, build(documents))).toEqual(decide(request, build(documents)));
      }),
      RUNS,
    );
  });

  it('keeps the promises of its result', () => {
    fc.assert(
      fc.property(policies, input, (documents, request) => {
        const decision = decide(request, build(documents));
        expect(decision.requirements.length > 0).toBe(decision.verdict === 'REQUIRE_APPROVAL');
        expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
        const restricts = decision.matched.some(({ effect }) => effect === 'deny');
        if (decision.matched.length > 0) expect(decision.verdict === 'DENY').toBe(restricts);
        if (decision.exceptionOffered !== undefined) expect(decision.verdict).toBe('DENY');
      }),
      RUNS,
    );
  });

  it('never becomes weaker by a further restrictive rule', () => {
    const restrictive = rule.filter(
      ({ effect }) => effect === 'deny' || effect === 'require_approval',
    );
    const rank = { ALLOW: 0, REQUIRE_APPROVAL: 1, DENY: 2 };
    fc.assert(
      fc.property(policies, restrictive, input, (documents, further, request) => {
        const open = [
          ...documents.map((one) => ({ ...one, defaultEffect: 'allow' as const })),
          documentOf({ id: 'z', defaultEffect: 'allow' }),
        ];
        const more = documentOf({ id: 'zz', rules: [{ ...further, id: 'further' }] });
        const before = decide(request, build(open)).verdict;
        expect(rank[decide(request, build([...open, more])).verdict]).toBeGreaterThanOrEqual(
          rank[before],
        );
      }),
      RUNS,
    );
  });
});

const erring: fc.Arbitrary<Condition> = fc
  .constantFrom<Test>(
    { operator: 'greater_than', value: 1 },
    { operator: 'matches', pattern: THROWING_PATTERN },
    { operator: 'matches', pattern: '(' },
    { operator: 'domain_in', operand: { domains: [], lists: ['unknown'] } },
    { operator: 'in', operand: { from: 'list', list: 'unknown' } },
  )
  .chain((one): fc.Arbitrary<Condition> => {
    const atom: Condition = { kind: 'field', field: 'args.erring', test: one, optional: false };
    const no: Condition = {
      kind: 'field',
      field: 'args.erring',
      test: { operator: 'missing' },
      optional: false,
    };
    return fc.constantFrom<Condition>(
      atom,
      { kind: 'not', of: atom },
      { kind: 'any', of: [no, atom] },
      { kind: 'all', of: [{ kind: 'not', of: no }, atom] },
      { kind: 'not', of: { kind: 'all', of: [atom, { kind: 'not', of: no }] } },
      { kind: 'field', field: 'sql.tables', test: { operator: 'missing' }, optional: true },
      {
        kind: 'scan',
        entries: [{ type: 'text', text: 'nowhere-to-be-found' }, { type: 'select_star' }],
      },
      {
        kind: 'time',
        operator: 'time_within',
        window: { startMinute: 0, endMinute: 1440, weekdays: [], zone: 'Mars/Olympus', text: '' },
      },
    );
  });
const inUnless = fc.boolean();

describe('I-1: decide fails closed', () => {
  const withoutFacts = input.map((one) => ({
    ...one,
    facts: {},
    request: { ...one.request, args: { ...one.request.args, erring: 'https://no number' } },
  }));

  it('never allows when a restrictive rule cannot be evaluated', () => {
    const effect = fc.constantFrom('deny' as const, 'require_approval' as const);
    fc.assert(
      fc.property(
        policies,
        erring,
        effect,
        inUnless,
        withoutFacts,
        (documents, broken, restricts, inside, request) => {
          const conditions = inside ? { unless: broken } : { when: broken };
          const further = documentOf({
            id: 'zz',
            defaultEffect: 'allow',
            rules: [ruleOf({ effect: restricts, ...conditions })],
          });
          const decision = decide(request, build([...documents, further]));
          expect(decision.verdict).not.toBe('ALLOW');
          expect(decision.matched).toContainEqual(
            expect.objectContaining({ policy: 'zz', policyError: expect.any(String) as string }),
          );
        },
      ),
      RUNS,
    );
  });

  it('never allows by a rule that cannot be evaluated', () => {
    const effect = fc.constantFrom('allow' as const, 'audit' as const);
    fc.assert(
      fc.property(erring, effect, inUnless, withoutFacts, (broken, permits, inside, request) => {
        const conditions = inside ? { unless: broken } : { when: broken };
        const only = documentOf({
          rules: [ruleOf({ effect: permits, actions: [request.request.action], ...conditions })],
          defaultEffect: 'deny',
        });
        expect(decide(request, build([only])).verdict).toBe('DENY');
      }),
      RUNS,
    );
  });

  it('never throws, whatever it is given', () => {
    const anything = fc.anything() as fc.Arbitrary<PolicyInput>;
    const open = build([
      documentOf({ defaultEffect: 'allow', rules: [ruleOf({ actions: ['pay'], effect: 'deny' })] }),
    ]);
    fc.assert(
      fc.property(anything, (nonsense) => {
        expect(['ALLOW', 'DENY']).toContain(decide(nonsense, open).verdict);
      }),
      RUNS,
    );
  });

  it('denies what is no request', () => {
    const open = build([documentOf({ defaultEffect: 'allow' })]);
    const nonsense = { request: undefined, facts: {}, nowMs: 0 } as unknown as PolicyInput;
    expect(decide(nonsense, open)).toMatchObject({ verdict: 'DENY', reasonCode: 'policy_error' });
  });
});
