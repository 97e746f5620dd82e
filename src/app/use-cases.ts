import type { AgentProfile } from '../core/policy/model';
import type { createAuthenticate } from './authenticate';
import type { createAwaitExecution } from './await-execution';
import type { createCancelExecution } from './cancel-execution';
import type { Caller } from './caller';
import type { createCastVote } from './cast-vote';
import type {
  createCreateUser,
  createIssueUserKey,
  createListUsers,
  createRegisterAgent,
} from './directory';
import type { createEvaluateRequest } from './evaluate-request';
import type { createListGroups, createPutGroup, createReadGroup } from './groups';
import type { createEngageKillSwitch } from './engage-kill-switch';
import type { createLiftKillSwitch, createListKillSwitches } from './kill-switches';
import type { readRiskModel } from './read-risk-model';
import type { createScoreRisk } from './score-risk';
import type { createListPendingApprovals, createReadApproval } from './list-approvals';
import type { createListAuditEvents } from './list-audit-events';
import type { createListExecutions } from './list-executions';
import type { createPutList, createReadList, createReadLists } from './lists';
import type { createListOnCall, createPutOnCall, createReadOnCall } from './on-call';
import type { createPublishChain, createValidateChain } from './publish-chain';
import type {
  createListPolicies,
  createPublishPolicy,
  createReadPolicy,
  createValidatePolicy,
} from './publish-policy';
import type { createListChains, createReadChain } from './read-chains';
import type { createReadReceipt } from './read-receipt';
import type { createReleaseExecution } from './release-execution';
import type { createReportOutcome } from './report-outcome';
import type { createSubmitExecution } from './submit-execution';
import type {
  createLinkSlackIdentity,
  createListSlackIdentities,
  createRedeemSlackLink,
  createSlackStatus,
  createUnlinkSlackIdentity,
} from './channel-identities';
import type { createWithdrawChain } from './withdraw-chain';
import type { createMintWorkflowCredential } from './workflow-credential';

export interface IntegrityReport {
  readonly state: 'VALID' | 'TAMPERED' | 'TRUNCATED' | 'GAP' | 'PRUNED' | 'UNVERIFIABLE';
  readonly size: number;
  readonly checkpointSize: number;
  readonly breaks: readonly {
    readonly seq: number;
    readonly kind: string;
    readonly message: string;
  }[];
}

export interface SystemStatus {
  readonly version: string;
  readonly environment: string;
  readonly database: { readonly ready: boolean; readonly detail?: string };
  readonly temporal: {
    readonly ready: boolean;
    readonly detail?: string;
    readonly address?: string;
    readonly uiUrl?: string;
  };
  /** Where this process serves Slack: whether Slack can reach it. */
  readonly slack?: { readonly connected: boolean };
  /** Milliseconds the oldest decision of the default tenant waits for its workflow. */
  readonly startLagMs: number;
  readonly auditBacklog: number;
}

/** Everything a door may ask for. REST, CLI and the workflow's updates are thin callers of exactly this. */
export interface UseCases {
  readonly authenticate: ReturnType<typeof createAuthenticate>;
  readonly submitExecution: ReturnType<typeof createSubmitExecution>;
  readonly evaluateRequest: ReturnType<typeof createEvaluateRequest>;
  readonly scoreRisk: ReturnType<typeof createScoreRisk>;
  readonly readRiskModel: typeof readRiskModel;
  readonly awaitExecution: ReturnType<typeof createAwaitExecution>;
  readonly readReceipt: ReturnType<typeof createReadReceipt>;
  readonly listExecutions: ReturnType<typeof createListExecutions>;
  readonly releaseExecution: ReturnType<typeof createReleaseExecution>;
  readonly reportOutcome: ReturnType<typeof createReportOutcome>;
  readonly cancelExecution: ReturnType<typeof createCancelExecution>;
  readonly mintWorkflowCredential: ReturnType<typeof createMintWorkflowCredential>;
  readonly listPendingApprovals: ReturnType<typeof createListPendingApprovals>;
  readonly readApproval: ReturnType<typeof createReadApproval>;
  readonly castVote: ReturnType<typeof createCastVote>;
  readonly publishPolicy: ReturnType<typeof createPublishPolicy>;
  readonly validatePolicy: ReturnType<typeof createValidatePolicy>;
  readonly listPolicies: ReturnType<typeof createListPolicies>;
  readonly readPolicy: ReturnType<typeof createReadPolicy>;
  readonly putList: ReturnType<typeof createPutList>;
  readonly readList: ReturnType<typeof createReadList>;
  readonly listLists: ReturnType<typeof createReadLists>;
  readonly publishChain: ReturnType<typeof createPublishChain>;
  readonly validateChain: ReturnType<typeof createValidateChain>;
  readonly listChains: ReturnType<typeof createListChains>;
  readonly readChain: ReturnType<typeof createReadChain>;
  readonly withdrawChain: ReturnType<typeof createWithdrawChain>;
  readonly putGroup: ReturnType<typeof createPutGroup>;
  readonly listGroups: ReturnType<typeof createListGroups>;
  readonly readGroup: ReturnType<typeof createReadGroup>;
  readonly putOnCall: ReturnType<typeof createPutOnCall>;
  readonly listOnCall: ReturnType<typeof createListOnCall>;
  readonly readOnCall: ReturnType<typeof createReadOnCall>;
  readonly createUser: ReturnType<typeof createCreateUser>;
  readonly listUsers: ReturnType<typeof createListUsers>;
  readonly issueUserKey: ReturnType<typeof createIssueUserKey>;
  readonly linkSlackIdentity: ReturnType<typeof createLinkSlackIdentity>;
  readonly listSlackIdentities: ReturnType<typeof createListSlackIdentities>;
  readonly unlinkSlackIdentity: ReturnType<typeof createUnlinkSlackIdentity>;
  readonly redeemSlackLink: ReturnType<typeof createRedeemSlackLink>;
  readonly slackStatus: ReturnType<typeof createSlackStatus>;
  readonly registerAgent: ReturnType<typeof createRegisterAgent>;
  readonly listAgents: (caller: Caller) => Promise<{ readonly items: readonly AgentProfile[] }>;
  readonly engageKillSwitch: ReturnType<typeof createEngageKillSwitch>;
  readonly liftKillSwitch: ReturnType<typeof createLiftKillSwitch>;
  readonly listKillSwitches: ReturnType<typeof createListKillSwitches>;
  readonly auditIntegrity: (caller: Caller) => Promise<IntegrityReport>;
  readonly listAuditEvents: ReturnType<typeof createListAuditEvents>;
  readonly systemStatus: () => Promise<SystemStatus>;
}
