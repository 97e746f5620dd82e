import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { approvalSignal, killSignal } from '../../workflows/messages';
import type { Logger } from '../app/ports';
import { workflowIdOf, type TenantId } from '../core/ids';
import { boundedCall } from './bounded-call';
import { GRPC, grpcCodeOf } from './grpc-code';
import type { JobRow, OutboxSource, StartRow } from './outbox';
import { createPause } from './pause';
import type { TemporalStarter } from './workflow-starter';

const SIGNAL_TIMEOUT_MS = 5_000;
const FIRST_BACKOFF_MS = 250;
/** Recovery is owed within 10 s of the server's return. */
const MAX_BACKOFF_MS = 5_000;

export interface RelayOptions {
  readonly client: Client;
  readonly source: OutboxSource;
  readonly starter: TemporalStarter;
  /** Applies one kill switch to what it voids, in bounded transactions; idempotent. */
  readonly sweepKilled: (tenant: TenantId, kill: string) => Promise<void>;
  readonly logger: Logger;
  /** Rows of each kind per round. */
  readonly limit?: number;
  /** Pause after a round that found nothing. */
  readonly idleMs?: number;
  readonly concurrency?: number;
}

export interface RelayStatus {
  readonly state: 'running' | 'backing_off' | 'stopped';
  /** Rounds that failed since the last one that did not. */
  readonly failures: number;
  readonly lastError?: string;
}

export interface Relay {
  /** Ends an idle pause; never a backoff, or every commit would knock on a server that is down. */
  poke(): void;
  status(): RelayStatus;
  /** Finishes the round in hand. */
  stop(): Promise<void>;
}

/** Carries what the database owes Temporal: workflows to start, nudges, and sweeps after a kill. */
export function createRelay(options: RelayOptions): Relay {
  const { logger, idleMs = 1_000 } = options;
  const pause = createPause();
  let stopped = false;
  let status: RelayStatus = { state: 'running', failures: 0 };

  const round = async (): Promise<void> => {
    try {
      const worked = await carry(options, () => stopped);
      if (status.failures > 0) logger.info({ rounds: status.failures }, 'relay recovered');
      status = { state: 'running', failures: 0 };
      if (!worked) await pause.idle(idleMs);
    } catch (error) {
      const failures = status.failures + 1;
      status = { state: 'backing_off', failures, lastError: String(error) };
      const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
      logger.warn({ err: error, failures, backoffMs }, 'relay backs off');
      await pause.fixed(backoffMs);
    }
  };
  const loop = async (): Promise<void> => {
    while (!stopped) await round();
    status = { ...status, state: 'stopped' };
  };
  const ended = loop();
  return {
    poke: () => {
      pause.poke();
    },
    status: () => status,
    stop: () => {
      stopped = true;
      pause.end();
      return ended;
    },
  };
}

/**
 * One round. True when it moved something; rejects when a server is away. Sweeps come first: they need the
 * database alone and must go on while Temporal is away.
 */
async function carry(options: RelayOptions, stopped: () => boolean): Promise<boolean> {
  const { source, starter, limit = 100, concurrency = 16 } = options;
  const jobs = await source.claimJobs(limit);
  const [sweeps, nudges] = [
    jobs.filter(({ job }) => job.kind === 'sweep_killed'),
    jobs.filter(({ job }) => job.kind === 'nudge'),
  ];
  const swept = await doJobs(options, sweeps, 1, stopped);

  const claimed = await source.claimStarts(limit);
  const starts = claimed.filter(({ executionId }) => !starter.isStarting(executionId));
  const started = await forEachAtMost(concurrency, starts, stopped, (row) =>
    startRow(options, row),
  );
  if (claimed.length > 0) await starter.flushMarks();

  const nudged = await doJobs(options, nudges, concurrency, stopped);
  return swept + started + nudged > 0;
}

/** Does the jobs and finishes those done, also when a later one ends the round. */
async function doJobs(
  options: RelayOptions,
  jobs: readonly JobRow[],
  concurrency: number,
  stopped: () => boolean,
): Promise<number> {
  const done: string[] = [];
  try {
    return await forEachAtMost(concurrency, jobs, stopped, async (row) => {
      await doJob(options, row);
      done.push(row.id);
      return true;
    });
  } finally {
    if (done.length > 0) await options.source.finishJobs(done);
  }
}

async function startRow({ starter, logger }: RelayOptions, row: StartRow): Promise<boolean> {
  try {
    await starter.start(row);
    return true;
  } catch (error) {
    if (grpcCodeOf(error) !== GRPC.invalidArgument) throw error;
    // This row alone is at fault: it must not hold up the others.
    logger.error({ executionId: row.executionId, err: error }, 'workflow refused by the server');
    return false;
  }
}

async function doJob(options: RelayOptions, { tenant, job }: JobRow): Promise<void> {
  if (job.kind === 'sweep_killed') {
    await options.sweepKilled(tenant, job.kill);
    return;
  }
  const handle = options.client.workflow.getHandle(workflowIdOf(job.execution));
  const signal = job.signal === 'kill' ? killSignal : approvalSignal;
  try {
    await boundedCall(options.client, SIGNAL_TIMEOUT_MS, () =>
      handle.signal(signal, { version: job.version }),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return;
    // More signals than a run takes: its timers and the housekeeping go on without this hint.
    if (grpcCodeOf(error) !== GRPC.invalidArgument) throw error;
    options.logger.warn({ executionId: job.execution, err: error }, 'nudge refused');
  }
}

/**
 * Runs `work` over the items, a few at a time. The first rejection ends it: no further item is begun, those
 * in hand are waited for, then it rejects.
 * @returns how many answered true
 */
async function forEachAtMost<T>(
  concurrency: number,
  items: readonly T[],
  stopped: () => boolean,
  work: (item: T) => Promise<boolean>,
): Promise<number> {
  const queue = items[Symbol.iterator]();
  let failed = false;
  let count = 0;
  const lane = async (): Promise<void> => {
    for (const item of queue) {
      if (failed || stopped()) return;
      try {
        if (await work(item)) count += 1;
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: concurrency }, lane));
  const rejected = lanes.find((result) => result.status === 'rejected');
  if (rejected !== undefined) throw rejected.reason;
  return count;
}
