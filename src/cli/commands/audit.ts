import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import type { CommandContext, Run } from '../command-context';
import { setting } from '../connection';
import { EXIT, exitOfIntegrity } from '../exit-codes';
import type { Output } from '../output';
import { createProgressBar } from '../progress-bar';
import type { IntegrityReport } from '../resources';
import { noteNextPage, pageOptions } from './executions';

interface VerifyOptions {
  readonly databaseUrl?: string;
  readonly offline?: boolean;
  readonly trustDir?: string;
}

interface EventsOptions {
  readonly execution?: string;
  readonly type?: string;
  readonly limit: number;
  readonly cursor?: string;
}

export function registerAudit(program: Command, run: Run): void {
  const group = program.command('audit').description('verify and read the audit chain');
  group
    .command('verify')
    .description('verify the chain; every state has its own exit code')
    .option('--offline', 'read the database itself, without the server')
    .option('--database-url <url>', 'Postgres to read (implies --offline; default: DATABASE_URL)')
    .option('--trust-dir <folder>', 'offline: where the last trusted checkpoint is remembered')
    .action(run(verify));
  pageOptions(group.command('events').description('list audit events'))
    .option('--execution <id>', 'only of this execution')
    .option('--type <type>', 'only of this type')
    .action(run(events));
}

async function verify(context: CommandContext, options: VerifyOptions): Promise<number> {
  const { out } = context;
  const offline = options.offline === true || options.databaseUrl !== undefined;
  const report = offline
    ? await verifyOffline(context, options)
    : await context.api().auditIntegrity();
  out.result(report, () => describeIntegrity(out, report));
  return exitOfIntegrity(report.state);
}

async function verifyOffline(
  { deps, out, dataDir }: CommandContext,
  options: VerifyOptions,
): Promise<IntegrityReport> {
  const databaseUrl = options.databaseUrl ?? setting(deps.env, 'DATABASE_URL');
  const bar = createProgressBar({
    sink: deps.stderr,
    enabled: deps.isTty.stderr && !out.json,
    nowMs: () => performance.now(),
  });
  try {
    return await deps.verifyOffline({
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
      dataDir,
      trustDir: path.resolve(options.trustDir ?? defaultTrustDir(deps.env, dataDir, databaseUrl)),
      onProgress: bar.update,
    });
  } finally {
    bar.finish();
  }
}

/**
 * One memory per database: two deployments have logs of the same name, and the shorter would look cut. It
 * stands outside the database, so that who cuts the log does not cut the memory of it too.
 */
function defaultTrustDir(
  env: Readonly<Record<string, string | undefined>>,
  dataDir: string,
  databaseUrl: string | undefined,
): string {
  if (databaseUrl === undefined) return path.join(dataDir, 'trusted-checkpoints');
  const state = setting(env, 'XDG_STATE_HOME') ?? path.join(homedir(), '.local', 'state');
  const place = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  const name = place === undefined ? databaseUrl : `${place.host}${place.pathname}${place.search}`;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return path.join(state, 'countersign', `trusted-checkpoints-${digest}`);
}

const BREAKS_SHOWN = 20;

/** State, sizes and the first breaks. */
function describeIntegrity(out: Output, report: IntegrityReport): string {
  const { green, red, yellow } = out.colors;
  const paint = report.state === 'VALID' ? green : report.state === 'PRUNED' ? yellow : red;
  const summary = out.fields([
    ['state', { text: report.state, paint }],
    ['records', String(report.size)],
    ['signed', `${String(report.checkpointSize)} under the newest signed checkpoint`],
    ['breaks', report.breaks.length === 0 ? 'none' : String(report.breaks.length)],
  ]);
  if (report.breaks.length === 0) return summary;
  const table = out.table(
    ['RECORD', 'KIND', 'WHAT'],
    report.breaks.slice(0, BREAKS_SHOWN).map((each) => [String(each.seq), each.kind, each.message]),
  );
  const hidden = report.breaks.length - BREAKS_SHOWN;
  return `${summary}\n\n${table}${hidden > 0 ? `\n… and ${String(hidden)} more; all with --json` : ''}`;
}

async function events(context: CommandContext, options: EventsOptions): Promise<number> {
  const { out } = context;
  const { execution, ...filter } = options;
  const page = await context.api().auditEvents({ ...filter, executionId: execution });
  out.result(page, () =>
    page.items.length === 0
      ? 'No events.'
      : out.table(
          ['SEQ', 'TIME', 'TYPE', 'ACTOR', 'OUTCOME', 'ACTION', 'EXECUTION'],
          page.items.map((event) => [
            String(event.seq),
            event.ts,
            event.type,
            event.actor,
            event.outcome ?? '',
            event.action ?? '',
            event.execution ?? '',
          ]),
        ),
  );
  noteNextPage(context, page.nextCursor);
  return EXIT.ok;
}
