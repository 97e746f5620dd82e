import type { ExecutionId } from '../../src/core/ids';
import { createNotificationHub } from '../../src/db/hub';
import { urlFor } from '../../src/db/roles';
import {
  createTestDatabase,
  runStatement,
  TEST_ROLE_SECRET,
  type TestDatabase,
} from '../support/postgres';
import { Client } from 'pg';

const EXECUTION = '01a00000-0000-7000-8000-000000000001' as ExecutionId;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('createNotificationHub', () => {
  let database: TestDatabase;
  const open = () =>
    createNotificationHub(urlFor(database.adminUrl, 'cs_system', TEST_ROLE_SECRET), quiet);
  const listeners = async (): Promise<number> => {
    const client = new Client({ connectionString: database.adminUrl });
    await client.connect();
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'countersign listen'`,
    );
    await client.end();
    return rows[0]?.count ?? -1;
  };
  const untilListening = async (): Promise<void> => {
    while ((await listeners()) === 0) await pause(20);
    await pause(50);
  };
  const notify = (channel: string, payload: string) =>
    runStatement(database.adminUrl, `SELECT pg_notify('${channel}', '${payload}')`);
  /** Milliseconds until the wait ended. */
  const timed = async (wait: Promise<void>): Promise<number> => {
    const start = performance.now();
    await wait;
    return performance.now() - start;
  };

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(async () => {
    await database.drop();
  });

  it('wakes who waits for an execution when that one changed, and nobody else', async () => {
    const hub = open();
    await untilListening();
    const mine = timed(hub.waitForChange(EXECUTION, 5_000));
    const other = timed(hub.waitForChange('another' as ExecutionId, 600));
    await notify('countersign_execution', `${EXECUTION} 2`);
    expect(await mine).toBeLessThan(500);
    expect(await other).toBeGreaterThan(550);
    await hub.stop();
  });

  it('hands on the new epoch of a tenant', async () => {
    const hub = open();
    const seen: unknown[] = [];
    hub.onEpoch((tenant, epoch) => seen.push([tenant, epoch]));
    await untilListening();
    await notify('countersign_epoch', 'default 7');
    await pause(200);
    expect(seen).toEqual([['default', 7]]);
    await hub.stop();
  });

  it('wakes everybody when its connection is lost, and listens again', async () => {
    const hub = open();
    await untilListening();
    const waiting = timed(hub.waitForChange(EXECUTION, 1_900));
    await runStatement(
      database.adminUrl,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'countersign listen'`,
    );
    expect(await waiting).toBeLessThan(1_000);
    await untilListening();
    const again = timed(hub.waitForChange(EXECUTION, 1_900));
    await notify('countersign_execution', `${EXECUTION} 3`);
    expect(await again).toBeLessThan(1_000);
    await hub.stop();
  });

  it('ends a wait on the signal of who waits, on release and on stop', async () => {
    const hub = open();
    const aborted = new AbortController();
    const waits = [
      timed(hub.waitForChange(EXECUTION, 1_900, aborted.signal)),
      timed(hub.waitForChange(EXECUTION, 1_900)),
    ];
    aborted.abort();
    await pause(10);
    hub.release();
    for (const wait of waits) expect(await wait).toBeLessThan(500);
    const last = timed(hub.waitForChange(EXECUTION, 1_900));
    await hub.stop();
    expect(await last).toBeLessThan(500);
    expect(await timed(hub.waitForChange(EXECUTION, 1_900))).toBeLessThan(100);
  });

  it('leaves no connection behind, stopped at whatever moment of connecting', async () => {
    for (const afterMs of [0, 1, 3, 6, 10, 20]) {
      const hub = open();
      await pause(afterMs);
      await hub.stop();
    }
    await pause(300);
    expect(await listeners()).toBe(0);
  });
});
