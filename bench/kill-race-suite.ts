import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { withCleanUp } from './clean-up';
import { withDatabase, type DatabaseBench } from './database-bench';
import type { RaceNews, RaceOrder, RaceSetting } from './kill-race-process.bench';
import { pauseMs, spreadOf } from './measure';
import { rounded, SPREAD_COLUMNS, spreadCells, type SuiteResult } from './result';

const PROCESSES = 3;
const CLIENTS = 32;
const KILLS = 200;
const OPEN_MS = 150;
const HELD_MS = 60;

interface Racer {
  order(order: RaceOrder): void;
  next<K extends RaceNews['kind']>(kind: K): Promise<Extract<RaceNews, { kind: K }>>;
}

interface Held {
  readonly fromMs: number;
  readonly toMs: number;
}

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

function racerOf(child: ChildProcess): Racer {
  return {
    order: (order) => void child.send(order),
    next: (kind) =>
      new Promise((resolve, reject) => {
        const gone = (code: number | null): void => {
          reject(new Error(`a racing process ended with ${String(code)}`));
        };
        const hear = (news: RaceNews): void => {
          if (news.kind !== kind) return;
          child.off('message', hear).off('exit', gone);
          resolve(news as Extract<RaceNews, { kind: typeof kind }>);
        };
        child.on('message', hear).on('exit', gone);
      }),
  };
}

interface ChainCount {
  readonly allowed: number;
  readonly refusedByKill: number;
  readonly allowedAfterKill: number;
}

/** Reads the chain itself: between a kill and its lifting no decision may allow. */
async function countInChain({ database }: DatabaseBench): Promise<ChainCount> {
  const found = await database.system.query<{ type: string; outcome: string | null }>(
    `SELECT type, outcome FROM audit_events
      WHERE tenant = 'default' AND type IN ('decision.made', 'kill.engaged', 'kill.lifted') ORDER BY seq`,
  );
  let engaged = 0;
  const count = { allowed: 0, refusedByKill: 0, allowedAfterKill: 0 };
  for (const { type, outcome } of found.rows) {
    if (type === 'kill.engaged') engaged += 1;
    else if (type === 'kill.lifted') engaged -= 1;
    else if (outcome !== 'ALLOW') count.refusedByKill += 1;
    else {
      count.allowed += 1;
      if (engaged > 0) count.allowedAfterKill += 1;
    }
  }
  return count;
}

async function race(
  racers: readonly Racer[],
): Promise<{ readonly killMs: number[]; readonly held: Held[] }> {
  const killMs: number[] = [];
  const held: Held[] = [];
  for (let index = 0; index < KILLS; index += 1) {
    await pauseMs(OPEN_MS);
    // Each process in turn pulls the brake, under its own load, and another lifts it.
    const killer = racers[index % racers.length];
    const lifter = racers[(index + 1) % racers.length];
    const killed = killer?.next('killed');
    killer?.order({ kind: 'kill' });
    const news = await killed;
    if (news === undefined) throw new Error('nobody races');
    killMs.push(news.doneMs - news.sentMs);
    await pauseMs(HELD_MS);
    held.push({ fromMs: news.doneMs, toMs: nowMs() });
    const lifted = lifter?.next('lifted');
    lifter?.order({ kind: 'lift', id: news.id });
    await lifted;
  }
  return { killMs, held };
}

/** Three api compositions in three processes on one Postgres, and a kill switch pulled again and again. */
export async function runKillRaceSuite(): Promise<SuiteResult> {
  return withDatabase(async (bench) => {
    const children = Array.from({ length: PROCESSES }, () =>
      fork(join(__dirname, 'kill-race-process.bench.js'), { stdio: 'inherit' }),
    );
    const endAll = async (): Promise<void> => {
      for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
    };
    return withCleanUp(endAll, () => raceOn(bench, children));
  });
}

async function raceOn(
  bench: DatabaseBench,
  children: readonly ChildProcess[],
): Promise<SuiteResult> {
  const racers = children.map(racerOf);
  const ready = racers.map((racer) => racer.next('ready'));
  const { installation, adminKey, agentKey } = bench;
  const setting: RaceSetting = { ...installation, adminKey, agentKey, clients: CLIENTS };
  for (const child of children) child.send(setting);
  await Promise.all(ready);
  const startedMs = nowMs();
  const { killMs, held } = await race(racers);
  const finished = racers.map((racer) => racer.next('finished'));
  for (const racer of racers) racer.order({ kind: 'finish' });
  const reports = await Promise.all(finished);
  const seconds = (nowMs() - startedMs) / 1_000;
  return resultOf({ killMs, held, reports, seconds, chain: await countInChain(bench) });
}

function resultOf(raced: {
  readonly killMs: readonly number[];
  readonly held: readonly Held[];
  readonly reports: readonly Extract<RaceNews, { kind: 'finished' }>[];
  readonly seconds: number;
  readonly chain: ChainCount;
}): SuiteResult {
  const { killMs, held, reports, seconds, chain } = raced;
  const allowed = reports.flatMap((report) => report.allowed);
  const submits = reports.flatMap((report) => report.submitMs);
  const allowedWhileHeld = allowed.filter(([sentMs, answeredMs]) =>
    held.some(({ fromMs, toMs }) => sentMs > fromMs && answeredMs < toMs),
  ).length;
  const kills = spreadOf(killMs);
  return {
    tables: [
      {
        title: `Kill race: ${PROCESSES} processes × ${CLIENTS} clients, ${killMs.length} kills in ${rounded(seconds, 0)} s`,
        columns: ['', 'count'],
        rows: [
          ['ALLOWs in the chain', chain.allowed],
          ['refusals by the kill switch in the chain', chain.refusedByKill],
          ['ALLOWs sequenced after a kill', chain.allowedAfterKill],
          ['ALLOWs asked and answered while the kill stood', allowedWhileHeld],
          [
            'ALLOWs that clients got and the chain lacks',
            Math.max(0, allowed.length - chain.allowed),
          ],
          ['requests that failed', reports.reduce((sum, report) => sum + report.failed, 0)],
          ['decisions per second', rounded(submits.length / seconds, 0)],
        ],
      },
      {
        title: 'Kill race, ms',
        columns: ['', ...SPREAD_COLUMNS],
        rows: [
          ['kill, request to commit', ...spreadCells(kills)],
          ['submit, request to answer', ...spreadCells(spreadOf(submits))],
        ],
      },
    ],
    bars: [
      {
        what: 'ALLOWs sequenced after a kill (chain and clients)',
        measured: chain.allowedAfterKill + allowedWhileHeld,
        limit: 0,
        wanted: 'at most',
      },
      {
        what: 'Kill request to commit at saturation, p99 in ms',
        measured: rounded(kills.p99),
        limit: 100,
        wanted: 'at most',
      },
    ],
  };
}
