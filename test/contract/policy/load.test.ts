import { loadPolicy } from '../../../src/contract/policy/load';
import { findings, loaded, OPTIONS } from './load-options';

const canonical = (rules: string, rest = ''): string => `apiVersion: countersign/v1
kind: Policy
metadata: { id: sample }
${rest}rules:
${rules}`;

const rule = (when: string): string => canonical(`  - id: r\n    when: ${when}\n    then: deny\n`);

describe('loadPolicy, canonical form', () => {
  it('reads every part of a rule', () => {
    const document = loaded(
      canonical(
        `  - id: large-payment
    match: { action: [pay, refund-*], environment: prod, agent: "*" }
    when:
      all:
        - { field: args.amount, greater_than: 10000 }
        - { not: { field: args.recipient, domain_in: [customer_domains, "*.example.net"] } }
    unless: { field: context.ticket, exists: true, optional: true }
    then: require_approval
    approval: { chain: standard, approver_role: treasurer }
    reason: Large payments need a treasurer
`,
        'scope: { agents: ["payment-*"], actions: ["*"], teams: [] }\nmode: shadow\ndefaults: { outcome: deny }\n',
      ),
    );
    expect(document).toMatchObject({
      id: 'sample',
      notation: 'canonical',
      mode: 'shadow',
      defaultEffect: 'deny',
      scope: { agents: ['payment-*'], actions: [], teams: [] },
    });
    expect(document.rules).toEqual([
      {
        id: 'large-payment',
        actions: ['pay', 'refund-*'],
        environments: ['prod'],
        agents: [],
        when: {
          kind: 'all',
          of: [
            {
              kind: 'field',
              field: 'args.amount',
              test: { operator: 'greater_than', value: 10000 },
              optional: false,
            },
            {
              kind: 'not',
              of: {
                kind: 'field',
                field: 'args.recipient',
                test: {
                  operator: 'domain_in',
                  operand: { domains: ['*.example.net'], lists: ['customer_domains'] },
                },
                optional: false,
              },
            },
          ],
        },
        unless: {
          kind: 'field',
          field: 'context.ticket',
          test: { operator: 'exists' },
          optional: true,
        },
        effect: 'require_approval',
        warn: false,
        chain: 'standard',
        approverRole: 'treasurer',
        reason: 'Large payments need a treasurer',
      },
    ]);
  });

  it('reads JSON as it reads YAML', () => {
    const json = JSON.stringify(
      {
        apiVersion: 'countersign/v1',
        kind: 'Policy',
        metadata: { id: 'sample' },
        rules: [{ id: 'r', then: 'deny' }],
      },
      null,
      '\t',
    );
    expect(loaded(json).rules).toEqual(loaded(canonical('  - { id: r, then: deny }\n')).rules);
  });

  it('has no default when the document gives none', () => {
    expect(loaded(canonical('  - { id: r, then: deny }\n'))).not.toHaveProperty('defaultEffect');
  });

  it('reports all problems at once, with line and column', () => {
    const text = `apiVersion: countersign/v2
kind: Policy
metadata: { id: sample, onwer: bob }
rules:
  - id: one
    match: { acton: pay }
    when: { field: args.amount, greater_then: 5 }
    then: block
  - id: one
    when: { field: arg.amount, greater_than: "5" }
    then: deny
    approval: { chain: standart }
  - then: deny
defaults: { outcome: alow }
`;
    expect(findings(text)).toEqual([
      'error unknown_value 1:13 apiVersion',
      'error unknown_field 3:25 metadata.onwer',
      'error unknown_field 6:14 rules[0].match.acton',
      'error unknown_field 7:33 rules[0].when.greater_then',
      'error unknown_value 8:11 rules[0].then',
      'error unknown_field 10:20 rules[1].when.field',
      'error wrong_type 10:46 rules[1].when.greater_than',
      'error wrong_type 12:15 rules[1].approval',
      'error unknown_chain 12:24 rules[1].approval.chain',
      'error missing_field 13:5 rules[2].id',
      'error unknown_value 14:22 defaults.outcome',
    ]);
  });

  it('names the nearest valid name', () => {
    const result = loadPolicy(rule('{ field: args.amount, greater_then: 5 }'), OPTIONS);
    expect(result).toMatchObject({
      ok: false,
      problems: [
        {
          hint: 'greater_than',
          message: 'unknown field `greater_then`, did you mean `greater_than`?',
        },
      ],
    });
  });

  it.each([
    ['extends', canonical('  - { id: r, then: deny }\n', 'extends: [base]\n')],
    ['throttle', canonical('  - { id: r, then: throttle }\n')],
    ['transform', canonical('  - { id: r, then: transform }\n')],
    ['a throttle default', canonical('  []\n', 'defaults: { outcome: throttle }\n')],
    ['tenants', canonical('  - { id: r, then: deny }\n', 'scope: { tenants: [a] }\n')],
    ['within_rate', rule('{ within_rate: 5/min }')],
    ['has_data_class', rule('{ field: args.x, has_data_class: pii }')],
    ['history', rule('{ field: history.denials, greater_than: 5 }')],
    ['risk', rule('{ field: risk.score, greater_than: 5 }')],
    ['pii', rule('{ field: pii.found, equals: true }')],
    ['cost', rule('{ field: cost.usd, greater_than: 5 }')],
    ['quorum', canonical('  - { id: r, then: require_approval, approval: { quorum: 2 } }\n')],
  ])('refuses %s as not available in this version', (_name, text) => {
    const result = loadPolicy(text, OPTIONS);
    expect(result).toMatchObject({ ok: false });
    expect(findings(text).join()).toContain('error not_available');
  });

  it.each([
    ['a duplicate key', rule('{ field: args.a, field: args.b, equals: 1 }'), 'duplicate_key'],
    ['an empty condition', rule('{}'), 'wrong_type'],
    ['a condition of nothing', rule('{ all: [] }'), 'wrong_type'],
    ['a composition beside a test', rule('{ all: [], field: args.a, equals: 1 }'), 'wrong_type'],
    ['a field without operator', rule('{ field: args.a }'), 'wrong_type'],
    ['an operator without field', rule('{ equals: 1 }'), 'missing_field'],
    ['an empty list of values', rule('{ field: args.a, in: [] }'), 'wrong_type'],
    [
      'a domain in other letters',
      rule('{ field: args.a, domain_in: [bücher.example] }'),
      'wrong_type',
    ],
    ['an unknown list', rule('{ field: args.a, domain_in: customer_domain }'), 'unknown_list'],
    ['look-around in a pattern', rule('{ field: args.a, matches: "(?=a)" }'), 'invalid_pattern'],
    ['an unknown zone', rule('{ time_within: "9am-5pm Mars/Olympus" }'), 'unknown_zone'],
    ['an ambiguous zone', rule('{ time_within: "9am-5pm IST" }'), 'unknown_zone'],
    ['an empty time window', rule('{ time_within: "9am-9am UTC" }'), 'invalid_time_window'],
    ['an hour that could be two', rule('{ time_within: "9-5 UTC" }'), 'invalid_time_window'],
    ['a number beyond exactness', rule('{ field: args.a, equals: 1e999 }'), 'number_range'],
    ['reversed bounds', rule('{ field: args.a, between: [5, 1] }'), 'wrong_type'],
    ['a bad range', rule('{ field: args.ip, cidr_in: [10.0.0.0/40] }'), 'invalid_range'],
    ['an alias', rule('{ field: args.a, in: [&x 1, *x] }'), 'syntax'],
    ['a tag', rule('!danger { field: args.a, equals: 1 }'), 'syntax'],
    ['a directive', `%YAML 1.1\n---\n${rule('{ field: args.a, equals: 1 }')}`, 'syntax'],
    ['the reserved rule id', canonical('  - { id: default, then: deny }\n'), 'unknown_value'],
    ['two documents', `${canonical('  []\n')}---\n${canonical('  []\n')}`, 'unknown_notation'],
    [
      'an exception to an allow',
      canonical('  - { id: r, then: allow, exceptions: { approver_role: a } }\n'),
      'wrong_type',
    ],
    ['another id', canonical('  []\n').replace('id: sample', 'id: other'), 'id_mismatch'],
    ['no policy', '# nothing\n', 'unknown_notation'],
    ['another thing', 'polcy: {}\n', 'unknown_notation'],
    ['a prototype key', canonical('  - { id: r, then: deny, __proto__: {} }\n'), 'unknown_field'],
  ])('refuses %s', (_name, text, code) => {
    expect(loadPolicy(text, OPTIONS)).toMatchObject({ ok: false });
    expect(findings(text).join()).toContain(`error ${code} `);
  });

  it.each([
    ['risk points', canonical('  - { id: r, then: deny, risk: +15 }\n'), 'no_effect'],
    ['alerts', canonical('  - { id: r, then: deny, alert: [security] }\n'), 'no_effect'],
    [
      'a list that shadows',
      canonical('  []\n', 'lists: { customer_domains: [a.com] }\n'),
      'list_shadows',
    ],
    ['a zone abbreviation', rule('{ time_within: "9am-5pm EST" }'), 'zone_abbreviation'],
    ['a bare name of the agent', rule('{ field: team, equals: x }'), 'ambiguous_field'],
  ])('loads %s with a warning', (_name, text, code) => {
    expect(loadPolicy(text, OPTIONS)).toMatchObject({ ok: true, warnings: [{ code }] });
  });
});

