import type { ApproverGroup, ChainDefinition, ChainLevel } from './chain';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const fromRole = (role: string, quorum = 1): ApproverGroup => ({
  selectors: [{ kind: 'role', role }],
  quorum,
});

/** Reminders at half and at four fifths of the timer. */
const level = (
  number: number,
  groups: readonly ApproverGroup[],
  timeoutMs: number,
  onTimeout: ChainLevel['onTimeout'],
): ChainLevel => ({
  name: `L${String(number)}`,
  number,
  groups,
  timeoutMs,
  remindersMs: [timeoutMs * 0.5, timeoutMs * 0.8],
  onTimeout,
});

const COMMON = {
  version: 1,
  onFinalTimeout: 'reject',
  rejection: { kind: 'veto' },
  separation: { requester: 'exclude', agentOwner: 'exclude', distinctAcrossLevels: true },
  notifyOn: { approved: [], rejected: [], expired: [] },
  startLevels: [],
  auto: [],
  validForMs: HOUR_MS,
} as const;

export const STANDARD_CHAIN: ChainDefinition = {
  ...COMMON,
  id: 'standard',
  levels: [level(1, [fromRole('approver')], HOUR_MS, 'reject')],
  advance: 'on_escalation',
  rationale: { approve: 'required', reject: 'required', minLength: 1 },
  assurance: [],
};

export const HIGH_RISK_CHAIN: ChainDefinition = {
  ...COMMON,
  id: 'high-risk',
  levels: [
    level(1, [fromRole('approver')], 30 * MINUTE_MS, 'escalate'),
    level(2, [fromRole('senior-approver')], 30 * MINUTE_MS, 'reject'),
  ],
  advance: 'each_level',
  rationale: { approve: 'required', reject: 'required', minLength: 10 },
  assurance: [{ riskAtLeast: 0, require: 'linked' }],
};

export const CRITICAL_CHAIN: ChainDefinition = {
  ...COMMON,
  id: 'critical',
  levels: [
    ...[1, 2, 3].map((number) =>
      level(number, [fromRole('executive', 2)], 15 * MINUTE_MS, 'escalate'),
    ),
    level(
      4,
      [{ selectors: [{ kind: 'group', group: 'board' }], quorum: 1 }],
      15 * MINUTE_MS,
      'reject',
    ),
  ],
  advance: 'on_escalation',
  rationale: { approve: 'required', reject: 'required', minLength: 10 },
  // The same executives are asked again, level after level: a vote that ran out of time must not bar them.
  separation: { ...COMMON.separation, distinctAcrossLevels: false },
  assurance: [{ riskAtLeast: 0, require: 'linked' }],
};

/** Chains every tenant has. A tenant's own chain of the same id replaces one. */
export const PREDEFINED_CHAINS: ReadonlyMap<string, ChainDefinition> = new Map(
  [STANDARD_CHAIN, HIGH_RISK_CHAIN, CRITICAL_CHAIN].map((chain) => [chain.id, chain]),
);
