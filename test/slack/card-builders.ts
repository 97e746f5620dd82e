import type { ApprovalCard, CardVote } from '../../src/core/escalation/card';
import type { ApprovalDisplay } from '../../src/core/escalation/display';

export const EXECUTION = '01980000-0000-7000-8000-000000000001';
export const DIGEST = '9f3c'.repeat(16);

const display = (over: Partial<ApprovalDisplay> = {}): ApprovalDisplay => ({
  executionId: EXECUTION,
  approvalId: '01980000-0000-7000-8000-000000000002',
  agent: 'refund-bot',
  agentOwner: 'dana',
  action: 'payments.refund',
  environment: 'prod',
  args: { amount: 820, currency: 'USD', customer: 'c-17', lines: [{ sku: 'a', n: 2 }] },
  argsDigest: 'ab'.repeat(32),
  context: { ticket: 'T-4711' },
  reason: 'Refunds over 500 need a person.',
  rules: [{ policy: 'pay-07', version: 14, rule: 'large-refund', reason: 'amount over 500' }],
  risk: { score: 42, level: 'medium' },
  chain: { id: 'standard', version: 1 },
  level: {
    number: 2,
    name: 'finance',
    of: 3,
    approvers: 'role finance, one of them',
    deadline: '2026-09-10T12:26:00Z',
    thenWhat: 'escalates to L3',
  },
  requestedAt: '2026-09-10T11:26:00Z',
  ...over,
});

export const vote = (over: Partial<CardVote> = {}): CardVote => ({
  by: 'user:alice',
  name: 'Alice',
  verdict: 'approve',
  level: 2,
  levelName: 'finance',
  at: '2026-09-10T12:01:00Z',
  rationale: 'Matches ticket 4711.',
  auditSeq: 48_812,
  ...over,
});

export const card = (
  over: Partial<ApprovalCard> = {},
  shown: Partial<ApprovalDisplay> = {},
): ApprovalCard => ({
  version: 3,
  display: display(shown),
  displayDigest: DIGEST,
  status: 'pending_approval',
  levels: [
    { number: 1, name: 'support', approvers: 'role support', state: 'timed_out' },
    { number: 2, name: 'finance', approvers: 'role finance', state: 'open' },
    { number: 3, name: 'cfo', approvers: 'role cfo', state: 'waiting' },
  ],
  votes: [],
  accounts: {},
  missing: 2,
  asks: {
    approveRationale: 'optional',
    rejectRationale: 'optional',
    minLength: 10,
    mayEscalate: true,
  },
  ...over,
});

/** A card that nothing can be decided on any more. */
export const closedCard = (
  status: ApprovalCard['status'],
  closed: Partial<NonNullable<ApprovalCard['closed']>> = {},
  over: Partial<ApprovalCard> = {},
): ApprovalCard => {
  const { version, display: shown, displayDigest, levels } = card();
  return {
    version,
    display: shown,
    displayDigest,
    levels,
    status,
    votes: [vote()],
    accounts: {},
    closed: {
      reasonCode: status,
      reason: `It is ${status}.`,
      at: '2026-09-10T12:04:00Z',
      auditSeq: 48_813,
      ...closed,
    },
    ...over,
  };
};
