import type { PoolClient } from 'pg';

import type { Logger, SnapshotSource, TenantSnapshot } from '../app/ports';
import type { Unit } from '../app/commit-ports';
import { appendEvents } from '../core/audit/chain';
import { auditEvent } from '../core/audit/event';
import { DomainError } from '../core/errors';
import { eventId, type TenantId } from '../core/ids';
import { createClockWatch } from './clock-watch';
import { failureOf, textOf } from './failure';
import { absorb, emptyStaged, flushStatement, isEmpty, type Staged } from './flush';
import { lockHead, type LockedHead } from './head';
import type { Database } from './pool';
import { createTx } from './tx';

export interface Entry {
  readonly unit: Unit<unknown>;
  preparedEpoch: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface BatchDeps {
  readonly database: Database;
  readonly snapshots: SnapshotSource;
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  readonly uuid: () => string;
  readonly logger: Logger;
}

/** How the work of one entry ended inside the transaction, before the commit. */
type Outcome =
  | { readonly entry: Entry; readonly ok: true; readonly result: unknown }
  | { readonly entry: Entry; readonly ok: false; readonly error: unknown };

type Attempt =
  | { readonly kind: 'committed'; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'epoch_moved' }
  | { readonly kind: 'failed'; readonly error: unknown; readonly outcomes: readonly Outcome[] }
  | {
      readonly kind: 'unknown';
      readonly error: unknown;
      readonly outcomes: readonly Outcome[];
      readonly firstEvent: { readonly seq: number; readonly id: string };
    };

interface Mode {
  /** Take the head whatever its epoch and decide while holding it: after two lost races. */
  readonly hold: boolean;
  /** The chain refuses inserts: what only stops something goes to the backlog. */
  readonly backlog: boolean;
}

const EPOCH_TRIES = 2;
const CONNECTION_TRIES = 3;

export function createBatchRunner(
  deps: BatchDeps,
): (tenant: TenantId, batch: Entry[]) => Promise<void> {
  const clock = createClockWatch();

  const attempt = async (
    tenant: TenantId,
    batch: readonly Entry[],
    snapshot: TenantSnapshot,
    mode: Mode,
  ): Promise<Attempt> => {
    let client: PoolClient;
    try {
      client = await deps.database.app.connect();
    } catch (error) {
      return { kind: 'failed', error, outcomes: [] };
    }
    let outcomes: Outcome[] = [];
    let sent: { seq: number; id: string } | undefined;
    try {
      const head = await lockHead(client, tenant, mode.hold ? undefined : snapshot.epoch, {
        begin: true,
      });
      if (head === undefined) {
        await client.query('ROLLBACK');
        client.release();
        return { kind: 'epoch_moved' };
      }
      const current =
        head.epoch === snapshot.epoch ? snapshot : await refreshed(deps.snapshots, tenant, batch);
      const staged = emptyStaged();
      noteClockJump(clock.sample(head.clockMs), staged, deps, head);
      outcomes = await runWork(client, tenant, batch, current, head, staged, deps.uuid);
      const failedAlone = batch[0]?.unit.lane === 'exclusive' && outcomes[0]?.ok === false;
      if (failedAlone || (isEmpty(staged) && batch[0]?.unit.lane !== 'exclusive')) {
        await client.query('ROLLBACK');
      } else {
        const chained = mode.backlog
          ? undefined
          : appendEvents(head.chain, staged.events, deps.sha256);
        const first = chained?.rows[0];
        const writes = client.query(flushStatement(tenant, staged, chained));
        // Sent behind the writes without waiting: after a failed write it is answered with ROLLBACK.
        sent = first === undefined ? undefined : { seq: first.seq, id: first.id };
        const commit = client.query('COMMIT');
        await Promise.all([writes, commit]);
      }
      client.release();
      return { kind: 'committed', outcomes };
    } catch (error) {
      const failure = failureOf(error);
      client.release(failure === 'connection' ? true : await rolledBack(client));
      if (failure === 'connection' && sent !== undefined)
        return { kind: 'unknown', error, outcomes, firstEvent: sent };
      return { kind: 'failed', error, outcomes };
    }
  };

  const settle = (outcomes: readonly Outcome[]): void => {
    for (const outcome of outcomes) {
      if (outcome.ok) outcome.entry.resolve(outcome.result);
      else outcome.entry.reject(outcome.error);
    }
  };

  const giveUp = (batch: readonly Entry[], error: unknown): void => {
    deps.logger.error(
      { error: textOf(error) },
      'A batch could not be committed; its callers get 503',
    );
    const refusal = new DomainError('unavailable', {
      why: 'The database did not take the record, so no verdict stands.',
      retryAfterMs: 1_000,
      cause: error,
    });
    for (const entry of batch) entry.reject(refusal);
  };

  const singly = async (
    tenant: TenantId,
    batch: readonly Entry[],
    failed: Extract<Attempt, { kind: 'failed' }>,
  ): Promise<void> => {
    if (batch.length > 1) {
      for (const entry of batch) await runBatch(tenant, [entry]);
      return;
    }
    const [entry] = batch;
    const [outcome] = failed.outcomes;
    if (entry === undefined) return;
    if (outcome?.ok === true && entry.unit.stopsOnly?.(outcome.result) === true) {
      const snapshot = await deps.snapshots.current(tenant);
      const again = await attempt(tenant, batch, snapshot, { hold: true, backlog: true });
      if (again.kind === 'committed') {
        deps.logger.error(
          { error: textOf(failed.error) },
          'ALARM: the audit chain refuses rows; a stop was committed with a backlog row',
        );
        settle(again.outcomes);
        return;
      }
    }
    giveUp(batch, failed.error);
  };

  const runBatch = async (tenant: TenantId, batch: readonly Entry[]): Promise<void> => {
    let connectionTries = 0;
    for (let tries = 0; ; tries += 1) {
      const ready = await prepareAll(deps.snapshots, tenant, batch);
      if (ready.snapshot === undefined) {
        giveUp(batch, ready.error);
        return;
      }
      const live = ready.live;
      if (live.length === 0) return;
      const done = await attempt(tenant, live, ready.snapshot, {
        hold: tries >= EPOCH_TRIES,
        backlog: false,
      });
      switch (done.kind) {
        case 'committed':
          settle(done.outcomes);
          return;
        case 'epoch_moved':
          deps.snapshots.invalidate(tenant);
          break;
        case 'unknown': {
          const found = await lookUpCommit(deps.database, tenant, done.firstEvent);
          if (found === 'committed') {
            settle(done.outcomes);
            return;
          }
          if (found === 'unknown' || connectionTries++ >= CONNECTION_TRIES) {
            giveUp(live, done.error);
            return;
          }
          break;
        }
        case 'failed': {
          const failure = failureOf(done.error);
          const again = failure === 'transient' || failure === 'connection';
          if (again && connectionTries++ < CONNECTION_TRIES) {
            await pause(25 * connectionTries);
            break;
          }
          if (again) giveUp(live, done.error);
          else await singly(tenant, live, done);
          return;
        }
      }
      batch = live;
    }
  };
  return (tenant, batch) => runBatch(tenant, batch);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function rolledBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return false;
  } catch {
    return true;
  }
}

