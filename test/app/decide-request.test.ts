import { decideRequest } from '../../src/app/decide-request';
import type { TenantSnapshot } from '../../src/app/ports';
import { STANDARD_CHAIN } from '../../src/core/escalation/predefined-chains';
import type { AgentProfile } from '../../src/core/policy/model';
import type { PolicySet } from '../../src/core/policy/policy-set';
import { killOf, ladderOf } from '../core/execution/state-builders';
import { compiled, inputOf, setOf } from '../core/policy/policy-builders';
import { SHA256, snapshotOf } from './app-builders';

const rule = (id: string, chain: string, reason = 'because') =>
  `  - { id: ${id}, match: { action: [pay] }, then: require_approval, approval: { chain: ${chain} }, reason: ${reason} }`;
const policy = (rules: string, version = 1): PolicySet =>
  setOf(
    compiled(
      `apiVersion: countersign/v1\nkind: Policy\nmetadata: { id: p }\ndefaults: { outcome: allow }\nrules:\n${rules}`,
      'p',
      version,
    ),
  );
const STANDARD = policy(rule('r', 'standard'));

function decided(
  set: PolicySet,
  snapshot: Partial<TenantSnapshot> = {},
  agent: Partial<AgentProfile> = {},
  action = 'pay',
) {
  const input = inputOf({ action, agent: { ...inputOf().request.agent, ...agent } });
  return decideRequest(SHA256, snapshotOf(set, snapshot), input.request, {}, input.nowMs);
}

describe('decideRequest', () => {
  it('climbs a ladder exactly where a person is asked', () => {
    expect(decided(STANDARD)).toMatchObject({
      decision: { verdict: 'REQUIRE_APPROVAL' },
      ladder: ladderOf(STANDARD_CHAIN),
    });
    const free = decided(STANDARD, {}, {}, 'read');
    expect(free.decision.verdict).toBe('ALLOW');
    expect(free).not.toHaveProperty('ladder');
  });

  it('I-1: denies where the chain that a rule asks for does not exist', () => {
    const gone = decided(STANDARD, { chains: new Map() });
    expect(gone.decision).toMatchObject({
      verdict: 'DENY',
      reasonCode: 'policy_error',
      requirements: [],
    });
    expect(gone).not.toHaveProperty('ladder');
  });

  it.each<[string, Partial<TenantSnapshot>, Partial<AgentProfile>, string]>([
    [
      'a kill switch before everything',
      { kills: [killOf()] },
      { status: 'suspended' },
      'kill_switch_active',
    ],
    [
      'the agent before its environment',
      {},
      { status: 'suspended', environments: [] },
      'agent_suspended',
    ],
    ['a retired agent', {}, { status: 'retired' }, 'agent_suspended'],
    ['the environment before policy', {}, { environments: ['test'] }, 'environment_not_registered'],
    [
      'no kill switch that was lifted',
      { kills: [killOf({ liftedAtMs: 1 })] },
      {},
      'approval_required',
    ],
  ])('judges the controls before policy: %s', (_, snapshot, agent, reasonCode) => {
    const { decision } = decided(STANDARD, snapshot, agent);
    expect(decision.reasonCode).toBe(reasonCode);
    expect(decision.risk).toMatchObject({ score: 42, level: 'medium' });
  });

  it('I-1: denies where no policy is active', () => {
    expect(decided(setOf()).decision.verdict).toBe('DENY');
  });
});

describe('the chain of an approval for which none is named', () => {
  const highRisk = { ...STANDARD_CHAIN, id: 'high-risk' };
  const chains = new Map([STANDARD_CHAIN, highRisk].map((chain) => [chain.id, chain]));
  const bare = policy('  - { id: r, then: require_approval, reason: because }');

  it('is the one of the strictest level', () => {
    expect(decided(bare, { chains }).ladder?.id).toBe('standard');
    expect(decided(bare, { chains }, { riskLevel: 'high' }).ladder?.id).toBe('high-risk');
  });

  it('I-1: is never a weaker one where the tenant does not have it', () => {
    const gone = decided(bare, { chains }, { riskLevel: 'critical' });
    expect(gone.decision).toMatchObject({ verdict: 'DENY', reasonCode: 'policy_error' });
  });

  it('joins the ladder of a named one when the score is high', () => {
    const registered = { riskLevel: 'high' } as const;
    const both = decided(STANDARD, { chains }, registered, 'pay');
    expect(both.ladder?.id).toBe('standard');
    const final = { ...registered, tools: { pay: { reversibility: 'irreversible' } } } as const;
    expect(decided(STANDARD, { chains }, final).ladder?.id).toBe('high-risk+standard');
  });
});

describe('the basis of an approval', () => {
  const { basis } = decided(STANDARD);
  const chain = (version: number) => ({ ...STANDARD_CHAIN, version });
  const two = policy(`${rule('r', 'standard')}\n${rule('s', 'high-risk')}`);
  const under = (standard: number, highRisk: number) =>
    decided(two, {
      chains: new Map([
        ['standard', chain(standard)],
        ['high-risk', { ...chain(highRisk), id: 'high-risk' }],
      ]),
    }).basis;

  it('I-3: is a digest, the same for the same rules, requirement and chains', () => {
    expect(basis).toMatch(/^[0-9a-f]{64}$/);
    expect(decided(STANDARD).basis).toBe(basis);
    expect(decided(policy(rule('r', 'standard', 'another')), {}, { team: 'other' }).basis).toBe(
      basis,
    );
  });

  it.each([
    ['another version of the policy', decided(policy(rule('r', 'standard'), 2)).basis],
    ['another rule', decided(policy(rule('s', 'standard'))).basis],
    ['one rule more', decided(policy(`${rule('r', 'standard')}\n${rule('s', 'standard')}`)).basis],
    [
      'another version of the chain',
      decided(STANDARD, { chains: new Map([['standard', chain(2)]]) }).basis,
    ],
    ['nobody to ask', decided(STANDARD, {}, {}, 'read').basis],
  ])('I-3: differs under %s', (_, other) => {
    expect(other).not.toBe(basis);
  });

  it('I-3: differs when any of several chains has another version, not only the highest', () => {
    expect(new Set([under(1, 1), under(1, 2), under(2, 1), under(2, 2)]).size).toBe(4);
  });
});
