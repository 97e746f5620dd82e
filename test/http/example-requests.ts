import { APPROVAL_ID, EXECUTION_ID } from './fake-use-cases';

interface Example {
  readonly path: string;
  readonly body?: object;
}

const REFUND = { agent: 'support-bot', action: 'issue_refund', args: { amount: 45 } };

/** One good request for each operation of the route table. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  submitExecution: { path: '/v1/executions', body: REFUND },
  listExecutions: { path: '/v1/executions?status=denied&limit=10' },
  awaitExecution: { path: `/v1/executions/${EXECUTION_ID}?waitMs=0` },
  readReceipt: { path: `/v1/executions/${EXECUTION_ID}/receipt?wait=proof&waitMs=0` },
  releaseExecution: {
    path: `/v1/executions/${EXECUTION_ID}/release`,
    body: { argsDigest: 'ab', attemptId: 'attempt-1' },
  },
  reportOutcome: {
    path: `/v1/executions/${EXECUTION_ID}/outcome`,
    body: { status: 'committed', result: { refund: 'r-1' } },
  },
  cancelExecution: {
    path: `/v1/executions/${EXECUTION_ID}/cancel`,
    body: { reason: 'Customer withdrew' },
  },
  mintWorkflowCredential: {
    path: `/v1/executions/${EXECUTION_ID}/workflow-credential`,
    body: { update: 'vote', command: { verdict: 'approve', rationale: 'Ticket 4711' } },
  },
  listPendingApprovals: { path: '/v1/approvals/pending' },
  listApprovalWorkflows: { path: '/v1/approvals/workflows' },
  readApproval: { path: `/v1/approvals/${APPROVAL_ID}` },
  approve: { path: `/v1/approvals/${APPROVAL_ID}/approve`, body: { rationale: 'Ticket 4711' } },
  reject: { path: `/v1/approvals/${APPROVAL_ID}/reject`, body: { rationale: 'No ticket' } },
  escalate: { path: `/v1/approvals/${APPROVAL_ID}/escalate`, body: { rationale: 'Too large' } },
  listChains: { path: '/v1/chains' },
  publishChain: { path: '/v1/chains', body: { kind: 'ApprovalChain' } },
  validateChain: { path: '/v1/chains/validate', body: { kind: 'ApprovalChain' } },
  readChain: { path: '/v1/chains/payments?version=1' },
  putChain: { path: '/v1/chains/payments', body: { kind: 'ApprovalChain' } },
  withdrawChain: { path: '/v1/chains/payments' },
  publishPolicy: { path: '/v1/policies?id=support&publish=true', body: { rules: [] } },
  listPolicies: { path: '/v1/policies' },
  validatePolicy: { path: '/v1/policies/validate', body: { rules: [] } },
  evaluateRequest: { path: '/v1/policies/evaluate', body: REFUND },
  scoreRisk: { path: '/v1/risk/score', body: REFUND },
  readRiskModel: { path: '/v1/risk/factors' },
  readPolicy: { path: '/v1/policies/support?version=1' },
  listLists: { path: '/v1/lists' },
  readList: { path: '/v1/lists/trusted' },
  putList: { path: '/v1/lists/trusted', body: { values: ['acme.com'] } },
  createUser: {
    path: '/v1/users',
    body: { id: 'alice', email: 'alice@example.com', approverRoles: ['support-manager'] },
  },
  listUsers: { path: '/v1/users' },
  issueUserKey: { path: '/v1/users/alice/keys', body: {} },
  linkSlackIdentity: {
    path: '/v1/users/alice/slack-identities',
    body: { teamId: 'T01TEST', userId: 'U01ALICE' },
  },
  listSlackIdentities: { path: '/v1/users/alice/slack-identities' },
  unlinkSlackIdentity: {
    path: '/v1/users/alice/slack-identities/01890a5d-ac96-774b-bcce-b302099a8060',
  },
  redeemSlackLink: { path: '/v1/channels/slack/links', body: { code: '7KQ3XDM9TA' } },
  slackStatus: { path: '/v1/channels/slack/status' },
  listGroups: { path: '/v1/groups' },
  readGroup: { path: '/v1/groups/finance' },
  putGroup: { path: '/v1/groups/finance', body: { name: 'Finance', members: ['alice'] } },
  listOnCall: { path: '/v1/on-call' },
  readOnCall: { path: '/v1/on-call/payments' },
  putOnCall: {
    path: '/v1/on-call/payments',
    body: { shifts: [{ user: 'alice', from: '2026-03-02T09:00:00Z', to: '2026-03-09T09:00:00Z' }] },
  },
  registerAgent: {
    path: '/v1/agents',
    body: { id: 'support-bot', owner: 'bob', riskLevel: 'medium', environment: 'prod' },
  },
  listAgents: { path: '/v1/agents' },
  engageKillSwitch: { path: '/v1/kill-switches', body: { reason: 'Refund loop' } },
  listKillSwitches: { path: '/v1/kill-switches' },
  liftKillSwitch: { path: '/v1/kill-switches/kill-1?reason=Fixed' },
  auditIntegrity: { path: '/v1/audit/integrity' },
  listAuditEvents: { path: `/v1/audit/events?executionId=${EXECUTION_ID}` },
  systemStatus: { path: '/v1/status' },
};
