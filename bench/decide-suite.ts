import { loadPolicy } from '../src/contract/policy/load';
import { compilePolicy } from '../src/core/policy/compile';
import { decide } from '../src/core/policy/decide';
import type { PolicyInput } from '../src/core/policy/model';
import { buildPolicySet, type PolicySet } from '../src/core/policy/policy-set';
import { createRegexCompiler } from '../src/facts/regex-compiler';
import { createZoneClock } from '../src/facts/zone-clock';
import { compileByHand } from './hand-compiled';
import { spreadOf, type Spread } from './measure';
import { makeWorkload, POLICY_ID, policyText, type Workload } from './policy-workload';
import { rounded, SPREAD_COLUMNS, spreadCells, type SuiteResult } from './result';

const REQUESTS = 4_096;
/** Shorter than the time slice of a busy machine, long enough for warm caches. */
const CHUNK_MS = 2;
/** More say nothing further: so a contender that does nothing does not fill the memory. */
const CHUNK_MAX = 256;
const TURNS = 1_000;
const WARM_TURNS = 150;

interface Contender {
  readonly decide: (input: PolicyInput) => unknown;
  readonly inputs: readonly PolicyInput[];
}

interface Loaded {
  readonly set: PolicySet;
  readonly loadMs: number;
}

function load({ rules }: Workload): Loaded {
  const text = policyText(rules);
  const startedMs = performance.now();
  const capabilities = { regex: createRegexCompiler(), zones: createZoneClock() };
  const loaded = loadPolicy(text, {
    id: POLICY_ID,
    bundleDefault: 'allow',
    lists: new Set(),
    chains: new Set(['standard']),
    compilers: capabilities,
  });
  if (!loaded.ok)
    throw new Error(`the workload does not load: ${JSON.stringify(loaded.problems[0])}`);
  const set = buildPolicySet([compilePolicy(loaded.document, 1, capabilities)], new Map());
  return { set, loadMs: performance.now() - startedMs };
}

const switches = (): number => process.resourceUsage().involuntaryContextSwitches;

/**
 * Times the contenders in short chunks that alternate. A chunk during which the kernel took the core away
 * says nothing about the code and is left out.
 */
function interleave(contenders: readonly Contender[]): {
  readonly spreads: readonly Spread[];
  readonly dropped: number;
} {
  const samples = contenders.map((): number[] => []);
  const timers = contenders.map(chunkTimer);
  let dropped = 0;
  for (let turn = -WARM_TURNS; turn < TURNS; turn += 1) {
    // Who goes first changes, so that nobody always meets what the same other left in the caches.
    for (let place = 0; place < contenders.length; place += 1) {
      const which = (place + turn + WARM_TURNS) % contenders.length;
      const times = timers[which]?.();
      if (turn < 0) continue;
      if (times === undefined) dropped += 1;
      else for (const time of times) samples[which]?.push(time);
    }
  }
  return { spreads: samples.map(spreadOf), dropped };
}

/** Each call decides the next requests for one chunk: microseconds of each, undefined when disturbed. */
function chunkTimer({ decide: decideOne, inputs }: Contender): () => number[] | undefined {
  let next = 0;
  return () => {
    const before = switches();
    const times: number[] = [];
    const untilMs = performance.now() + CHUNK_MS;
    for (let startedMs = 0; startedMs < untilMs && times.length < CHUNK_MAX;) {
      const input = inputs[next % inputs.length];
      next += 1;
      if (input === undefined) return undefined;
      startedMs = performance.now();
      decideOne(input);
      times.push((performance.now() - startedMs) * 1_000);
    }
    return switches() === before ? times : undefined;
  };
}

