import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import CliTable from 'cli-table3';
import { PACKAGE_ROOT, VERSION } from '../src/main/assets';
import { runAuditSuite } from './audit-suite';
import { cleanUpOnEnd } from './clean-up';
import { runDecideSuite } from './decide-suite';
import { runKillRaceSuite } from './kill-race-suite';
import { withProduct } from './product-bench';
import { holds, type Bar, type SuiteResult, type Table } from './result';
import { runSubmitSuite } from './submit-suite';
import { runSweepSuite } from './sweep-suite';
import { runWorkflowSuite } from './workflow-suite';

const SUITES = {
  decide: async () => runDecideSuite(),
  submit: () => withProduct(runSubmitSuite),
  workflow: () => withProduct(runWorkflowSuite),
  audit: runAuditSuite,
  'kill-race': runKillRaceSuite,
  sweep: runSweepSuite,
} as const satisfies Readonly<Record<string, () => Promise<SuiteResult>>>;

type SuiteName = keyof typeof SUITES;
const NAMES = Object.keys(SUITES) as readonly SuiteName[];

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function printTable({ title, columns, rows }: Table): void {
  const table = new CliTable({ head: [...columns], style: { head: [], border: [] } });
  table.push(...rows.map((row) => row.map(String)));
  print(`\n${title}\n${table.toString()}`);
}

const barRow = (bar: Bar): readonly (string | number)[] => [
  bar.what,
  bar.measured,
  `${bar.wanted} ${String(bar.limit)}`,
  holds(bar) ? 'holds' : 'MISSED',
];

function machine(): Readonly<Record<string, string | number>> {
  const processors = cpus();
  return {
    processors: `${String(processors.length)} × ${processors[0]?.model ?? 'unknown'}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    countersign: VERSION,
  };
}

function chosenSuites(): readonly SuiteName[] {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  if (values.only === undefined) return NAMES;
  const wanted = values.only.split(',');
  const unknown = wanted.filter((name) => !(NAMES as readonly string[]).includes(name));
  if (unknown.length > 0) {
    throw new Error(`no benchmark ${unknown.join(', ')}; there are ${NAMES.join(', ')}`);
  }
  return NAMES.filter((name) => wanted.includes(name));
}

async function main(): Promise<void> {
  const suites = chosenSuites();
  const startedAt = new Date().toISOString();
  const results: Partial<Record<SuiteName, SuiteResult>> = {};
  for (const name of suites) {
    print(`\n== ${name}`);
    try {
      const result = await SUITES[name]();
      results[name] = result;
      result.tables.forEach(printTable);
    } catch (error) {
      // One suite that cannot be measured must not cost the figures of the others.
      process.stderr.write(`${name}: ${String(error)}\n`);
      process.exitCode = 1;
    }
  }
  const bars = Object.values(results).flatMap((result) => result.bars);
  printTable({
    title: 'Bars',
    columns: ['figure', 'measured', 'wanted', ''],
    rows: bars.map(barRow),
  });
  const folder = join(PACKAGE_ROOT, 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${startedAt.replaceAll(':', '-')}.json`);
  writeFileSync(file, JSON.stringify({ startedAt, machine: machine(), results }, null, 2));
  print(`\nWritten to ${file}`);
}

cleanUpOnEnd();
main().then(
  // The Temporal runtime of this process would keep it alive for a while.
  () => process.exit(),
  (error: unknown) => {
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(1);
  },
);
