import { performance } from 'node:perf_hooks';

import { createApplyDue } from '../app/apply-due';
import { createAuthenticate } from '../app/authenticate';
import { createAwaitExecution } from '../app/await-execution';
import { createSnapshotBuilder } from '../app/build-snapshot';
import { createCancelExecution } from '../app/cancel-execution';
import { requirePermission } from '../app/caller';
import { createAttemptLimit } from '../app/attempt-limit';
import { createCastVote } from '../app/cast-vote';
import {
  createLinkSlackIdentity,
  createListSlackIdentities,
  createRedeemSlackLink,
  createSlackStatus,
  createUnlinkSlackIdentity,
} from '../app/channel-identities';
import { createCoalescedNotes, type CoalescedNotes } from '../app/coalesced-notes';
import {
  createCreateUser,
  createIssueUserKey,
  createListAgents,
  createListUsers,
  createRegisterAgent,
} from '../app/directory';
import { createEvaluateRequest } from '../app/evaluate-request';
import { createStartLagGauge } from '../app/housekeeping';
import { createListGroups, createPutGroup, createReadGroup } from '../app/groups';
import { createEngageKillSwitch } from '../app/engage-kill-switch';
import { createLiftKillSwitch, createListKillSwitches } from '../app/kill-switches';
import { createListPendingApprovals, createReadApproval } from '../app/list-approvals';
import { createListAuditEvents } from '../app/list-audit-events';
import { createListExecutions } from '../app/list-executions';
import { createPutList, createReadList, createReadLists } from '../app/lists';
import { createListOnCall, createPutOnCall, createReadOnCall } from '../app/on-call';
import type { Cryptography, Logger, SnapshotSource, WorkflowStarter } from '../app/ports';
import type { OutboxStore } from '../app/read-ports';
import type { Committer } from '../app/commit-ports';
import { createPublishChain, createValidateChain } from '../app/publish-chain';
import {
  createListPolicies,
  createPublishPolicy,
  createReadPolicy,
  createValidatePolicy,
} from '../app/publish-policy';
import { createListChains, createReadChain } from '../app/read-chains';
import { createReadReceipt } from '../app/read-receipt';
import { readRiskModel } from '../app/read-risk-model';
import { createReleaseExecution } from '../app/release-execution';
import { createReportOutcome } from '../app/report-outcome';
import { createScoreRisk } from '../app/score-risk';
import { createSubmitExecution } from '../app/submit-execution';
import type { SystemStatus, UseCases } from '../app/use-cases';
import { createVerifyAudit } from '../app/verify-audit';
import { createWithdrawChain } from '../app/withdraw-chain';
import {
  createMintWorkflowCredential,
  createRedeemWorkflowCredential,
} from '../app/workflow-credential';
import { DEFAULT_TENANT } from '../core/ids';
import { createAuditLog } from '../db/audit-log';
import { createChannelIdentityReads } from '../db/channel-identity-reads';
import { createCommitter } from '../db/committer';
import { createExecutionReads } from '../db/execution-reads';
import { createLinkCodeStore } from '../db/link-code-store';
import { createNotificationHub, type NotificationHub } from '../db/hub';
import { createOutboxStore } from '../db/outbox-store';
import type { Database } from '../db/pool';
import { createCredentialLookup, createRegistryReads } from '../db/registry-reads';
import { createSnapshotSource } from '../db/snapshot-source';
import { createFactGatherer } from '../facts/fact-gatherer';
import { createRegexCompiler } from '../facts/regex-compiler';
import { createZoneClock } from '../facts/zone-clock';

/** Long enough for the first statement of a process, which loads the SQL grammar. */
const FACT_DEADLINE_MS = 3_000;

export interface CorePartsInput {
  readonly database: Database;
  readonly crypto: Cryptography;
  readonly logger: Logger;
  readonly starter: WorkflowStarter;
  readonly maxStartLagMs: number;
  readonly keyEnvironment: 'dev' | 'prod';
  readonly temporalUiUrl?: (workflowId: string) => string;
  readonly status: (parts: { readonly startLagMs: number }) => Promise<SystemStatus>;
}

export interface CoreParts {
  readonly useCases: UseCases;
  readonly committer: Committer & { idle(): Promise<void> };
  readonly snapshots: SnapshotSource;
  readonly hub: NotificationHub;
  readonly outbox: OutboxStore;
  readonly notes: CoalescedNotes;
  readonly lag: ReturnType<typeof createStartLagGauge>;
  readonly reads: ReturnType<typeof createExecutionReads>;
  readonly registry: ReturnType<typeof createRegistryReads>;
  readonly auditLog: ReturnType<typeof createAuditLog>;
  readonly lookup: ReturnType<typeof createCredentialLookup>;
  readonly capabilities: Parameters<typeof createSnapshotBuilder>[0]['capabilities'];
  readonly applyDue: ReturnType<typeof createApplyDue>;
  readonly redeem: ReturnType<typeof createRedeemWorkflowCredential>;
  stop(): Promise<void>;
}

