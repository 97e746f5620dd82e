import { expectStatus } from './http-client';
import { inLanes, pauseMs, spreadOf, timedMs, type Spread } from './measure';
import { resultOfExecution, withNoop, type NoopBench } from './noop-bench';
import { largeRefund, smallRefund, type ProductBench } from './product-bench';
import { rounded, SPREAD_COLUMNS, spreadCells, type Bar, type SuiteResult } from './result';

const LANES = 32;
const BLOCK = 200;
const BLOCKS = 6;
const APPROVALS = 100;
/** An approval that takes longer counts as having taken this long. */
const ASK_LIMIT_MS = 20_000;
const APPROVALS_LIMIT_MS = 30_000;
/** Twice what completes when nothing else runs: starts pile up as in a real flood. */
const FLOOD_FACTOR = 2;

let serial = 0;
const nextName = (): string => `w-${(serial += 1)}`;

/** One execution from its request to the end of its workflow. */
async function complete({ agent }: ProductBench, { client }: NoopBench): Promise<void> {
  const body = expectStatus(await agent.post('/v1/executions', smallRefund(nextName())), 200);
  await resultOfExecution(client, String(body['executionId']));
}

/** Blocks of both kinds in turns; answers completions per second of each. */
async function completionRates(bench: ProductBench, noop: NoopBench) {
  const totals = { oursMs: 0, noopMs: 0 };
  for (let block = -1; block < BLOCKS; block += 1) {
    const ours = (): Promise<void> => inLanes(LANES, BLOCK, () => complete(bench, noop));
    const theirs = (): Promise<void> => inLanes(LANES, BLOCK, () => noop.startAndResult());
    const oursFirst = block % 2 === 0;
    const first = await timedMs(oursFirst ? ours : theirs);
    const second = await timedMs(oursFirst ? theirs : ours);
    if (block < 0) continue;
    totals.oursMs += oursFirst ? first.ms : second.ms;
    totals.noopMs += oursFirst ? second.ms : first.ms;
  }
  const perSecond = (ms: number): number => (BLOCK * BLOCKS * 1_000) / ms;
  return { ours: perSecond(totals.oursMs), noop: perSecond(totals.noopMs) };
}

/** From the request until the approvers are named in the chain, which is when their inbox shows it. */
async function askApprovers(bench: ProductBench): Promise<void> {
  const body = expectStatus(await bench.agent.post('/v1/executions', largeRefund(nextName())), 202);
  await bench.changed(String(body['executionId']), ASK_LIMIT_MS);
}

/** Keeps allowed requests coming at a steady rate while `work` runs, whatever becomes of their workflows. */
async function underFlood<T>(
  { agent }: ProductBench,
  perSecond: number,
  work: () => Promise<T>,
): Promise<T> {
  let stopped = false;
  const flood = async (): Promise<void> => {
    const startedMs = performance.now();
    const inFlight = new Set<Promise<unknown>>();
    for (let sent = 0; !stopped; sent += 1) {
      const dueMs = startedMs + (sent * 1_000) / perSecond;
      if (dueMs > performance.now()) await pauseMs(dueMs - performance.now());
      const asked: Promise<unknown> = agent
        .post('/v1/executions', smallRefund(nextName()))
        .then((reply) => expectStatus(reply, 200, 503))
        .finally(() => inFlight.delete(asked));
      inFlight.add(asked);
      if (inFlight.size >= LANES) await Promise.race(inFlight);
    }
    await Promise.all(inFlight);
  };
  const flooded = flood();
  try {
    await pauseMs(500);
    return await work();
  } finally {
    stopped = true;
    await flooded;
  }
}

async function approvalStarts(
  bench: ProductBench,
  noop: NoopBench,
  concurrency: number,
  floodPerSecond: number,
): Promise<{ readonly ours: Spread; readonly noop: Spread }> {
  const ours: number[] = [];
  const theirs: number[] = [];
  const untilMs = performance.now() + APPROVALS_LIMIT_MS;
  await underFlood(bench, floodPerSecond, () =>
    inLanes(concurrency, APPROVALS, async (index) => {
      if (performance.now() > untilMs) return;
      const oursFirst = index % 2 === 0;
      const ask = (): Promise<void> => askApprovers(bench);
      const first = await timedMs(oursFirst ? ask : noop.startAndResult);
      const second = await timedMs(oursFirst ? noop.startAndResult : ask);
      ours.push(oursFirst ? first.ms : second.ms);
      theirs.push(oursFirst ? second.ms : first.ms);
    }),
  );
  return { ours: spreadOf(ours), noop: spreadOf(theirs) };
}

/** The flood leaves starts behind; the next figure must not pay for them. */
async function drained({ database }: ProductBench): Promise<void> {
  for (const until = Date.now() + 180_000; Date.now() < until; await pauseMs(200)) {
    const found = await database.system.query<{ waiting: number }>(
      'SELECT count(*) AS waiting FROM executions WHERE start_pending',
    );
    if (found.rows[0]?.waiting === 0) return;
  }
  throw new Error('workflows are still waiting for their start');
}

/** What a governed execution costs Temporal, against workflows that do nothing. */
export async function runWorkflowSuite(bench: ProductBench): Promise<SuiteResult> {
  return withNoop(bench.temporalAddress, async (noop) => {
    const rates = await completionRates(bench, noop);
    await drained(bench);
    const floodPerSecond = Math.round(rates.ours * FLOOD_FACTOR);
    const alone = await approvalStarts(bench, noop, 1, floodPerSecond);
    await drained(bench);
    const eight = await approvalStarts(bench, noop, 8, floodPerSecond);
    await drained(bench);
    const approvalBar = (concurrency: number, { ours, noop: theirs }: typeof alone): Bar => ({
      what: `Approval start p95 over eager no-op p95 under a flood, concurrency ${concurrency}`,
      measured: rounded(ours.p95 / theirs.p95),
      limit: 2,
      wanted: 'at most',
    });
    return {
      tables: [
        {
          title: `Start to result, concurrency ${LANES}, ${BLOCKS} alternating blocks of ${BLOCK}`,
          columns: ['', 'completed/s'],
          rows: [
            ['governed executions, from the HTTP request on', rounded(rates.ours, 1)],
            ['eager no-op workflows', rounded(rates.noop, 1)],
          ],
        },
        {
          title: `Start under a flood of ${floodPerSecond} ALLOWs/s, ms`,
          columns: ['', ...SPREAD_COLUMNS],
          rows: [
            ['approval until its approvers are asked, one at a time', ...spreadCells(alone.ours)],
            ['eager no-op start and result, one at a time', ...spreadCells(alone.noop)],
            ['approval until its approvers are asked, eight at once', ...spreadCells(eight.ours)],
            ['eager no-op start and result, eight at once', ...spreadCells(eight.noop)],
          ],
        },
      ],
      bars: [
        {
          what: 'Completed executions per second over eager no-ops, concurrency 32',
          measured: rounded(rates.ours / rates.noop),
          limit: 0.75,
          wanted: 'at least',
        },
        approvalBar(1, alone),
        approvalBar(8, eight),
      ],
    };
  });
}
