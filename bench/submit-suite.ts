import { spreadOf, inLanes, pauseMs, timedMs } from './measure';
import { expectStatus } from './http-client';
import { commitBareRow, smallRefund, type ProductBench } from './product-bench';
import { rounded, SPREAD_COLUMNS, spreadCells, type SuiteResult } from './result';

const PER_SECOND = 20;
const SECONDS = 30;
const WARM_SECONDS = 5;
const BURST = 500;
const BURST_LANES = 32;

async function submitAllowed({ agent }: ProductBench, name: string): Promise<string> {
  const body = expectStatus(await agent.post('/v1/executions', smallRefund(name)), 200);
  if (body['verdict'] !== 'ALLOW') throw new Error(`verdict ${String(body['verdict'])}`);
  return String(body['executionId']);
}

/** A submit and a bare commit take turns, each half a period after the other. */
async function takeTurns(bench: ProductBench) {
  const submits: number[] = [];
  const bare: number[] = [];
  const halfMs = 1_000 / PER_SECOND / 2;
  const startedMs = performance.now();
  const warmUp = WARM_SECONDS * PER_SECOND;
  for (let turn = 0; turn < (SECONDS + WARM_SECONDS) * PER_SECOND; turn += 1) {
    const dueMs = startedMs + turn * 2 * halfMs;
    await pauseMs(Math.max(0, dueMs - performance.now()));
    const submitted = await timedMs(() => submitAllowed(bench, `turn-${turn}`));
    await pauseMs(Math.max(0, dueMs + halfMs - performance.now()));
    const committed = await timedMs(() => commitBareRow(bench.database));
    if (turn < warmUp) continue;
    submits.push(submitted.ms);
    bare.push(committed.ms);
  }
  return { submits: spreadOf(submits), bare: spreadOf(bare) };
}

/** Milliseconds from each decision's commit until no decision waits for its workflow any more. */
async function startLags(bench: ProductBench, ids: readonly string[]): Promise<readonly number[]> {
  const lags = new Map<string, number>();
  const wanted = new Set(ids);
  for (const until = Date.now() + 120_000; lags.size < ids.length; await pauseMs(20)) {
    if (Date.now() > until) throw new Error(`${ids.length - lags.size} workflows did not start`);
    const found = await bench.database.system.query<{ id: string; lag: number }>(
      `SELECT id, (extract(epoch from clock_timestamp()) * 1000)::bigint - decided_at AS lag
         FROM executions WHERE NOT start_pending AND id = ANY($1)`,
      [[...wanted]],
    );
    for (const { id, lag } of found.rows) {
      lags.set(id, lag);
      wanted.delete(id);
    }
  }
  return [...lags.values()];
}

async function burst(bench: ProductBench) {
  const ids: string[] = [];
  const latencies: number[] = [];
  const { ms } = await timedMs(() =>
    inLanes(BURST_LANES, BURST, async (index) => {
      const { result, ms: latencyMs } = await timedMs(() => submitAllowed(bench, `burst-${index}`));
      ids.push(result);
      latencies.push(latencyMs);
    }),
  );
  return { latencies: spreadOf(latencies), ms, lags: spreadOf(await startLags(bench, ids)) };
}

/** Submit to ALLOW over HTTP, audit committed and workflow starts on, against bare single-row commits. */
export async function runSubmitSuite(bench: ProductBench): Promise<SuiteResult> {
  const { submits, bare } = await takeTurns(bench);
  const bursted = await burst(bench);
  return {
    tables: [
      {
        title: `Submit to ALLOW over HTTP, ${PER_SECOND}/s for ${SECONDS} s, in turns with bare commits, ms`,
        columns: ['', ...SPREAD_COLUMNS],
        rows: [
          ['submit to ALLOW', ...spreadCells(submits)],
          ['bare single-row commit', ...spreadCells(bare)],
        ],
      },
      {
        title: `Burst of ${BURST} at concurrency ${BURST_LANES} (${rounded(bursted.ms, 0)} ms, ${rounded((BURST * 1_000) / bursted.ms, 0)}/s), ms`,
        columns: ['', ...SPREAD_COLUMNS],
        rows: [
          ['submit to ALLOW', ...spreadCells(bursted.latencies)],
          ['decision to workflow marked as started', ...spreadCells(bursted.lags)],
        ],
      },
    ],
    bars: [
      {
        what: 'Submit to ALLOW p50 over a bare commit p50',
        measured: rounded(submits.p50 / bare.p50),
        limit: 4,
        wanted: 'at most',
      },
    ],
  };
}
