import { performance } from 'node:perf_hooks';

import { createApplyDue } from '../app/apply-due';
import { createAuthenticate } from '../app/authenticate';
import { createAwaitExecution } from '../app/await-execution';
import { createSnapshotBuilder } from '../app/build-snapshot';
import { createCancelExecution } from '../app/cancel-execution';
import { requirePermission } from '../app/caller';
import { createCastVote } from '../app/cast-vote';
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
import {
  createEngageKillSwitch,
  createLiftKillSwitch,
  createListKillSwitches,
} from '../app/kill-switches';
import { createListPendingApprovals, createReadApproval } from '../app/list-approvals';
import { createListAuditEvents } from '../app/list-audit-events';
import { createListExecutions } from '../app/list-executions';
import { createPutList, createReadList, createReadLists } from '../app/lists';
import type { Cryptography, Logger, SnapshotSource, WorkflowStarter } from '../app/ports';
import type { OutboxStore } from '../app/read-ports';
import type { Committer } from '../app/commit-ports';
import {
  createListPolicies,
  createPublishPolicy,
  createReadPolicy,
  createValidatePolicy,
} from '../app/publish-policy';
import { createReleaseExecution } from '../app/release-execution';
import { createReportOutcome } from '../app/report-outcome';
import { createSubmitExecution } from '../app/submit-execution';
import { listChains, type SystemStatus, type UseCases } from '../app/use-cases';
import { createVerifyAudit } from '../app/verify-audit';
import {
  createMintWorkflowCredential,
  createRedeemWorkflowCredential,
} from '../app/workflow-credential';
import { createAuditLog } from '../db/audit-log';
import { createCommitter } from '../db/committer';
import { createExecutionReads } from '../db/execution-reads';
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

/** Everything of one process that needs no Temporal: stores, committer, use cases. */
export function createCoreParts(input: CorePartsInput): CoreParts {
  const { database, crypto, logger, starter } = input;
  const registry = createRegistryReads(database.app);
  const reads = createExecutionReads(database.app);
  const auditLog = createAuditLog(database.app, database.system);
  const lookup = createCredentialLookup(database.system);
  const outbox = createOutboxStore(database.system);
  const capabilities = { regex: createRegexCompiler(), zones: createZoneClock() };
  const facts = createFactGatherer();
  const monotonicMs = (): number => performance.now();
  const lag = createStartLagGauge(outbox, monotonicMs);
  const hub = createNotificationHub(database.systemUrl, logger);
  const snapshots = createSnapshotSource(
    database.app,
    createSnapshotBuilder({ capabilities, agent: (tenant, id) => registry.agent(tenant, id) }),
  );
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
  const notes = createCoalescedNotes({ committer, logger });
  const present = input.temporalUiUrl === undefined ? {} : { temporalUiUrl: input.temporalUiUrl };
  const step = { committer, crypto };
  const run = { ...step, ...present, reads, starter };
  const fresh = { ...step, snapshots, reads };
  const policy = { committer, snapshots, crypto, reads: registry, capabilities };
  const directory = { committer, crypto, reads: registry, keyEnvironment: input.keyEnvironment };
  const kill = { committer, crypto, reads: registry, nowMs: () => reads.nowMs() };
  const lists = { committer, snapshots, reads: registry };
  const credentials = { crypto, lookup, reads };
  const verify = createVerifyAudit({ log: auditLog, crypto });
  const useCases: UseCases = {
    authenticate: createAuthenticate({
      lookup,
      crypto,
      monotonicMs,
      noteFailedLogin: (prefix, address) => {
        notes.noteFailedLogin(prefix, address);
      },
    }),
    submitExecution: createSubmitExecution({
      ...run,
      facts,
      startLag: lag,
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
    awaitExecution: createAwaitExecution({ ...fresh, ...present, waiter: hub, monotonicMs }),
    listExecutions: createListExecutions({ reads }),
    releaseExecution: createReleaseExecution(run),
    reportOutcome: createReportOutcome(run),
    cancelExecution: createCancelExecution(run),
    mintWorkflowCredential: createMintWorkflowCredential(credentials),
    listPendingApprovals: createListPendingApprovals(fresh),
    readApproval: createReadApproval(fresh),
    castVote: createCastVote(run),
    publishPolicy: createPublishPolicy(policy),
    validatePolicy: createValidatePolicy(policy),
    listPolicies: createListPolicies(policy),
    readPolicy: createReadPolicy(policy),
    putList: createPutList(lists),
    readList: createReadList(lists),
    listLists: createReadLists(lists),
    listChains,
    createUser: createCreateUser(directory),
    listUsers: createListUsers(directory),
    issueUserKey: createIssueUserKey(directory),
    registerAgent: createRegisterAgent(directory),
    listAgents: createListAgents(directory),
    engageKillSwitch: createEngageKillSwitch(kill),
    liftKillSwitch: createLiftKillSwitch(kill),
    listKillSwitches: createListKillSwitches(kill),
    auditIntegrity: async (caller) => {
      requirePermission(caller, 'audit:verify');
      const { state, size, checkpointSize, breaks } = await verify(caller.tenant);
      return { state, size, checkpointSize, breaks };
    },
    listAuditEvents: createListAuditEvents({ reads: registry }),
    systemStatus: () => input.status({ startLagMs: Math.round(lag.lagMs('default')) }),
  };
  return {
    useCases,
    committer,
    snapshots,
    hub,
    outbox,
    notes,
    lag,
    reads,
    registry,
    auditLog,
    lookup,
    capabilities,
    applyDue: createApplyDue(step),
    redeem: createRedeemWorkflowCredential(credentials),
    stop: async () => {
      await notes.flush();
      await committer.idle();
      await hub.stop();
      await facts.close();
    },
  };
}
