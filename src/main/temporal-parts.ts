import { createHash } from 'node:crypto';

import { createActivities, type Activities } from '../../activities';
import type { CommandAnswer } from '../../activities/ports';
import { createDrainBacklog, createSweepDue } from '../app/housekeeping';
import { createExecutionSteps, type GovernedReference } from '../app/execution-steps';
import type { Cryptography, Logger } from '../app/ports';
import { createSweepKilled } from '../app/sweep-killed';
import {
  outcomeUpdateInput,
  releaseUpdateInput,
  voteUpdateInput,
} from '../contract/workflow-commands';
import { parseGuardedJson } from '../contract/json-guard';
import { isDomainError } from '../core/errors';
import type { Json, JsonObject } from '../core/json';
import { connectTemporal, type TemporalConnection } from '../temporal/connection';
import { createHistoryReader } from '../temporal/history';
import { registerNamespaceAndSearchAttributes } from '../temporal/namespace';
import { startRowOf, type OutboxSource } from '../temporal/outbox';
import { createReconciler } from '../temporal/reconciler';
import { createRelay, type Relay } from '../temporal/relay';
import { installTemporalRuntime } from '../temporal/runtime';
import { createSchedule } from '../temporal/schedule';
import { createWorker, type GovernanceWorker } from '../temporal/worker';
import { createWorkflowStarter, type TemporalStarter } from '../temporal/workflow-starter';
import { WORKFLOW_BUNDLE } from './assets';
import type { CoreParts } from './core-parts';

export interface TemporalPartsInput {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly retentionDays: number;
  readonly crypto: Cryptography;
  readonly logger: Logger;
  readonly publicUrl?: string;
  /** Whether this process also executes workflows; then its starts are eager. */
  readonly runsWorker: boolean;
}

export interface TemporalParts {
  readonly temporal: TemporalConnection;
  readonly starter: TemporalStarter;
  readonly relay: Relay;
  readonly isWorking: () => boolean;
  stop(): Promise<void>;
}

function outboxSource(core: CoreParts): OutboxSource {
  return {
    claimStarts: async (limit) => (await core.outbox.pendingStarts(limit)).map(startRowOf),
    markStarted: (tenant, ids) => core.outbox.markStarted(tenant, ids),
    claimJobs: (limit) => core.outbox.jobs(limit),
    finishJobs: (ids) => core.outbox.finishJobs(ids),
  };
}

/** A release token or a salt must never stand in a history. */
function withoutSecrets(result: object): JsonObject {
  const kept = Object.entries<Json>(result as JsonObject).filter(
    ([name]) => name !== 'releaseToken' && name !== 'argsSalt',
  );
  return Object.fromEntries(kept);
}

/** The workflow's updates run the very use cases of REST, for the person behind a short-lived credential. */
function createCommand(core: CoreParts) {
  return async (
    kind: 'vote' | 'release' | 'outcome',
    input: GovernedReference,
    payload: JsonObject,
    credential: string,
  ): Promise<CommandAnswer> => {
    try {
      // The guards of REST hold for what comes through Temporal too.
      const command = parseGuardedJson(JSON.stringify(payload)) as JsonObject;
      const { caller, jti } = await core.redeem(
        credential,
        input.executionId,
        { update: kind, command },
        await core.reads.nowMs(),
      );
      const { useCases } = core;
      const executionId = input.executionId;
      const result =
        kind === 'vote'
          ? await useCases.castVote(caller, {
              ...voteUpdateInput(command),
              approvalId: executionId,
              commandId: jti,
              surface: 'workflow',
            })
          : kind === 'release'
            ? await useCases.releaseExecution(caller, {
                ...releaseUpdateInput(command),
                executionId,
              })
            : await useCases.reportOutcome(caller, { ...outcomeUpdateInput(command), executionId });
      return { ok: true, result: withoutSecrets(result) };
    } catch (error) {
      if (!isDomainError(error) || error.code === 'unavailable' || error.code === 'internal')
        throw error;
      return { ok: false, code: error.code, why: error.details.what ?? error.message };
    }
  };
}

type SupervisedWorker = Awaited<ReturnType<typeof superviseWorker>>;

