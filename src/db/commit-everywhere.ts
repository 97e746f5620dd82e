import type { PoolClient } from 'pg';

import type { Tx } from '../app/commit-ports';
import { appendEvents } from '../core/audit/chain';
import { DomainError } from '../core/errors';
import { tenantId } from '../core/ids';
import { failureOf, textOf } from './failure';
import type { CommitterDeps } from './committer';
import { flushStatement } from './flush';
import { lockHead } from './head';
import { createTx } from './tx';

async function everyTenant(
  client: PoolClient,
  deps: Pick<CommitterDeps, 'sha256' | 'uuid'>,
  work: (tx: Tx) => Promise<void>,
  backlog: boolean,
): Promise<void> {
  await client.query('BEGIN');
  const tenants = await client.query<{ id: string }>('SELECT id FROM tenants ORDER BY id');
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
 * One transaction over all heads, taken in tenant order. It is for stops that are global, so a chain that
 * refuses rows does not hold it up: the second try writes the backlog instead.
 */
export async function commitEverywhere(
  deps: Pick<CommitterDeps, 'database' | 'sha256' | 'uuid' | 'logger'>,
  work: (tx: Tx) => Promise<void>,
): Promise<void> {
  let last: unknown;
  for (const backlog of [false, false, true]) {
    let client: PoolClient | undefined;
    try {
      client = await deps.database.system.connect();
      await everyTenant(client, deps, work, backlog);
      client.release();
      if (backlog)
        deps.logger.error(
          { error: textOf(last) },
          'ALARM: the audit chain refuses rows; a stop was committed with a backlog row',
        );
      return;
    } catch (error) {
      last = error;
      await client?.query('ROLLBACK').catch(() => undefined);
      client?.release(failureOf(error) === 'connection');
      if (failureOf(error) === 'work') throw error;
    }
  }
  throw new DomainError('unavailable', {
    why: 'The database did not take the command.',
    retryAfterMs: 1_000,
    cause: last,
  });
}
