import { basisOf } from '../../../src/core/policy/basis';
import { decide } from '../../../src/core/policy/decide';
import type { PolicyRequest } from '../../../src/core/policy/model';
import { factsNeeded } from '../../../src/core/policy/policy-set';
import { compiled, inputOf, policyOf, setOf, setWithRule } from './policy-builders';

const ALLOW_REST = 'defaults: { outcome: allow }';

describe('decide: combining', () => {
  const rules = {
    allow: '  - { id: allow, match: { action: pay }, then: allow }',
    audit: '  - { id: audit, match: { action: pay }, then: audit }',
    approval: '  - { id: approval, then: require_approval }',
    deny: '  - { id: deny, then: deny }',
  };

  it.each([
    ['allow and audit', ['allow', 'audit'], 'ALLOW'],
    ['allow and approval', ['allow', 'approval'], 'REQUIRE_APPROVAL'],
    ['approval and deny', ['approval', 'deny'], 'DENY'],
    ['all', ['allow', 'audit', 'approval', 'deny'], 'DENY'],
  ] as const)('takes the most restrictive of %s', (_name, names, verdict) => {
    const policies = names.map((name) => policyOf(rules[name], '', name));
    expect(decide(inputOf(), setOf(...policies)).verdict).toBe(verdict);
  });

  it('unites the requirements of all approvals and keeps none on a denial', () => {
    const two =
      policyOf(`  - { id: a, then: require_approval, approval: { approver_role: treasurer } }
  - { id: b, then: require_approval, approval: { chain: high-risk } }
  - { id: c, then: require_approval, approval: { approver_role: treasurer } }`);
    expect(decide(inputOf(), setOf(two)).requirements).toEqual([
      { chain: 'high-risk' },
      { chain: 'standard', approverRole: 'treasurer' },
    ]);
    const flagged = policyOf(`  - { id: a, match: { action: pay }, then: audit }
  - { id: b, then: require_approval, approval: { chain: high-risk } }`);
    expect(decide(inputOf(), setOf(flagged)).requirements).toEqual([{ chain: 'high-risk' }]);
    const denied = decide(inputOf(), setOf(two, policyOf(rules.deny, '', 'z')));
    expect(denied.requirements).toEqual([]);
  });

  it('carries the flags of audit and warn rules as obligations', () => {
    const set = setOf(
      policyOf('  - { id: w, match: { action: pay }, then: warn, reason: Careful }'),
    );
    expect(decide(inputOf(), set)).toMatchObject({
      verdict: 'ALLOW',
      obligations: [
        { type: 'audit', policy: 'p', rule: 'w', message: 'Careful' },
        { type: 'warn', policy: 'p', rule: 'w', message: 'Careful' },
      ],
    });
  });
});