type Stores = Pick<CoreParts, 'reads' | 'registry' | 'auditLog' | 'lookup' | 'outbox'>;

function createStores(database: Database): Stores {
  return {
    registry: createRegistryReads(database.app),
    reads: createExecutionReads(database.app),
    auditLog: createAuditLog(database.app, database.system),
    lookup: createCredentialLookup(database.system),
    outbox: createOutboxStore(database.system),
  };
}

interface Wiring
  extends
    Stores,
    Pick<CoreParts, 'committer' | 'snapshots' | 'hub' | 'notes' | 'lag' | 'capabilities'> {
  readonly facts: ReturnType<typeof createFactGatherer>;
}

const monotonicMs = (): number => performance.now();

function wire({ database, crypto, logger }: CorePartsInput): Wiring {
  const stores = createStores(database);
  const capabilities = { regex: createRegexCompiler(), zones: createZoneClock() };
  const build = createSnapshotBuilder({
    capabilities,
    agent: (tenant, id) => stores.registry.agent(tenant, id),
  });
  const snapshots = createSnapshotSource(database.app, build);
  const hub = createNotificationHub(database.systemUrl, logger);
  hub.onEpoch((tenant, epoch) => {
    snapshots.onEpoch(tenant, epoch);
  });
  const committer = createCommitter({
    database,
    snapshots,
    sha256: (bytes) => crypto.sha256(bytes),
    uuid: () => crypto.uuidv7(),
    logger,
  });
  return {
    ...stores,
    capabilities,
    snapshots,
    hub,
    committer,
    notes: createCoalescedNotes({ committer, logger }),
    lag: createStartLagGauge(stores.outbox, monotonicMs),
    facts: createFactGatherer(),
  };
}

type Group<K extends keyof UseCases> = Pick<UseCases, K>;

function executionUseCases(
  input: CorePartsInput,
  w: Wiring,
): Group<
  | 'submitExecution'
  | 'evaluateRequest'
  | 'scoreRisk'
  | 'readRiskModel'
  | 'awaitExecution'
  | 'readReceipt'
  | 'listExecutions'
  | 'releaseExecution'
  | 'reportOutcome'
  | 'cancelExecution'
  | 'mintWorkflowCredential'
> {
  const { crypto, starter } = input;
  const { committer, snapshots, reads, facts, hub, lookup, notes } = w;
  const present = input.temporalUiUrl === undefined ? {} : { temporalUiUrl: input.temporalUiUrl };
  const run = { committer, crypto, reads, starter, ...present };
  return {
    submitExecution: createSubmitExecution({
      ...run,
      facts,
      startLag: w.lag,
      maxStartLagMs: input.maxStartLagMs,
      factDeadlineMs: FACT_DEADLINE_MS,
    }),
    evaluateRequest: createEvaluateRequest({
      snapshots,
      crypto,
      facts,
      reads,
      factDeadlineMs: FACT_DEADLINE_MS,
      noteEvaluation: (caller, verdict) => {
        notes.noteEvaluation(caller, verdict);
      },
    }),
    scoreRisk: createScoreRisk({ snapshots, facts, factDeadlineMs: FACT_DEADLINE_MS }),
    readRiskModel,
    awaitExecution: createAwaitExecution({ ...run, snapshots, waiter: hub, monotonicMs }),
    readReceipt: createReadReceipt({
      ...run,
      snapshots,
      log: w.auditLog,
      waiter: hub,
      monotonicMs,
      noteReceipt: (caller, row) => {
        notes.noteReceipt(caller, row);
      },
    }),
    listExecutions: createListExecutions({ reads }),
    releaseExecution: createReleaseExecution(run),
    reportOutcome: createReportOutcome(run),
    cancelExecution: createCancelExecution(run),
    mintWorkflowCredential: createMintWorkflowCredential({ crypto, lookup, reads }),
  };
}

function approvalUseCases(
  { crypto, starter }: CorePartsInput,
  { committer, snapshots, reads }: Wiring,
): Group<'listPendingApprovals' | 'readApproval' | 'castVote'> {
  const fresh = { committer, crypto, snapshots, reads };
  return {
    listPendingApprovals: createListPendingApprovals(fresh),
    readApproval: createReadApproval(fresh),
    castVote: createCastVote({ committer, crypto, reads, starter }),
  };
}

function chainUseCases(
  { crypto }: CorePartsInput,
  { committer, snapshots, registry, capabilities }: Wiring,
): Group<
  | 'publishChain'
  | 'validateChain'
  | 'listChains'
  | 'readChain'
  | 'withdrawChain'
  | 'putGroup'
  | 'listGroups'
  | 'readGroup'
  | 'putOnCall'
  | 'listOnCall'
  | 'readOnCall'
