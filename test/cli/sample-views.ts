import type { RiskScore } from '../../src/core/risk/model';
import type { EvaluationView, ExecutionView, PendingApproval } from '../../src/core/execution/view';

const RISK: RiskScore = {
  score: 44,
  level: 'medium',
  factors: [
    { name: 'action', points: 20, why: 'The action gives money back' },
    { name: 'environment', points: 24, why: 'The environment is production' },
  ],
};

/** Valid answers of the server; tests change what they are about. */
export const executionView = (changed: Partial<ExecutionView> = {}): ExecutionView => ({
  executionId: '01900000-0000-7000-8000-000000000001',
  verdict: 'ALLOW',
  status: 'executing',
  reasonCode: 'allowed',
  reason: 'No rule objects',
  explanation: 'Allowed because no rule objects and the default is allow.',
  matched: [],
  trace: [],
  policyChain: [],
  obligations: [],
  risk: RISK,
  agent: 'support-bot',
  action: 'issue_refund',
  environment: 'prod',
  mode: 'decide',
  argsDigest: 'd1'.repeat(32),
  mayRun: true,
  createdAt: '2026-03-04T15:00:00.000Z',
  updatedAt: '2026-03-04T15:00:00.000Z',
  version: 1,
  links: { self: '/v1/executions/01900000-0000-7000-8000-000000000001' },
  ...changed,
});

export const pendingView = (changed: Partial<ExecutionView> = {}): ExecutionView =>
  executionView({
    verdict: 'REQUIRE_APPROVAL',
    status: 'pending_approval',
    reasonCode: 'approval_required',
    reason: 'A manager signs refunds above 100',
    explanation: 'Refunds above 100 need a manager.',
    matched: [
      {
        policy: 'support',
        version: 1,
        rule: 'APPROVE_LARGE_REFUND',
        effect: 'require_approval',
        reason: 'A manager signs refunds above 100',
      },
    ],
    mayRun: false,
    approval: {
      id: '01900000-0000-7000-8000-0000000000a1',
      chain: 'standard',
      level: 1,
      levelName: 'L1',
      of: 1,
      deadline: '2026-03-04T16:00:00.000Z',
      approvers: 'role support-manager',
      votes: [],
    },
    ...changed,
  });

export const evaluationView = (changed: Partial<EvaluationView> = {}): EvaluationView => ({
  verdict: 'DENY',
  reasonCode: 'policy_violation',
  reason: 'Customer records are never deleted by an agent',
  explanation: 'Denied by DENY_DELETE_CUSTOMER.',
  matched: [],
  trace: [],
  obligations: [],
  risk: RISK,
  requirements: [],
  policyChain: [],
  argsDigest: 'd2'.repeat(32),
  mode: 'dry_run',
  ...changed,
});

export const pendingApproval = (changed: Partial<PendingApproval> = {}): PendingApproval => ({
  id: '01900000-0000-7000-8000-0000000000a1',
  chain: 'standard',
  level: 1,
  levelName: 'L1',
  of: 1,
  deadline: '2026-03-04T16:00:00.000Z',
  approvers: 'role support-manager',
  votes: [],
  executionId: '01900000-0000-7000-8000-000000000001',
  status: 'pending_approval',
  agent: 'support-bot',
  action: 'issue_refund',
  environment: 'prod',
  args: { order_id: '4711', amount: 450 },
  context: {},
  argumentsShown: true,
  argsDigest: 'd1'.repeat(32),
  reason: 'A manager signs refunds above 100',
  matched: [],
  risk: RISK,
  requestedAt: '2026-03-04T15:00:00.000Z',
  remainingMs: 3_540_000,
  ...changed,
});