describe('decide: defaults', () => {
  it('denies with no_active_policy when no policy is enforced', () => {
    const shadow = policyOf('  - { id: r, then: allow }', 'mode: shadow');
    const off = policyOf('  - { id: r, then: allow }', 'mode: off', 'q');
    for (const set of [setOf(), setOf(shadow), setOf(off)]) {
      expect(decide(inputOf(), set)).toMatchObject({
        verdict: 'DENY',
        reasonCode: 'no_active_policy',
      });
    }
  });

  it('takes the strictest default, only when no rule of any policy matched', () => {
    const open = policyOf(
      '  - { id: r, match: { action: read }, then: allow }',
      ALLOW_REST,
      'open',
    );
    const closed = policyOf('  []', 'defaults: { outcome: deny }', 'closed');
    expect(decide(inputOf({ action: 'read' }), setOf(open, closed)).verdict).toBe('ALLOW');
    const decision = decide(inputOf(), setOf(open, closed));
    expect(decision.verdict).toBe('DENY');
    expect(decision.matched).toMatchObject([{ policy: 'closed', rule: 'default', effect: 'deny' }]);
    expect(decision.trace.at(-1)).toMatchObject({
      policy: 'closed',
      rule: 'default',
      matched: true,
    });
  });

  it.each([
    ['a', 'z'],
    ['z', 'a'],
  ])('finds the strictest default whether its policy is %s or %s', (strict, lax) => {
    const deny = policyOf('  []', 'defaults: { outcome: deny }', strict);
    const allow = policyOf('  []', ALLOW_REST, lax);
    expect(decide(inputOf(), setOf(deny, allow))).toMatchObject({
      verdict: 'DENY',
      matched: [{ policy: strict }],
    });
  });

  it('denies when no policy gives a default', () => {
    const decision = decide(
      inputOf(),
      setOf(policyOf('  - { id: r, match: { action: x }, then: allow }')),
    );
    expect(decision).toMatchObject({
      verdict: 'DENY',
      matched: [{ policy: 'none', rule: 'default' }],
    });
  });

  it('asks for the standard chain when the default is approval', () => {
    const set = setOf(policyOf('  []', 'defaults: { outcome: require_approval }'));
    expect(decide(inputOf(), set)).toMatchObject({
      verdict: 'REQUIRE_APPROVAL',
      requirements: [{ chain: 'standard' }],
    });
  });

  it.each([
    ['a catch-all audit', '  - { id: a, then: audit }'],
    [
      'an audit that could not be evaluated',
      '  - { id: a, match: { action: pay }, when: { field: args.x, equals: 1 }, then: audit }',
    ],
  ])('does not let %s lift a default denial', (_name, rule) => {
    const decision = decide(inputOf(), setOf(policyOf(rule, 'defaults: { outcome: deny }')));
    expect(decision.verdict).toBe('DENY');
    expect(decision.obligations).toHaveLength(1);
  });

  it('lets an audit of named actions lift it, named by the rule or by the scope', () => {
    const deny = 'defaults: { outcome: deny }';
    const byRule = policyOf('  - { id: a, match: { action: pay }, then: audit }', deny);
    const byScope = policyOf('  - { id: a, then: audit }', `scope: { actions: [pay] }\n${deny}`);
    for (const policy of [byRule, byScope]) {
      expect(decide(inputOf(), setOf(policy)).verdict).toBe('ALLOW');
    }
  });

  it('ignores the default of a policy whose scope does not cover the request', () => {
    const scoped = policyOf(
      '  []',
      'scope: { agents: ["other-*"] }\ndefaults: { outcome: deny }',
      'scoped',
    );
    const decision = decide(inputOf(), setOf(scoped, policyOf('  []', ALLOW_REST)));
    expect(decision.verdict).toBe('ALLOW');
    expect(decision.policyChain.map(({ policy }) => policy)).toEqual(['p']);
  });
});

describe('decide: scope and mode', () => {
  it.each([
    ['agents: ["b*"]', {}, 'DENY'],
    ['agents: [bot, other]', {}, 'DENY'],
    ['agents: [other]', {}, 'ALLOW'],
    ['actions: ["p*y"]', {}, 'DENY'],
    ['actions: [refund]', {}, 'ALLOW'],
    ['environments: [prod]', {}, 'DENY'],
    ['environments: [prod]', { environment: 'dev' }, 'ALLOW'],
    ['teams: [payments]', {}, 'DENY'],
    ['teams: [sales]', {}, 'ALLOW'],
    ['workflows: ["billing*"]', { workflowType: 'billingRun' }, 'DENY'],
    ['workflows: ["billing*"]', {}, 'ALLOW'],
    ['agents: ["*"], actions: []', {}, 'DENY'],
  ] as const)(
    'applies a policy of scope %s to %j: %s',
    (scope, request: Partial<PolicyRequest>, verdict) => {
      const scoped = policyOf('  - { id: r, then: deny }', `scope: { ${scope} }`, 'scoped');
      expect(decide(inputOf(request), setOf(scoped, policyOf('  []', ALLOW_REST))).verdict).toBe(
        verdict,
      );
    },
  );

  it('evaluates and traces a shadow policy without applying it', () => {
    const shadow = policyOf(
      '  - { id: r, then: deny }',
      'mode: shadow\ndefaults: { outcome: deny }',
      'shadow',
    );
    const decision = decide(inputOf(), setOf(shadow, policyOf('  []', ALLOW_REST)));
    expect(decision.verdict).toBe('ALLOW');
    expect(decision.matched).toMatchObject([
      { policy: 'risk', rule: 'band-medium' },
      { policy: 'p', rule: 'default' },
    ]);
    expect(decision.trace[0]).toMatchObject({
      policy: 'shadow',
      rule: 'r',
      matched: true,
      shadow: true,
    });
    expect(decision.policyChain).toContainEqual({
      policy: 'shadow',
      version: 1,
      effect: 'deny',
      shadow: true,
    });
  });

  it('leaves a policy that is off out altogether', () => {
    const off = policyOf('  - { id: r, then: deny }', 'mode: off', 'off');
    const decision = decide(inputOf(), setOf(off, policyOf('  []', ALLOW_REST)));
    expect(JSON.stringify(decision)).not.toContain('"off"');
  });
});