> {
  const reads = registry;
  const chain = { committer, snapshots, crypto, reads, capabilities };
  const people = { committer, reads };
  return {
    publishChain: createPublishChain(chain),
    validateChain: createValidateChain(chain),
    listChains: createListChains({ reads }),
    readChain: createReadChain({ reads }),
    withdrawChain: createWithdrawChain({ committer, snapshots }),
    putGroup: createPutGroup(people),
    listGroups: createListGroups({ reads }),
    readGroup: createReadGroup({ reads }),
    putOnCall: createPutOnCall(people),
    listOnCall: createListOnCall({ reads }),
    readOnCall: createReadOnCall({ reads }),
  };
}

function policyUseCases(
  { crypto }: CorePartsInput,
  { committer, snapshots, registry, capabilities }: Wiring,
): Group<
  | 'publishPolicy'
  | 'validatePolicy'
  | 'listPolicies'
  | 'readPolicy'
  | 'putList'
  | 'readList'
  | 'listLists'
> {
  const policy = { committer, snapshots, crypto, reads: registry, capabilities };
  const lists = { committer, snapshots, reads: registry };
  return {
    publishPolicy: createPublishPolicy(policy),
    validatePolicy: createValidatePolicy(policy),
    listPolicies: createListPolicies(policy),
    readPolicy: createReadPolicy(policy),
    putList: createPutList(lists),
    readList: createReadList(lists),
    listLists: createReadLists(lists),
  };
}

function directoryUseCases(
  input: CorePartsInput,
  { committer, registry, lookup, notes }: Wiring,
): Group<
  'authenticate' | 'createUser' | 'listUsers' | 'issueUserKey' | 'registerAgent' | 'listAgents'
> {
  const { crypto, keyEnvironment } = input;
  const directory = { committer, crypto, reads: registry, keyEnvironment };
  return {
    authenticate: createAuthenticate({
      lookup,
      crypto,
      monotonicMs,
      noteFailedLogin: (prefix, address) => {
        notes.noteFailedLogin(prefix, address);
      },
    }),
    createUser: createCreateUser(directory),
    listUsers: createListUsers(directory),
    issueUserKey: createIssueUserKey(directory),
    registerAgent: createRegisterAgent(directory),
    listAgents: createListAgents(directory),
  };
}

function channelUseCases(
  { crypto, database }: CorePartsInput,
  { committer }: Wiring,
): Group<
  | 'linkSlackIdentity'
  | 'listSlackIdentities'
  | 'unlinkSlackIdentity'
  | 'redeemSlackLink'
  | 'slackStatus'
> {
  const identities = { committer, crypto, reads: createChannelIdentityReads(database.app) };
  return {
    linkSlackIdentity: createLinkSlackIdentity(identities),
    listSlackIdentities: createListSlackIdentities(identities),
    unlinkSlackIdentity: createUnlinkSlackIdentity(identities),
    redeemSlackLink: createRedeemSlackLink({
      ...identities,
      codes: createLinkCodeStore(database.system),
      limit: createAttemptLimit({ most: 5, windowMs: 60_000, monotonicMs }),
    }),
    slackStatus: createSlackStatus(identities),
  };
}

function controlUseCases(
  input: CorePartsInput,
  { committer, registry, reads, auditLog, lag }: Wiring,
): Group<
  | 'engageKillSwitch'
  | 'liftKillSwitch'
  | 'listKillSwitches'
  | 'auditIntegrity'
  | 'listAuditEvents'
  | 'systemStatus'
> {
  const kill = { committer, crypto: input.crypto, reads: registry, nowMs: () => reads.nowMs() };
  const verify = createVerifyAudit({ log: auditLog, crypto: input.crypto });
  return {
    engageKillSwitch: createEngageKillSwitch(kill),
    liftKillSwitch: createLiftKillSwitch(kill),
    listKillSwitches: createListKillSwitches(kill),
    auditIntegrity: async (caller) => {
      requirePermission(caller, 'audit:verify');
      const { state, size, checkpointSize, breaks } = await verify(caller.tenant);
      return { state, size, checkpointSize, breaks };
    },
    listAuditEvents: createListAuditEvents({ reads: registry }),
    systemStatus: () => input.status({ startLagMs: Math.round(lag.lagMs(DEFAULT_TENANT)) }),
  };
}

/** Everything of one process that needs no Temporal: stores, committer, use cases. */
export function createCoreParts(input: CorePartsInput): CoreParts {
  const { facts, ...wired } = wire(input);
  const w: Wiring = { ...wired, facts };
  return {
    ...wired,
    useCases: {
      ...executionUseCases(input, w),
      ...approvalUseCases(input, w),
      ...chainUseCases(input, w),
      ...policyUseCases(input, w),
      ...directoryUseCases(input, w),
      ...channelUseCases(input, w),
      ...controlUseCases(input, w),
    },
    applyDue: createApplyDue({ committer: w.committer, crypto: input.crypto }),
    redeem: createRedeemWorkflowCredential({
      crypto: input.crypto,
      lookup: w.lookup,
      reads: w.reads,
    }),
    stop: async () => {
      await w.notes.flush();
      await w.committer.idle();
      await w.hub.stop();
      await facts.close();
    },
  };
}
