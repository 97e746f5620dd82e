import type { ChainDefinition } from '../../../src/core/escalation/chain';
import { describeApprovers } from '../../../src/core/escalation/chain';
import {
  CRITICAL_CHAIN,
  HIGH_RISK_CHAIN,
  PREDEFINED_CHAINS,
  STANDARD_CHAIN,
} from '../../../src/core/escalation/predefined-chains';
import { ladderOf } from '../execution/state-builders';

const MINUTE_MS = 60_000;

const rungs = (chain: ChainDefinition): string[] =>
  chain.levels.map(
    (level) =>
      `${level.name} ${describeApprovers(level)} ${String(level.timeoutMs / MINUTE_MS)} min, then ${level.onTimeout}`,
  );

describe('the chains that everybody has', () => {
  it('are three, by id', () => {
    expect([...PREDEFINED_CHAINS.keys()]).toEqual(['standard', 'high-risk', 'critical']);
    for (const [id, chain] of PREDEFINED_CHAINS) expect(chain.id).toBe(id);
  });

  it.each([
    ['standard', STANDARD_CHAIN, ['L1 role:approver 60 min, then reject'], 'on_escalation'],
    [
      'high-risk',
      HIGH_RISK_CHAIN,
      ['L1 role:approver 30 min, then escalate', 'L2 role:senior-approver 30 min, then reject'],
      'each_level',
    ],
    [
      'critical',
      CRITICAL_CHAIN,
      [
        'L1 2 of role:executive 15 min, then escalate',
        'L2 2 of role:executive 15 min, then escalate',
        'L3 2 of role:executive 15 min, then escalate',
        'L4 group:board 15 min, then reject',
      ],
      'on_escalation',
    ],
  ])('%s', (_, chain, expected, advance) => {
    expect(rungs(chain)).toEqual(expected);
    expect(chain.advance).toBe(advance);
    expect(chain.levels.map(({ number }) => number)).toEqual(chain.levels.map((_l, at) => at + 1));
  });

  it.each([...PREDEFINED_CHAINS])('%s ends in a no and demands a written reason', (_, chain) => {
    expect(chain).toMatchObject({
      onFinalTimeout: 'reject',
      rejection: { kind: 'veto' },
      rationale: { approve: 'required', reject: 'required' },
      separation: { requester: 'exclude', agentOwner: 'exclude' },
      auto: [],
    });
    for (const { remindersMs, timeoutMs } of chain.levels)
      expect(remindersMs).toEqual([timeoutMs * 0.5, timeoutMs * 0.8]);
  });

  it.each([
    ['standard', STANDARD_CHAIN, 'issued'],
    ['high-risk', HIGH_RISK_CHAIN, 'linked'],
    ['critical', CRITICAL_CHAIN, 'linked'],
  ])('%s asks for the assurance %3$s', (_, chain, assurance) => {
    expect(ladderOf(chain).requiredAssurance).toBe(assurance);
  });
});
