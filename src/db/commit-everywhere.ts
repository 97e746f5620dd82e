import type { PoolClient } from 'pg';

import type { Tx } from '../app/commit-ports';
import { appendEvents } from '../core/audit/chain';
import { DomainError } from '../core/errors';
import { tenantId, type TenantId } from '../core/ids';
import { failureOf, textOf } from './failure';
import type { BatchDeps } from './attempt';
import { flushStatement } from './flush';
import { lockHead } from './head';
import { createTx } from './tx';

async function inTenants(
  client: PoolClient,
  deps: Pick<BatchDeps, 'sha256' | 'uuid'>,
  work: (tx: Tx) => Promise<void>,
  backlog: boolean,
  only: TenantId | undefined,
): Promise<void> {
  await client.query('BEGIN');
  const tenants = await client.query<{ id: string }>(
    'SELECT id FROM tenants WHERE $1::text IS NULL OR id = $1 ORDER BY id',
    [only ?? null],
  );
  for (const { id } of tenants.rows) {
    const tenant = tenantId(id);
    const head = await lockHead(client, tenant, undefined, { begin: false });
    if (head === undefined) continue;
    const { tx, staged } = createTx(client, {
      tenant,
      nowMs: head.nowMs,
      seq: head.chain.seq,
      uuid: deps.uuid,
    });
    await work(tx);
    const chained = backlog ? undefined : appendEvents(head.chain, staged.events, deps.sha256);
    await client.query(flushStatement(tenant, staged, chained));
  }
  await client.query('COMMIT');
}

/**
 * One transaction over all heads, taken in tenant order. With `stopsOnly` a chain that refuses rows does not
 * hold it up: the last try writes the backlog instead. What grants power fails then (I-2).
 */
export function commitEverywhere(
  deps: Omit<BatchDeps, 'snapshots'>,
  work: (tx: Tx) => Promise<void>,
  options: { readonly stopsOnly: boolean },
): Promise<void> {
  return tryToCommit(deps, work, options, undefined);
}

/** The same for one tenant, for what only stops something. */
export function commitStop(
  deps: Omit<BatchDeps, 'snapshots'>,
  tenant: TenantId,
  work: (tx: Tx) => Promise<void>,
): Promise<void> {
  return tryToCommit(deps, work, { stopsOnly: true }, tenant);
}

async function tryToCommit(
  deps: Omit<BatchDeps, 'snapshots'>,
  work: (tx: Tx) => Promise<void>,
  options: { readonly stopsOnly: boolean },
  only: TenantId | undefined,
): Promise<void> {
  let last: unknown;
  for (const backlog of options.stopsOnly ? [false, false, true] : [false, false]) {
    try {
      await inOneTransaction(deps, work, backlog, only);
      if (backlog)
        deps.logger.error(
          { error: textOf(last) },
          'ALARM: the audit chain refuses rows; a stop was committed with a backlog row',
        );
      return;
    } catch (error) {
      if (failureOf(error) === 'work') throw error;
      last = error;
    }
  }
  throw new DomainError('unavailable', {
    why: 'The database did not take the command.',
    retryAfterMs: 1_000,
    cause: last,
  });
}

async function inOneTransaction(
  deps: Omit<BatchDeps, 'snapshots'>,
  work: (tx: Tx) => Promise<void>,
  backlog: boolean,
  only: TenantId | undefined,
): Promise<void> {
  const client = await deps.database.system.connect();
  let broken = true;
  try {
    await inTenants(client, deps, work, backlog, only);
    broken = false;
  } catch (error) {
    if (failureOf(error) !== 'connection') {
      await client.query('ROLLBACK');
      broken = false;
    }
    throw error;
  } finally {
    client.release(broken);
  }
}
