import type { CompiledPolicy } from '../../../src/core/policy/compile';
import { basisOf } from '../../../src/core/policy/basis';
import { joinAll, NOTHING } from '../../../src/core/policy/combine';
import { decide } from '../../../src/core/policy/decide';
import type { PolicyInput, PolicyRequest } from '../../../src/core/policy/model';
import { bandOver } from '../../../src/core/policy/risk-band';
import { RISK_LEVELS } from '../../../src/core/risk/model';
import { compiled, inputOf, policyOf, setOf } from './policy-builders';

const FINANCIAL = { data_classes: ['financial'] };
const AGENT = inputOf().request.agent;
const CRITICAL = { ...AGENT, riskLevel: 'critical' } as const;

/** Requests of each level; only the last two have a band that asks people. */
const REQUESTS = {
  low: { action: 'read' },
  medium: { action: 'pay' },
  high: { action: 'pay', args: { amount: 50_000 }, context: FINANCIAL },
  critical: { action: 'pay', args: { amount: 50_000 }, context: FINANCIAL, agent: CRITICAL },
} satisfies Record<string, Partial<PolicyRequest>>;

const defaultOf = (outcome: string) => policyOf('  []', `defaults: { outcome: ${outcome} }`, 'd');
const rule = (text: string) => policyOf(`  - { id: r, ${text} }`, 'defaults: { outcome: allow }');
const bare = rule('then: require_approval');
const namesOf = ({ matched }: ReturnType<typeof decide>) =>
  matched.map((each) => `${each.policy}/${each.rule}`);
const decided = (request: PolicyInput, ...policies: readonly CompiledPolicy[]) =>
  decide(request, setOf(...policies));

describe('the band of the risk score', () => {
  it.each([
    ['low', 'ALLOW', ['d/default']],
    ['medium', 'ALLOW', ['risk/band-medium', 'd/default']],
    ['high', 'REQUIRE_APPROVAL', ['risk/band-high', 'd/default']],
    ['critical', 'REQUIRE_APPROVAL', ['risk/band-critical', 'd/default']],
  ] as const)('over a default that allows: %s gives %s', (level, verdict, matched) => {
    const decision = decided(inputOf(REQUESTS[level]), defaultOf('allow'));
    expect(decision.risk?.level).toBe(level);
    expect(decision.verdict).toBe(verdict);
    expect(namesOf(decision)).toEqual(matched);
  });

  it.each(RISK_LEVELS)('never lifts a default that denies: %s', (level) => {
    const decision = decided(inputOf(REQUESTS[level]), defaultOf('deny'));
    expect(decision).toMatchObject({ verdict: 'DENY', reasonCode: 'policy_violation' });
    expect(namesOf(decision)).toEqual(['d/default']);
  });

  it.each(RISK_LEVELS)('never lifts a rule that denies: %s', (level) => {
    const decision = decided(inputOf(REQUESTS[level]), rule('then: deny'));
    expect(decision.verdict).toBe('DENY');
    expect(namesOf(decision)).toEqual(['p/r']);
  });

  it.each([
    ['low', 'ALLOW', ['p/r'], []],
    ['medium', 'ALLOW', ['risk/band-medium', 'p/r'], []],
    ['high', 'REQUIRE_APPROVAL', ['risk/band-high', 'p/r'], [{ chain: 'high-risk' }]],
    ['critical', 'REQUIRE_APPROVAL', ['risk/band-critical', 'p/r'], [{ chain: 'critical' }]],
  ] as const)('asks more than a rule that allows: %s', (level, verdict, matched, requirements) => {
    const decision = decided(inputOf(REQUESTS[level]), rule('then: allow'));
    expect(decision.verdict).toBe(verdict);
    expect(namesOf(decision)).toEqual(matched);
    expect(decision.requirements).toEqual(requirements);
  });

  it('leaves the reason and the explanation of an allowed request to what allowed it', () => {
    const decision = decided(inputOf(REQUESTS.medium), rule('then: allow, reason: Fine'));
    expect(decision.reason).toBe('Fine');
    expect(decision.explanation).toBe(
      'Allowed by rule r of policy p: Fine. Risk 42 of 100 (medium): action 24, environment 10, agent 8.',
    );
    expect(decision.obligations).toMatchObject([
      { type: 'audit', policy: 'risk', rule: 'band-medium' },
    ]);
    expect(decision.trace).toContainEqual({
      ...{ policy: 'risk', version: 1, rule: 'band-medium', effect: 'audit', matched: true },
    });
  });

  it('says that the score asks when it alone does', () => {
    const decision = decided(inputOf(REQUESTS.high), rule('then: allow, reason: Fine'));
    expect(decision.reason).toBe('The risk score is high, so people decide');
    expect(decision.explanation).toBe(
      'Needs approval by rule band-high of policy risk: The risk score is high, so people decide. ' +
        'Risk 71 of 100 (high): action 24, data 15, amount 14, environment 10, agent 8.',
    );
  });

  it('is not among the matched rules where it adds nothing', () => {
    const flagged = rule('match: { action: pay }, then: audit');
    expect(namesOf(decided(inputOf(REQUESTS.medium), flagged))).toEqual(['p/r']);
    expect(namesOf(decided(inputOf(REQUESTS.medium), bare))).toEqual(['p/r']);
    expect(namesOf(decided(inputOf(REQUESTS.high), bare))).toEqual(['p/r']);
  });

  it('asks its chain beside a chain or a role that a rule names', () => {
    const named = rule('then: require_approval, approval: { approver_role: treasurer }');
    const decision = decided(inputOf(REQUESTS.high), named);
    expect(namesOf(decision)).toEqual(['p/r', 'risk/band-high']);
    expect(decision.requirements).toEqual([
      { chain: 'high-risk' },
      { chain: 'standard', approverRole: 'treasurer' },
    ]);
    expect(decision.explanation).toContain('The same is asked by band-high.');
  });

  it('promises a change only if the score would then not ask', () => {
    const limited = rule('when: { field: args.amount, greater_than: 100 }, then: deny');
    const paying = (context: PolicyRequest['context']) =>
      decided(inputOf({ args: { amount: 1_000_000 }, context }), limited).explanation;
    expect(paying({})).toContain('Would be allowed if args.amount ≤ 100.');
    expect(paying(FINANCIAL)).not.toContain('Would be allowed');
  });

  it('is a rule of the join: once more changes nothing', () => {
    for (const level of RISK_LEVELS) {
      const once = bandOver(NOTHING, { score: 0, level, factors: [] })?.combined ?? NOTHING;
      expect(bandOver(once, { score: 0, level, factors: [] })).toBeUndefined();
      expect(joinAll([once, once])).toEqual(once);
    }
  });

  it('I-3: an approval rests on the band, not on the score within it', () => {
    const basis = (request: Partial<PolicyRequest>) =>
      basisOf(decided(inputOf(request), rule('then: allow')));
    const paying = (amount: number) => basis({ ...REQUESTS.high, args: { amount } });
    expect(paying(50_000)).toEqual(paying(500_000));
    expect(paying(50_000)).not.toEqual(paying(5));
    expect(paying(50_000)).not.toEqual(basis(REQUESTS.critical));
  });
});

