import type { Caller } from '../../src/app/caller';
import { requirePermission } from '../../src/app/caller';
import type { UseCases } from '../../src/app/use-cases';
import {
  AGENT_PERMISSIONS,
  permissionsOf,
  ROLES,
  type Permission,
  type Role,
} from '../../src/core/access/permissions';
import { receiptOf } from '../../src/core/audit/receipt';
import { DomainError } from '../../src/core/errors';
import { CRITICAL_CHAIN, HIGH_RISK_CHAIN } from '../../src/core/escalation/predefined-chains';
import type { EvaluationView, ExecutionView, PendingApproval } from '../../src/core/execution/view';
import { readRiskModel } from '../../src/app/read-risk-model';
import type { RiskScore } from '../../src/core/risk/model';
import { agentId, agentPrincipal, DEFAULT_TENANT, userPrincipal } from '../../src/core/ids';
import { sampleFacts } from '../core/audit/sample-receipt';

export const EXECUTION_ID = '01890a5d-ac96-774b-bcce-b302099a8057';
export const APPROVAL_ID = '01890a5d-ac96-774b-bcce-b302099a8058';

/** Who may call: each role alone, a person with an approver role alone, an agent's key. */
export const CALLERS = [...ROLES, 'approver', 'agent'] as const;
export type CallerName = (typeof CALLERS)[number];

/** The bearer token of each caller. */
export const keyOf = (name: CallerName): string => `cs_test_${name}`;

export function permissionsOfCaller(name: CallerName): ReadonlySet<Permission> {
  if (name === 'agent') return new Set(AGENT_PERMISSIONS);
  if (name === 'approver') return permissionsOf([], ['support-manager']);
  return permissionsOf([name satisfies Role], []);
}

function callerOf(name: CallerName): Caller {
  return {
    tenant: DEFAULT_TENANT,
    principal: name === 'agent' ? agentPrincipal('support-bot') : userPrincipal(name),
    kind: name === 'agent' ? 'agent' : 'user',
    credentialId: `credential-${name}`,
    assurance: 'issued',
    permissions: permissionsOfCaller(name),
    ...(name === 'agent' ? { agent: agentId('support-bot') } : {}),
  };
}

const AT = '2026-03-04T15:00:00.000Z';

const RISK: RiskScore = {
  score: 20,
  level: 'low',
  factors: [{ name: 'action', points: 20, why: 'The action gives money back' }],
};

const decided = {
  reasonCode: 'approval_required',
  reason: 'Refunds over 100 need a manager.',
  explanation: 'APPROVE_LARGE_REFUND asks support-manager.',
  matched: [
    {
      policy: 'support',
      version: 1,
      rule: 'APPROVE_LARGE_REFUND',
      effect: 'require_approval',
      reason: 'Refunds over 100 need a manager.',
    },
  ],
  trace: [],
  obligations: [],
  risk: RISK,
  policyChain: [{ policy: 'support', version: 1, effect: 'require_approval' }],
  argsDigest: 'ab'.repeat(32),
} as const;

const approvalFacts = {
  id: APPROVAL_ID,
  chain: 'standard',
  level: 1,
  levelName: 'L1',
  of: 1,
  deadline: AT,
  approvers: 'role:support-manager',
  votes: [],
};

export const execution = (overrides: Partial<ExecutionView> = {}): ExecutionView => ({
  executionId: EXECUTION_ID,
  verdict: 'ALLOW',
  status: 'executing',
  ...decided,
  agent: 'support-bot',
  action: 'issue_refund',
  environment: 'prod',
  mode: 'decide',
  attemptId: 'attempt-1',
  mayRun: true,
  createdAt: AT,
  updatedAt: AT,
  version: 1,
  links: { self: `/v1/executions/${EXECUTION_ID}` },
  ...overrides,
});

export const pending = (): ExecutionView =>
  execution({
    verdict: 'REQUIRE_APPROVAL',
    status: 'pending_approval',
    mayRun: false,
    approval: approvalFacts,
  });

const SLACK_IDENTITY = {
  id: '01890a5d-ac96-774b-bcce-b302099a8060',
  channel: 'slack',
  teamId: 'T01TEST',
  userId: 'U01ALICE',
  principal: 'user:alice',
  assurance: 'issued',
  enrolledBy: 'user:admin',
  linkedAt: AT,
} as const;

const evaluation: EvaluationView = {
  verdict: 'ALLOW',
  ...decided,
  requirements: [],
  mode: 'dry_run',
};

const pendingApproval: PendingApproval = {
  ...approvalFacts,
  executionId: EXECUTION_ID,
  status: 'pending_approval',
  agent: 'support-bot',
  action: 'issue_refund',
  environment: 'prod',
  args: { order_id: '4711', amount: 450 },
  context: {},
  argumentsShown: true,
  argsDigest: decided.argsDigest,
  reason: decided.reason,
  matched: decided.matched,
  risk: RISK,
  requestedAt: AT,
  remainingMs: 3_600_000,
};

const USER = {
  id: 'alice',
  email: 'alice@example.com',
  name: 'Alice',
  roles: ['Operator'],
  approverRoles: ['support-manager'],
} as const;

const AGENT = {
  id: agentId('support-bot'),
  owner: 'bob',
  riskLevel: 'medium',
  environment: 'prod',
  environments: ['prod'],
  tags: [],
  status: 'active',
} as const;

const KILL = {
  id: 'kill-1',
  scope: 'global',
  reason: 'Refund loop',
  severity: 'critical',
  engagedAt: AT,
  engagedBy: 'user:admin',
  engagedSeq: 7,
  active: true,
} as const;