describe('decide: exceptions', () => {
  const exceptional =
    '  - { id: e, match: { action: pay }, then: deny, exceptions: { approver_role: lead } }';
  const asks: Partial<PolicyRequest> = { exceptionRequested: true, justification: 'audit' };

  it('offers the exception with the denial', () => {
    const decision = decide(inputOf(), setOf(policyOf(exceptional)));
    expect(decision).toMatchObject({ verdict: 'DENY', exceptionOffered: 'lead' });
    expect(decision.explanation).toContain(
      'An exception can be requested, with a justification, from lead.',
    );
  });

  it('turns the denial into an approval by that role when asked for with a justification', () => {
    expect(decide(inputOf(asks), setOf(policyOf(exceptional)))).toMatchObject({
      verdict: 'REQUIRE_APPROVAL',
      requirements: [{ chain: 'standard', approverRole: 'lead' }],
      matched: [{ rule: 'e', effect: 'require_approval' }],
    });
  });

  it.each(['', '   '])('does not take the justification %j for one', (justification) => {
    const input = inputOf({ exceptionRequested: true, justification });
    expect(decide(input, setOf(policyOf(exceptional))).verdict).toBe('DENY');
  });

  it('never lifts another denial, and then offers nothing', () => {
    const set = setOf(policyOf(`${exceptional}\n  - { id: other, then: deny }`));
    for (const request of [{}, asks]) {
      const decision = decide(inputOf(request), set);
      expect(decision.verdict).toBe('DENY');
      expect(decision).not.toHaveProperty('exceptionOffered');
    }
    expect(decide(inputOf(asks), set).explanation).toContain('does not lift');
  });

  it('offers none for a denial that could not be evaluated', () => {
    const rule =
      '  - { id: e, when: { field: args.x, equals: 1 }, then: deny, exceptions: { approver_role: lead } }';
    const decision = decide(inputOf(asks), setOf(policyOf(rule)));
    expect(decision).toMatchObject({ verdict: 'DENY', reasonCode: 'policy_error' });
    expect(decision).not.toHaveProperty('exceptionOffered');
  });
});

