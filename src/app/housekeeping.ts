import type { AuditEventDraft } from '../core/audit/event';
import { createApplyDue } from './apply-due';
import type { OutboxStore } from './read-ports';
import type { StepDeps } from './step-execution';

const OVERDUE_MS = 5_000;
const BATCH = 500;

export interface HousekeepingDeps extends StepDeps {
  readonly outbox: OutboxStore;
}

/** Applies due moments that no workflow timer has applied: their workflow is gone, late, or never needed. */
export function createSweepDue(deps: HousekeepingDeps) {
  const applyDue = createApplyDue(deps);
  return async (): Promise<{ readonly moved: number }> => {
    let moved = 0;
    for (;;) {
      const rows = await deps.outbox.overdue(OVERDUE_MS, BATCH);
      const done = await Promise.allSettled(
        rows.map((row) => applyDue(row.tenant, row.executionId)),
      );
      const changed = done.filter(
        (step) => step.status === 'fulfilled' && step.value.changed,
      ).length;
      moved += changed;
      if (rows.length < BATCH || changed === 0) return { moved };
    }
  };
}

/** Chains the facts that had to commit while the chain refused rows, oldest first. */
export function createDrainBacklog(deps: HousekeepingDeps) {
  return async (): Promise<number> => {
    let chained = 0;
    for (const [tenant, waiting] of await deps.outbox.backlogSizes()) {
      for (let left = waiting; left > 0; left -= BATCH) {
        chained += await deps.committer.commit(tenant, {
          lane: 'exclusive',
          work: async (tx) => {
            const events = await tx.registry.drainBacklog(BATCH);
            for (const stored of events) {
              const { id, tsMs, ...draft } = stored as AuditEventDraft;
              tx.audit({
                ...draft,
                context: { ...draft.context, backlogged: { id, at: new Date(tsMs).toISOString() } },
              });
            }
            if (events.length > 0) {
              tx.audit({
                type: 'backlog.chained',
                actor: { kind: 'system', id: 'system:countersign' },
                context: { count: events.length },
              });
            }
            return events.length;
          },
        });
      }
    }
    return chained;
  };
}

/** Keeps each tenant's start lag fresh for the admission check of submits. */
export function createStartLagGauge(
  outbox: Pick<OutboxStore, 'startLags'>,
  monotonicMs: () => number,
) {
  let measured: { readonly lags: ReadonlyMap<string, number>; readonly atMs: number } | undefined;
  return {
    refresh: async (): Promise<void> => {
      measured = { lags: await outbox.startLags(), atMs: monotonicMs() };
    },
    lagMs: (tenant: string): number => {
      const lag = measured?.lags.get(tenant);
      // Between measurements the oldest one keeps ageing.
      return measured === undefined || lag === undefined
        ? 0
        : lag + (monotonicMs() - measured.atMs);
    },
  };
}