/** Keeps one worker alive: a failed one is replaced after a pause, as long as the process means to run. */
async function superviseWorker(make: () => Promise<GovernanceWorker>, logger: Logger) {
  let stopped = false;
  let worker = await make();
  const watch = (current: GovernanceWorker): void => {
    current.finished
      .catch(() => undefined)
      .then(async () => {
        while (!stopped) {
          await new Promise((resolve) => setTimeout(resolve, 1_000));
          try {
            worker = await make();
            watch(worker);
            return;
          } catch (error) {
            logger.error({ err: error }, 'a new worker could not be started');
          }
        }
      })
      .catch(() => undefined);
  };
  watch(worker);
  return {
    isWorking: () => worker.isRunning(),
    stop: async () => {
      stopped = true;
      await worker.stop();
    },
  };
}

/** The code that a worker of this process runs for its workflows. */
function activitiesOf(
  core: CoreParts,
  input: TemporalPartsInput,
  temporal: TemporalConnection,
  poke: () => void,
): Activities {
  const { logger, crypto } = input;
  const steps = createExecutionSteps({
    committer: core.committer,
    crypto,
    reads: core.reads,
    historyDigest: (history) => createHash('sha256').update(history).digest('hex'),
  });
  const duties = { committer: core.committer, crypto, outbox: core.outbox };
  const sweepDue = createSweepDue(duties);
  const drainBacklog = createDrainBacklog(duties);
  const reconciler = createReconciler({
    client: temporal.client,
    logger,
    poke,
    source: {
      openWithoutPendingStart: (after, limit) =>
        core.outbox.waitingWithoutPendingStart(after, limit),
      markStartPending: (rows) => core.outbox.markStartPending(rows),
    },
  });
  return createActivities({
    steps: { ...steps, command: createCommand(core) },
    housekeeping: {
      sweepDue: async () => {
        await drainBacklog();
        return sweepDue();
      },
      reconcileStarts: () => reconciler.reconcileStarts(),
    },
    fetchHistory: createHistoryReader(temporal.client),
    logger,
    ...(input.publicUrl === undefined ? {} : { publicUrl: input.publicUrl }),
  });
}

/** Everything of one process that speaks with Temporal: starts, relay, and a worker where it has one. */
export async function createTemporalParts(
  core: CoreParts,
  input: TemporalPartsInput,
): Promise<TemporalParts> {
  const { logger, taskQueue, namespace } = input;
  installTemporalRuntime(logger);
  const temporal = await connectTemporal({ address: input.address, namespace });
  const { connection, client } = temporal;
  await registerNamespaceAndSearchAttributes({
    connection,
    namespace,
    retentionDays: input.retentionDays,
    logger,
  });
  const source = outboxSource(core);
  const own: { relay?: Relay } = {};
  const poke = (): void => own.relay?.poke();
  const starter = createWorkflowStarter({
    client,
    taskQueue,
    eager: input.runsWorker,
    markStarted: source.markStarted,
    logger,
    poke,
    ...(input.publicUrl === undefined ? {} : { publicUrl: input.publicUrl }),
  });
  let worker: SupervisedWorker | undefined;
  if (input.runsWorker) {
    const activities = activitiesOf(core, input, temporal, poke);
    const workflowBundle = { codePath: WORKFLOW_BUNDLE };
    worker = await superviseWorker(
      () => createWorker({ connection, namespace, taskQueue, workflowBundle, activities, logger }),
      logger,
    );
    await createSchedule({ client, taskQueue });
  }
  const sweep = createSweepKilled({ committer: core.committer, crypto: input.crypto });
  const relay = createRelay({
    client,
    source,
    starter,
    sweepKilled: async (tenant, kill) => {
      await sweep(tenant, kill);
    },
    logger,
  });
  own.relay = relay;
  return stoppable(temporal, starter, relay, worker);
}

function stoppable(
  temporal: TemporalConnection,
  starter: TemporalStarter,
  relay: Relay,
  worker: SupervisedWorker | undefined,
): TemporalParts {
  return {
    temporal,
    starter,
    relay,
    isWorking: () => worker?.isWorking() ?? true,
    stop: async () => {
      await relay.stop();
      await starter.close();
      await worker?.stop();
      await temporal.close();
    },
  };
}