describe('an approval for which no chain is named', () => {
  const claiming = (level: string) => inputOf({ action: 'read', context: { risk_level: level } });
  const chainsOf = (decision: ReturnType<typeof decide>) =>
    decision.requirements.map(({ chain }) => chain);
  const business = compiled(
    'policy: { name: b, when: { field: action, equals: read }, then: escalate }',
  );
  const rules = compiled(
    '{"rules":[{"id":"r","outcome":"REQUIRE_APPROVAL","match":{"tool_name":"read"}}]}',
  );

  it.each([
    ['low', 'standard'],
    ['medium', 'standard'],
    ['high', 'high-risk'],
    ['critical', 'critical'],
    ['severe', 'critical'],
  ])('goes to the chain of the strictest level: claimed %s asks %s', (claim, chain) => {
    for (const policy of [bare, business, rules, defaultOf('require_approval')])
      expect(chainsOf(decided(claiming(claim), policy))).toEqual([chain]);
  });

  it.each([
    ['the agent is registered so', { action: 'read', agent: { ...AGENT, riskLevel: 'high' } }],
    ['the score is high', REQUESTS.high],
  ] as const)('goes to the chain high-risk when %s', (_, request) => {
    expect(chainsOf(decided(inputOf(request), bare))).toEqual(['high-risk']);
  });

  it('is the standard chain with the role when a role is named, and the chain when one is', () => {
    const role = rule('then: require_approval, approval: { approver_role: lead }');
    const chain = rule('then: require_approval, approval: { chain: standard }');
    expect(decided(claiming('high'), role).requirements).toEqual([
      { chain: 'standard', approverRole: 'lead' },
    ]);
    expect(decided(claiming('high'), chain).requirements).toEqual([{ chain: 'standard' }]);
  });

  it('is the standard chain with the role of an exception', () => {
    const denial = rule('then: deny, exceptions: { approver_role: lead }');
    const asking = { ...claiming('critical').request, exceptionRequested: true };
    const request = { ...asking, justification: 'needed' };
    expect(decided(inputOf(request), denial).requirements).toEqual([
      { chain: 'standard', approverRole: 'lead' },
    ]);
  });
});

describe('the field risk_level', () => {
  const asks = rule('when: { field: risk_level, in: [high, critical] }, then: deny');

  it.each([
    ['low', 'ALLOW'],
    ['medium', 'ALLOW'],
    ['high', 'DENY'],
    ['critical', 'DENY'],
  ] as const)('follows the score: %s', (level, verdict) => {
    expect(decided(inputOf(REQUESTS[level]), asks).verdict).toBe(verdict);
  });
});
