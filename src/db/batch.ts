import type { SnapshotSource, TenantSnapshot } from '../app/ports';
import { DomainError } from '../core/errors';
import type { TenantId } from '../core/ids';
import {
  createAttempt,
  type Attempt,
  type BatchDeps,
  type Entry,
  type Outcome,
  type RunAttempt,
  type Witness,
} from './attempt';
import { failureOf, textOf, unavailableIfDatabase } from './failure';
import { lockHead } from './head';
import type { Database } from './pool';

const EPOCH_TRIES = 2;
const CONNECTION_TRIES = 3;
const LOOK_UP_TRIES = 20;
const LOOK_UP_PAUSE_MS = 150;

type RunBatch = (tenant: TenantId, batch: readonly Entry[]) => Promise<void>;

/** Commits a batch, again where the epoch moved or the connection broke, singly where one of it is refused. */
export function createBatchRunner(deps: BatchDeps): RunBatch {
  const attempt = createAttempt(deps);
  const runBatch: RunBatch = async (tenant, batch) => {
    let waiting = batch;
    let connectionTries = 0;
    for (let tries = 0; ; tries += 1) {
      const ready = await prepareAll(deps.snapshots, tenant, waiting);
      if ('error' in ready) {
        giveUp(deps, waiting, ready.error);
        return;
      }
      waiting = ready.live;
      if (waiting.length === 0) return;
      const done = await attempt(tenant, waiting, ready.snapshot, {
        hold: tries >= EPOCH_TRIES,
        backlog: false,
      });
      const next = await afterAttempt(deps, tenant, waiting, done);
      if (next === 'done') return;
      if (next === 'singly') {
        await singly(deps, attempt, runBatch, tenant, waiting, done);
        return;
      }
      if (next === 'trouble') {
        connectionTries += 1;
        if (connectionTries > CONNECTION_TRIES) {
          giveUp(deps, waiting, 'error' in done ? done.error : undefined);
          return;
        }
        await pause(25 * connectionTries);
      }
    }
  };
  return runBatch;
}

/** `again` decides anew under the moved epoch; `trouble` counts against the tries. */
async function afterAttempt(
  deps: BatchDeps,
  tenant: TenantId,
  batch: readonly Entry[],
  done: Attempt,
): Promise<'done' | 'again' | 'trouble' | 'singly'> {
  switch (done.kind) {
    case 'committed':
      settle(done.outcomes);
      return 'done';
    case 'epoch_moved':
      deps.snapshots.invalidate(tenant);
      return 'again';
    case 'unknown': {
      const found = await lookUpCommit(deps.database, tenant, done.witness);
      if (found === 'committed') settle(done.outcomes);
      else if (found === 'unknown') giveUp(deps, batch, done.error);
      return found === 'lost' ? 'trouble' : 'done';
    }
    case 'failed': {
      const failure = failureOf(done.error);
      return failure === 'transient' || failure === 'connection' ? 'trouble' : 'singly';
    }
  }
}

function settle(outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) {
    if (outcome.ok) outcome.entry.resolve(outcome.result);
    else outcome.entry.reject(outcome.error);
  }
}

function giveUp(deps: BatchDeps, batch: readonly Entry[], error: unknown): void {
  deps.logger.error(
    { error: textOf(error) },
    'A batch could not be committed; its callers get 503',
  );
  const why = 'The database did not take the record, so no verdict stands.';
  const refusal = new DomainError('unavailable', { why, retryAfterMs: 1_000, cause: error });
  for (const entry of batch) entry.reject(refusal);
}

/** After a refused statement each entry goes alone, so that only the guilty one fails. */
async function singly(
  deps: BatchDeps,
  attempt: RunAttempt,
  runBatch: RunBatch,
  tenant: TenantId,
  batch: readonly Entry[],
  done: Attempt,
): Promise<void> {
  if (batch.length > 1) {
    for (const entry of batch) await runBatch(tenant, [entry]);
    return;
  }
  const [entry] = batch;
  const error = 'error' in done ? done.error : undefined;
  const outcome = 'outcomes' in done ? done.outcomes[0] : undefined;
  const stops = outcome?.ok === true && entry?.unit.stopsOnly?.(outcome.result) === true;
  if (stops && (await commitWithBacklog(deps, attempt, tenant, batch))) {
    deps.logger.error(
      { error: textOf(error) },
      'ALARM: the audit chain refuses rows; a stop was committed with a backlog row',
    );
    return;
  }
  giveUp(deps, batch, error);
}

async function commitWithBacklog(
  deps: BatchDeps,
  attempt: RunAttempt,
  tenant: TenantId,
  batch: readonly Entry[],
): Promise<boolean> {
  const again = await attempt(tenant, batch, await deps.snapshots.current(tenant), {
    hold: true,
    backlog: true,
  });
  if (again.kind !== 'committed') return false;
  settle(again.outcomes);
  return true;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

type Ready =
  { readonly snapshot: TenantSnapshot; readonly live: Entry[] } | { readonly error: unknown };

async function prepareAll(
  snapshots: SnapshotSource,
  tenant: TenantId,
  batch: readonly Entry[],
): Promise<Ready> {
  let snapshot: TenantSnapshot;
  try {
    snapshot = await snapshots.current(tenant);
  } catch (error) {
    return { error };
  }
  const live: Entry[] = [];
  for (const entry of batch) {
    try {
      const stale = entry.preparedEpoch !== snapshot.epoch;
      if (stale) await unavailableIfDatabase(async () => entry.unit.prepare?.(snapshot));
      entry.preparedEpoch = snapshot.epoch;
      live.push(entry);
    } catch (error) {
      entry.reject(error);
    }
  }
  return { snapshot, live };
}

/**
 * The connection broke while COMMIT was under way. Taking the head lock waits for that transaction to end
 * one way or the other; then the batch's first audit row is there or it is not.
 */
async function lookUpCommit(
  database: Database,
  tenant: TenantId,
  witness: Witness,
): Promise<'committed' | 'lost' | 'unknown'> {
  for (let tries = 0; tries < LOOK_UP_TRIES; tries += 1) {
    try {
      return (await isCommitted(database, tenant, witness)) ? 'committed' : 'lost';
    } catch {
      await pause(LOOK_UP_PAUSE_MS);
    }
  }
  return 'unknown';
}

async function isCommitted(
  database: Database,
  tenant: TenantId,
  witness: Witness,
): Promise<boolean> {
  const client = await database.app.connect();
  let broken = true;
  try {
    await lockHead(client, tenant, undefined, { begin: true });
    const found = await client.query(
      'SELECT 1 FROM audit_events WHERE tenant = $1 AND seq = $2 AND id = $3',
      [tenant, witness.seq, witness.id],
    );
    await client.query('ROLLBACK');
    broken = false;
    return found.rowCount === 1;
  } finally {
    client.release(broken);
  }
}