/** Every verdict and every set of matched rules must be the same, or the times compare different work. */
function requireSameDecisions(workload: Workload, set: PolicySet): Record<string, number> {
  const byHand = compileByHand(workload.rules, true);
  const verdicts: Record<string, number> = { ALLOW: 0, REQUIRE_APPROVAL: 0, DENY: 0 };
  for (const input of workload.inputs) {
    const ours = decide(input, set);
    const theirs = byHand(input);
    // The default and the band of the risk score are no rules of the workload.
    const ofRule = ({
      policy,
      rule,
    }: {
      readonly policy: string;
      readonly rule: string;
    }): boolean => policy === POLICY_ID && rule !== 'default';
    const rulesOf = (matched: readonly Parameters<typeof ofRule>[0][]): string =>
      matched
        .filter(ofRule)
        .map(({ rule }) => rule)
        .sort()
        .join(' ');
    const sameTrace = ours.trace.filter(ofRule).length === theirs.trace.length;
    if (
      ours.verdict !== theirs.verdict ||
      rulesOf(ours.matched) !== rulesOf(theirs.matched) ||
      !sameTrace
    ) {
      throw new Error(`different decisions for ${JSON.stringify(input.request)}`);
    }
    verdicts[ours.verdict] = (verdicts[ours.verdict] ?? 0) + 1;
  }
  return verdicts;
}

/** `decide()` with its trace against closures written by hand for the same rules and requests. */
export function runDecideSuite(): SuiteResult {
  const workload = makeWorkload({ rules: 1_000, wildcards: 30, requests: REQUESTS });
  const { set, loadMs } = load(workload);
  const verdicts = requireSameDecisions(workload, set);
  const { inputs } = workload;
  const { spreads, dropped } = interleave([
    { decide: (input) => decide(input, set), inputs },
    { decide: compileByHand(workload.rules, true), inputs },
    { decide: compileByHand(workload.rules, false), inputs },
    { decide: (input) => input, inputs },
  ]);
  const [ours, full, matchedOnly, timer] = spreads as [Spread, Spread, Spread, Spread];
  const [hundred, many, wild] = scaling();
  const load10k = load(makeWorkload({ rules: 10_000, wildcards: 3, requests: 1 })).loadMs;
  return {
    tables: [
      {
        title: `decide(), 1,000 rules (30 about every action), ${REQUESTS} requests (${Object.entries(
          verdicts,
        )
          .map(([verdict, count]) => `${count} ${verdict}`)
          .join(', ')}; all equal), µs; ${dropped} chunks dropped`,
        columns: ['', ...SPREAD_COLUMNS],
        rows: [
          ['decide() with trace and explanation', ...spreadCells(ours)],
          ['hand-compiled, same trace, no explanation', ...spreadCells(full)],
          ['hand-compiled, matched rules only', ...spreadCells(matchedOnly)],
          ['timer alone', ...spreadCells(timer)],
        ],
      },
      {
        title: 'decide() by number of rules, interleaved, µs',
        columns: ['', ...SPREAD_COLUMNS],
        rows: [
          ['100 rules, 3 about every action', ...spreadCells(hundred)],
          ['10,000 rules, 3 about every action', ...spreadCells(many)],
          ['10,000 rules, 300 about every action', ...spreadCells(wild)],
        ],
      },
      {
        title: 'Loading and compiling a policy from text, ms',
        columns: ['rules', 'ms'],
        rows: [
          [1_000, rounded(loadMs, 0)],
          [10_000, rounded(load10k, 0)],
        ],
      },
    ],
    bars: [
      {
        what: 'decide() p50 over hand-compiled closures with the same trace',
        measured: rounded(ours.p50 / full.p50),
        limit: 2.5,
        wanted: 'at most',
      },
      {
        what: 'decide() p99 at 1,000 rules, µs',
        measured: rounded(ours.p99),
        limit: 50,
        wanted: 'at most',
      },
      {
        what: 'decide() p50 at 10,000 rules over 100 rules',
        measured: rounded(many.p50 / hundred.p50),
        limit: 3,
        wanted: 'at most',
      },
      {
        what: 'Loading 10,000 rules, ms',
        measured: rounded(load10k, 0),
        limit: 1_000,
        wanted: 'at most',
      },
    ],
  };
}

function scaling(): readonly [Spread, Spread, Spread] {
  const shapes = [
    { rules: 100, wildcards: 3 },
    { rules: 10_000, wildcards: 3 },
    { rules: 10_000, wildcards: 300 },
  ];
  const { spreads } = interleave(
    shapes.map((shape) => {
      const workload = makeWorkload({ ...shape, requests: 1_024 });
      const { set } = load(workload);
      return { decide: (input) => decide(input, set), inputs: workload.inputs };
    }),
  );
  return spreads as [Spread, Spread, Spread];
}