describe('loadPolicy, business notation', () => {
  const text = `policy:
  name: "Costly Opération"
  when: { or: [ { field: cost_usd, greater_than: "100" }, { field: risk_level, in: [high] } ] }
  then: escalate
  reason: Costs money
---
policy: { name: Watch, when: { field: environment, equals: prod }, then: warn }
`;

  it('makes one rule of each document and inherits the default of the bundle', () => {
    const document = loaded(text, { ...OPTIONS, bundleDefault: 'deny' });
    expect(document.rules).toMatchObject([
      { id: 'costly-operation', effect: 'require_approval' },
      { id: 'watch', effect: 'audit', warn: true, reason: 'Watch' },
    ]);
    expect(document.defaultEffect).toBe('deny');
  });

  it('warns where a missing field means no match', () => {
    expect(findings(text)).toEqual(['warning missing_does_not_match 3:26 policy.when.or[0].field']);
  });

  it.each([
    ['no condition', 'policy: { name: a, then: block }', 'missing_field'],
    [
      'an outcome of another notation',
      'policy: { name: a, when: { field: args.a, equals: 1 }, then: deny }',
      'unknown_value',
    ],
    ['two rules of one name', `${text}---\n${text}`, 'duplicate_rule'],
    ['a document of another notation', `${text}---\nrules: []\n`, 'unknown_field'],
  ])('refuses %s', (_name, wrong, code) => {
    expect(findings(wrong).join()).toContain(`error ${code} `);
  });
});