describe('decide: trace and explanation', () => {
  it('says of a rule that did not match which test failed, expected and actual', () => {
    const set = setWithRule(
      '{ all: [ { field: args.amount, greater_than: 100 }, { field: args.to, equals: x } ] }',
    );
    const [trace] = decide(inputOf({ args: { amount: 7, to: 'x' } }), set).trace;
    expect(trace).toEqual({
      policy: 'p',
      version: 1,
      rule: 'r',
      effect: 'deny',
      matched: false,
      failed: { field: 'args.amount', operator: 'greater_than', expected: '100', actual: '7' },
    });
  });

  it('shows no secret by key name, nor controls, nor long text', () => {
    const secret = {
      args: {
        apiKey: 'hunter2',
        note: `a\u202e\n${'x'.repeat(200)}`,
        box: { dbPassword: 'hunter2' },
      },
    };
    const when = (field: string): string => `{ field: ${field}, starts_with: zzz }`;
    const shown = (field: string): string =>
      decide(inputOf(secret), setWithRule(when(field))).trace[0]?.failed?.actual ?? '';
    expect(shown('args.apiKey')).toBe('[redacted]');
    expect(shown('args.note')).toHaveLength(80);
    expect(shown('args.note')).toMatch(/^a\uFFFD\uFFFDx+…$/);
    const contains = setWithRule('{ field: args.box, exists: false }');
    const boxed = decide(inputOf(secret), contains).trace[0]?.failed?.actual;
    expect(boxed).toBe('{dbPassword: [redacted]}');
  });

  it('names the nearest change that would allow', () => {
    const set = setWithRule('{ field: args.amount, greater_than: 100 }');
    expect(decide(inputOf({ args: { amount: 450 } }), set).explanation).toBe(
      'Denied by rule r of policy p: Rule r. Would be allowed if args.amount ≤ 100. Risk 48 of 100 (medium): action 24, environment 10, agent 8, amount 6.',
    );
  });

  it('does not count what a shadow policy would say against a change', () => {
    const shadow = policyOf('  - { id: s, then: deny }', 'mode: shadow', 'shadow');
    const rule = '  - { id: r, when: { field: args.amount, greater_than: 100 }, then: deny }';
    const { explanation } = decide(
      inputOf({ args: { amount: 450 } }),
      setOf(policyOf(rule, ALLOW_REST), shadow),
    );
    expect(explanation).toContain('Would be allowed if args.amount ≤ 100.');
  });

  it('joins the changes that several rules need, and keeps the tighter one', () => {
    const set = setOf(
      policyOf(
        `  - { id: a, when: { field: args.amount, greater_than: 100 }, then: deny }
  - { id: b, when: { field: args.amount, greater_or_equal: 50 }, then: require_approval }
  - { id: c, when: { field: args.seats, greater_than: 3 }, then: deny }`,
        ALLOW_REST,
      ),
    );
    const { explanation } = decide(inputOf({ args: { amount: 450, seats: 9 } }), set);
    expect(explanation).toContain('Would be allowed if args.amount < 50 and args.seats ≤ 3.');
  });

  it('promises no change that another rule or the default would still refuse', () => {
    const below = `  - { id: a, when: { field: args.amount, greater_than: 100 }, then: deny }
  - { id: b, when: { field: args.amount, less_or_equal: 100 }, then: deny }`;
    const closed = policyOf(
      '  - { id: a, when: { field: args.amount, greater_than: 100 }, then: deny }',
    );
    for (const set of [setOf(policyOf(below, ALLOW_REST)), setOf(closed)]) {
      expect(decide(inputOf({ args: { amount: 450 } }), set).explanation).not.toContain(
        'Would be allowed',
      );
    }
  });

  it('says why a rule counts as matched without an answer', () => {
    const decision = decide(inputOf(), setWithRule('{ field: args.amount, greater_than: 100 }'));
    expect(decision.matched).toMatchObject([{ rule: 'r', policyError: 'args.amount is missing' }]);
    expect(decision.trace).toMatchObject([
      { rule: 'r', matched: true, policyError: 'args.amount is missing' },
    ]);
    expect(decision.explanation).toContain(
      'rule r of policy p could not be evaluated (args.amount is missing), so it counts as matched.',
    );
  });
});

describe('basisOf', () => {
  it('depends on rules, versions and requirements, not on texts or values', () => {
    const text = (reason: string): string =>
      `{"rules":[{"id":"R","description":"${reason}","match":{"tool_name":"pay"},"when":{"amount_greater_than":5},"outcome":"REQUIRE_APPROVAL","approver_role":"lead"}]}`;
    const basis = (reason: string, version: number, amount: number) =>
      basisOf(decide(inputOf({ args: { amount } }), setOf(compiled(text(reason), 'p', version))));
    expect(basis('one', 1, 6)).toEqual({
      rules: [{ policy: 'p', version: 1, rule: 'R', effect: 'require_approval' }],
      requirements: [{ chain: 'standard', approverRole: 'lead' }],
    });
    expect(basis('two', 1, 7)).toEqual(basis('one', 1, 6));
    expect(basis('one', 2, 6)).not.toEqual(basis('one', 1, 6));
  });
});

describe('factsNeeded', () => {
  it('names the facts of the rules that cover the request, and of no others', () => {
    const set = setOf(
      policyOf(`  - { id: a, match: { action: pay }, when: { field: sql.limit, greater_than: 1 }, then: deny }
  - { id: b, match: { action: "p*" }, unless: { field: recipients.count, less_than: 1 }, then: deny }`),
    );
    expect(factsNeeded(inputOf().request, set)).toEqual(['recipients', 'sql']);
    expect(factsNeeded(inputOf({ action: 'pray' }).request, set)).toEqual(['recipients']);
    expect(factsNeeded(inputOf({ action: 'read' }).request, set)).toEqual([]);
  });
});
