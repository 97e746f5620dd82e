import type { PoolClient } from 'pg';

import type { Unit } from '../app/commit-ports';
import type { Logger, SnapshotSource, TenantSnapshot } from '../app/ports';
import { appendEvents } from '../core/audit/chain';
import { auditEvent } from '../core/audit/event';
import { eventId, type TenantId } from '../core/ids';
import { createClockWatch } from './clock-watch';
import { failureOf } from './failure';
import { absorb, emptyStaged, flushStatement, isEmpty, type Staged } from './flush';
import { lockHead, type LockedHead } from './head';
import type { Database } from './pool';
import { createTx } from './tx';

/** One caller's unit of work, waiting for its answer. */
export interface Entry {
  readonly unit: Unit<unknown>;
  /** Epoch of the snapshot the unit was prepared under. */
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
export type Outcome =
  | { readonly entry: Entry; readonly ok: true; readonly result: unknown }
  | { readonly entry: Entry; readonly ok: false; readonly error: unknown };

/** The first audit row of a batch: it is there exactly when the batch was committed. */
export interface Witness {
  readonly seq: number;
  readonly id: string;
}

export type Attempt =
  | { readonly kind: 'committed'; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'epoch_moved' }
  | { readonly kind: 'failed'; readonly error: unknown; readonly outcomes: readonly Outcome[] }
  /** The connection broke while COMMIT was under way. */
  | {
      readonly kind: 'unknown';
      readonly error: unknown;
      readonly outcomes: readonly Outcome[];
      readonly witness: Witness;
    };

export interface Mode {
  /** Take the head whatever its epoch and decide while holding it: after two lost races. */
  readonly hold: boolean;
  /** The chain refuses inserts: what only stops something goes to the backlog. */
  readonly backlog: boolean;
}

interface Progress {
  outcomes: readonly Outcome[];
  witness?: Witness;
}

export type RunAttempt = (
  tenant: TenantId,
  batch: readonly Entry[],
  snapshot: TenantSnapshot,
  mode: Mode,
) => Promise<Attempt>;

/**
 * One try to commit a batch in one transaction: head first, then the work of each entry, then one flush. The
 * exposure ledger takes its place between head and work: all caps of the batch, locked in id order, so that the
 * verdict is what policy decides and what the caps can bear.
 */
export function createAttempt(deps: BatchDeps): RunAttempt {
  const clock = createClockWatch();
  return async (tenant, batch, snapshot, mode) => {
    const progress: Progress = { outcomes: [] };
    let client: PoolClient;
    try {
      client = await deps.database.app.connect();
    } catch (error) {
      return { kind: 'failed', error, outcomes: [] };
    }
    try {
      const head = await lockHead(client, tenant, mode.hold ? undefined : snapshot.epoch, {
        begin: true,
      });
      if (head === undefined) {
        await client.query('ROLLBACK');
        client.release();
        return { kind: 'epoch_moved' };
      }
      const staged = emptyStaged();
      noteClockJump(clock.sample(head.clockMs), staged, deps, head);
      const current =
        head.epoch === snapshot.epoch ? snapshot : await reloaded(deps.snapshots, tenant);
      progress.outcomes = await runWork(client, batch, {
        tenant,
        head,
        snapshot: current,
        staged,
        uuid: deps.uuid,
      });
      if (mode.backlog) refuseGrants(progress.outcomes);
      if (nothingToCommit(batch, progress.outcomes, staged)) await client.query('ROLLBACK');
      else await flush(client, tenant, staged, head, mode, deps, progress);
      client.release();
      return { kind: 'committed', outcomes: progress.outcomes };
    } catch (error) {
      return afterFailure(client, error, progress);
    }
  };
}

async function flush(
  client: PoolClient,
  tenant: TenantId,
  staged: Staged,
  head: LockedHead,
  mode: Mode,
  deps: BatchDeps,
  progress: Progress,
): Promise<void> {
  const chained = mode.backlog ? undefined : appendEvents(head.chain, staged.events, deps.sha256);
  const first = chained?.rows[0];
  const writes = client.query(flushStatement(tenant, staged, chained));
  if (first !== undefined) progress.witness = { seq: first.seq, id: first.id };
  // Sent behind the writes without waiting: after a failed write it is answered with ROLLBACK.
  const [, commit] = await Promise.all([writes, client.query('COMMIT')]);
  if (commit.command !== 'COMMIT') throw new Error(`the transaction ended with ${commit.command}`);
}

async function afterFailure(
  client: PoolClient,
  error: unknown,
  { outcomes, witness }: Progress,
): Promise<Attempt> {
  if (failureOf(error) !== 'connection') {
    client.release(await cannotRollBack(client));
    return { kind: 'failed', error, outcomes };
  }
  client.release(true);
  return witness === undefined
    ? { kind: 'failed', error, outcomes }
    : { kind: 'unknown', error, outcomes, witness };
}

async function cannotRollBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return false;
  } catch {
    return true;
  }
}

/** Decided anew it may no longer be a stop; what grants power never stands without its audit row (I-2). */
function refuseGrants(outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) {
    if (outcome.ok && outcome.entry.unit.stopsOnly?.(outcome.result) !== true) {
      throw new Error('only what stops something may wait for its audit row');
    }
  }
}

/** An exclusive unit writes at once, so its refusal must undo and its success must commit. */
function nothingToCommit(
  batch: readonly Entry[],
  outcomes: readonly Outcome[],
  staged: Staged,
): boolean {
  if (batch[0]?.unit.lane === 'exclusive') return outcomes[0]?.ok !== true;
  return isEmpty(staged);
}

/** The snapshot of the epoch that is held now: nobody can move it while the head is locked. */
async function reloaded(snapshots: SnapshotSource, tenant: TenantId): Promise<TenantSnapshot> {
  snapshots.invalidate(tenant);
  return snapshots.current(tenant);
}

interface WorkPlace {
  readonly tenant: TenantId;
  readonly head: LockedHead;
  readonly snapshot: TenantSnapshot;
  readonly staged: Staged;
  readonly uuid: () => string;
}

async function runWork(
  client: PoolClient,
  batch: readonly Entry[],
  { tenant, head, snapshot, staged, uuid }: WorkPlace,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const entry of batch) {
    const seq = head.chain.seq + staged.events.length;
    const { tx, staged: own } = createTx(client, { tenant, nowMs: head.nowMs, seq, uuid });
    try {
      if (entry.preparedEpoch !== snapshot.epoch) await entry.unit.prepare?.(snapshot);
      entry.preparedEpoch = snapshot.epoch;
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