describe('loadPolicy, JSON rules', () => {
  const rules = (members: string): string =>
    `{ "rules": [ { "id": "R", "match": { "tool_name": "t", "environment": "*" }, ${members} } ] }`;

  it('reads the entries of contains_any as words, limits and select-star', () => {
    const text = rules(
      '"when": { "contains_any": ["LIMIT > 1000", "limit >= 5", "*", "DROP TABLE"] }, "outcome": "DENY"',
    );
    expect(loaded(text).rules[0]).toMatchObject({
      environments: [],
      when: {
        kind: 'scan',
        entries: [
          { type: 'limit_over', limit: 1000 },
          { type: 'limit_over', limit: 4 },
          { type: 'select_star' },
          { type: 'text', text: 'DROP TABLE' },
        ],
      },
    });
  });

  it('joins several keys of when', () => {
    const text = rules(
      '"when": { "amount_greater_than": 5, "time_outside": "9am-5pm UTC" }, "outcome": "deny"',
    );
    expect(loaded(text).rules[0]?.when).toMatchObject({
      kind: 'all',
      of: [{ field: 'amount' }, { kind: 'time' }],
    });
  });

  it('only warns of an unknown list', () => {
    const text = rules(
      '"when": { "recipient_domain_not_in": ["customer_domain"] }, "outcome": "DENY"',
    );
    expect(findings(text)).toEqual([
      'warning unknown_list 1:116 rules[0].when.recipient_domain_not_in[0]',
    ]);
  });

  it.each([
    [
      'an unknown key of when',
      rules('"when": { "amount_greater_then": 5 }, "outcome": "DENY"'),
      'unknown_field',
    ],
    ['an empty when', rules('"when": {}, "outcome": "DENY"'), 'wrong_type'],
    ['no outcome', rules('"description": "d"'), 'missing_field'],
    ['an unknown outcome', rules('"outcome": "DENNY"'), 'unknown_value'],
    ['an approver of a denial', rules('"outcome": "DENY", "approver_role": "a"'), 'wrong_type'],
    [
      'an exception to an approval',
      rules('"outcome": "REQUIRE_APPROVAL", "exceptions": {"approver_role": "a"}'),
      'wrong_type',
    ],
    ['a rule without match', '{ "rules": [ { "id": "R", "outcome": "ALLOW" } ] }', 'missing_field'],
    ['a repeated key', rules('"outcome": "DENY", "outcome": "ALLOW"'), 'duplicate_key'],
  ])('refuses %s', (_name, text, code) => {
    expect(findings(text).join()).toContain(`error ${code} `);
  });
});