const VIEW = { source: 'predefined', description: 'L1 asks somebody.' } as const;
const CHAIN = { ...HIGH_RISK_CHAIN, ...VIEW };
const GROUP = { id: 'finance', name: 'Finance', members: ['alice'] };
const ON_CALL = {
  schedule: 'payments',
  shifts: [{ user: 'alice', from: AT, to: '2026-03-09T09:00:00.000Z' }],
  onCallNow: ['alice'],
};

const LIST = { name: 'trusted', values: ['acme.com'] };

const answer =
  <T>(value: T) =>
  (): Promise<T> =>
    Promise.resolve(value);

/** Every use case with a plausible answer; a test replaces what it is about. */
export function fakeUseCases(overrides: Partial<UseCases> = {}): UseCases {
  return {
    authenticate: (bearer) => {
      const name = CALLERS.find((known) => bearer === keyOf(known));
      return name === undefined
        ? Promise.reject(new DomainError('unauthenticated'))
        : Promise.resolve(callerOf(name));
    },
    submitExecution: answer(execution()),
    evaluateRequest: answer(evaluation),
    scoreRisk: answer(RISK),
    readRiskModel,
    awaitExecution: answer(execution()),
    readReceipt: answer({ receipt: 'e30.e30.e30', body: receiptOf(sampleFacts('0a1b2c3d')) }),
    listExecutions: answer({ items: [] }),
    releaseExecution: answer(execution()),
    reportOutcome: answer(execution({ status: 'committed', mayRun: false })),
    cancelExecution: answer(execution({ status: 'cancelled', mayRun: false })),
    mintWorkflowCredential: answer({ credential: 'cwc1.x', expiresAt: AT }),
    listPendingApprovals: answer({ items: [pendingApproval] }),
    readApproval: answer(pendingApproval),
    castVote: (caller, { verdict }) => {
      requirePermission(caller, 'approvals:decide');
      return Promise.resolve({
        executionId: EXECUTION_ID,
        approvalId: APPROVAL_ID,
        counted: true,
        repeated: false,
        verdict,
        status: verdict === 'approve' ? 'approved' : 'rejected',
        auditSeq: 9,
      });
    },
    publishPolicy: (_caller, { id, publish }) =>
      Promise.resolve({ id, version: 1, published: publish, unchanged: false, warnings: [] }),
    validatePolicy: answer({ ok: true, problems: [], warnings: [] }),
    listPolicies: answer({
      items: [
        {
          id: 'support',
          version: 1,
          publishedVersion: null,
          author: 'user:admin',
          createdAt: AT,
          format: 'rules',
          digest: 'cd',
        },
      ],
    }),
    readPolicy: answer({ id: 'support', version: 1, published: true, text: '{}', digest: 'cd' }),
    putList: (_caller, list) => Promise.resolve(list),
    readList: answer(LIST),
    listLists: answer({ items: [LIST] }),
    listChains: answer({ items: [CHAIN, { ...CRITICAL_CHAIN, ...VIEW }] }),
    publishChain: answer({
      ...{ id: CHAIN.id, version: 1, unchanged: false, warnings: [] },
      ...{ definition: CHAIN, description: CHAIN.description },
    }),
    validateChain: answer({ ok: true, problems: [], warnings: [], description: 'L1 asks.' }),
    readChain: answer({ ...CHAIN, inForce: true }),
    withdrawChain: answer({ id: CHAIN.id, withdrawnVersion: 2, predefinedVersion: 1 }),
    putGroup: answer(GROUP),
    listGroups: answer({ items: [GROUP] }),
    readGroup: answer(GROUP),
    putOnCall: answer(ON_CALL),
    listOnCall: answer({ items: [ON_CALL] }),
    readOnCall: answer(ON_CALL),
    createUser: answer(USER),
    listUsers: answer({ items: [USER] }),
    issueUserKey: answer({ id: 'credential-1', key: 'cs_test_new' }),
    linkSlackIdentity: answer({ identity: SLACK_IDENTITY, created: false }),
    listSlackIdentities: answer({ items: [SLACK_IDENTITY] }),
    unlinkSlackIdentity: answer(SLACK_IDENTITY),
    redeemSlackLink: answer({ identity: SLACK_IDENTITY, created: false }),
    slackStatus: answer({
      ...{ channel: 'slack', behind: 1, oldestMs: 900, givenUp: 0, linkedAccounts: 1 },
      troubled: [
        {
          ...{ execution: EXECUTION_ID, purpose: 'card', givenUp: false, attempts: 1 },
          failure: 'unavailable: connection refused',
        },
      ],
    }),
    registerAgent: answer({ ...AGENT, key: 'cs_test_agent', warnings: [] }),
    listAgents: answer({ items: [AGENT] }),
    engageKillSwitch: answer({ ...KILL, warnings: [] }),
    liftKillSwitch: answer({ ...KILL, active: false, liftedAt: AT }),
    listKillSwitches: answer({ items: [KILL] }),
    auditIntegrity: answer({ state: 'VALID', size: 9, checkpointSize: 8, breaks: [] }),
    listAuditEvents: answer({
      items: [
        {
          seq: 1,
          ts: AT,
          id: APPROVAL_ID,
          type: 'execution.decided',
          actor: 'agent:support-bot',
          body: {},
          leafHash: 'ef',
        },
      ],
    }),
    systemStatus: answer({
      version: '0.1.0',
      environment: 'development',
      database: { ready: true },
      temporal: { ready: true },
      startLagMs: 0,
      auditBacklog: 0,
    }),
    ...overrides,
  };
}