/** Decides under the lock: loads the snapshot of the epoch that is held now. */
async function refreshed(
  snapshots: SnapshotSource,
  tenant: TenantId,
  batch: readonly Entry[],
): Promise<TenantSnapshot> {
  snapshots.invalidate(tenant);
  const snapshot = await snapshots.current(tenant);
  for (const entry of batch) {
    await entry.unit.prepare?.(snapshot);
    entry.preparedEpoch = snapshot.epoch;
  }
  return snapshot;
}

async function prepareAll(
  snapshots: SnapshotSource,
  tenant: TenantId,
  batch: readonly Entry[],
): Promise<
  | { readonly snapshot: TenantSnapshot; readonly live: Entry[] }
  | { readonly snapshot: undefined; readonly error: unknown }
> {
  let snapshot: TenantSnapshot;
  try {
    snapshot = await snapshots.current(tenant);
  } catch (error) {
    return { snapshot: undefined, error };
  }
  const live: Entry[] = [];
  for (const entry of batch) {
    try {
      if (entry.preparedEpoch !== snapshot.epoch) await entry.unit.prepare?.(snapshot);
      entry.preparedEpoch = snapshot.epoch;
      live.push(entry);
    } catch (error) {
      entry.reject(error);
    }
  }
  return { snapshot, live };
}

async function runWork(
  client: PoolClient,
  tenant: TenantId,
  batch: readonly Entry[],
  snapshot: TenantSnapshot,
  head: LockedHead,
  staged: Staged,
  uuid: () => string,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const entry of batch) {
    const { tx, staged: own } = createTx(client, {
      tenant,
      nowMs: head.nowMs,
      seq: head.chain.seq + staged.events.length,
      uuid,
    });
    try {
      const result = await entry.unit.work(tx, snapshot);
      absorb(staged, own);
      outcomes.push({ entry, ok: true, result });
    } catch (error) {
      // A failed statement has ended the transaction for everyone; a refusal of the work is its own affair.
      if (failureOf(error) !== 'work') throw error;
      outcomes.push({ entry, ok: false, error });
    }
  }
  return outcomes;
}

function noteClockJump(
  jumpMs: number | undefined,
  staged: Staged,
  deps: BatchDeps,
  head: LockedHead,
): void {
  if (jumpMs === undefined) return;
  deps.logger.error({ jumpMs }, 'ALARM: the database clock jumped');
  staged.events.push(
    auditEvent({
      id: eventId(deps.uuid()),
      type: 'clock.jumped',
      tsMs: head.nowMs,
      actor: { kind: 'system', id: 'system:clock' },
      context: { byMs: jumpMs },
    }),
  );
}

/**
 * The connection broke while COMMIT was under way. Taking the head lock waits for that transaction to end
 * one way or the other; then the batch's first audit row is there or it is not.
 */
async function lookUpCommit(
  database: Database,
  tenant: TenantId,
  event: { readonly seq: number; readonly id: string },
): Promise<'committed' | 'lost' | 'unknown'> {
  for (let tries = 0; tries < 20; tries += 1) {
    try {
      const client = await database.app.connect();
      try {
        await lockHead(client, tenant, undefined, { begin: true });
        const found = await client.query(
          'SELECT 1 FROM audit_events WHERE tenant = $1 AND seq = $2 AND id = $3',
          [tenant, event.seq, event.id],
        );
        await client.query('ROLLBACK');
        client.release();
        return found.rowCount === 1 ? 'committed' : 'lost';
      } catch (error) {
        client.release(true);
        throw error;
      }
    } catch {
      await pause(150);
    }
  }
  return 'unknown';
}
