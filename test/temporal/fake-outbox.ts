import type { OutboxJob } from '../../src/app/ports';
import { tenantId, type ExecutionId } from '../../src/core/ids';
import type { JobRow, OutboxSource, StartRow } from '../../src/temporal/outbox';
import type { FakeExecution } from '../workflows/fake-execution';

export interface FakeOutbox extends OutboxSource {
  readonly pending: Map<ExecutionId, StartRow>;
  readonly jobs: Map<string, JobRow>;
  /** Sizes of the batches in which starts were marked. */
  readonly markedBatches: number[];
  addJob(job: OutboxJob): string;
  /** The next calls reject with this. */
  outage: Error | undefined;
}

export function createFakeOutbox(): FakeOutbox {
  const pending = new Map<ExecutionId, StartRow>();
  const jobs = new Map<string, JobRow>();
  const markedBatches: number[] = [];
  const outbox: FakeOutbox = {
    pending,
    jobs,
    markedBatches,
    outage: undefined,
    addJob(job) {
      const id = String(jobs.size + 1);
      jobs.set(id, { id, tenant: tenantId('default'), job });
      return id;
    },
    claimStarts: async (limit) => {
      if (outbox.outage !== undefined) throw outbox.outage;
      return [...pending.values()].slice(0, limit);
    },
    markStarted: async (_, ids) => {
      if (outbox.outage !== undefined) throw outbox.outage;
      markedBatches.push(ids.length);
      ids.forEach((id) => pending.delete(id));
    },
    claimJobs: async (limit) => {
      if (outbox.outage !== undefined) throw outbox.outage;
      return [...jobs.values()].slice(0, limit);
    },
    finishJobs: async (ids) => {
      ids.forEach((id) => jobs.delete(id));
    },
  };
  return outbox;
}

export function rowOf(execution: FakeExecution): StartRow {
  const { input, verdict, status, waitingFor, level, dueAtMs, agent, reason } = execution;
  return {
    ...input,
    agent,
    action: 'refund',
    environment: 'prod',
    verdict,
    status,
    reason,
    policy: 'support',
    rule: 'refund-limit',
    waiting: waitingFor !== 'nothing',
    ...(level === undefined ? {} : { level: level.name }),
    ...(dueAtMs === undefined ? {} : { dueAtMs }),
  };
}
