import { type Command, Option } from 'commander';
import { ApiProblem, ApiUnreachable, UsageError } from '../api-problem';
import type { CommandContext, Run } from '../command-context';
import { setting } from '../connection';
import { EXIT } from '../exit-codes';
import type { Cell, Output } from '../output';
import { SEVERITIES, type KillSwitchView, type Severity } from '../resources';

interface EngageOptions {
  readonly reason?: string;
  readonly severity: Severity;
  readonly expiresAt?: string;
}

interface LiftOptions {
  readonly reason?: string;
}

interface KillOptions extends EngageOptions {
  readonly outOfBand?: boolean;
  readonly databaseUrl?: string;
}

export function registerKill(program: Command, run: Run): void {
  const group = engageOptions(
    program
      .command('kill')
      .description('stop everything at once; with --out-of-band even when the API is down'),
  )
    .option('--out-of-band', 'write straight to Postgres, without the server')
    .option(
      '--database-url <url>',
      'with --out-of-band: Postgres (default: DATABASE_URL, then the data folder)',
    )
    .action(run(kill));
  // The parser gives a flag that `kill` has too to `kill`, also when it stands after the sub-command.
  const given = <Options extends object>(own: Options): Options & KillOptions => ({
    ...own,
    ...group.opts<KillOptions>(),
  });
  engageOptions(group.command('engage').description('engage the global kill switch')).action(
    run(async (context, options: EngageOptions) => kill(context, given(options))),
  );
  group
    .command('lift <id>')
    .description('lift a kill switch; what it stopped stays void')
    .option('--reason <text>', 'why it is safe again; required')
    .action(
      run(async (context, id: string, options: LiftOptions) => lift(context, id, given(options))),
    );
  group
    .command('list')
    .description('list kill switches')
    .action(
      run(async (context, options: object) => {
        needsServer(given(options));
        return list(context);
      }),
    );
}

const engageOptions = (command: Command): Command =>
  command
    .option('--reason <text>', 'why; required, stands in the evidence')
    .addOption(
      new Option('--severity <severity>', 'how grave it is')
        .choices(SEVERITIES)
        .default('critical' satisfies Severity),
    )
    .option('--expires-at <time>', 'lifts itself at, ISO 8601');

async function kill(context: CommandContext, options: KillOptions): Promise<number> {
  if (options.outOfBand !== true) {
    if (options.databaseUrl !== undefined)
      throw new UsageError('--database-url needs --out-of-band.', 'Add --out-of-band.');
    return engage(context, options);
  }
  const { deps, out, dataDir } = context;
  if (options.expiresAt !== undefined)
    throw new UsageError(
      'A kill out of band does not expire by itself.',
      'Leave --expires-at out and lift it with "countersign kill lift".',
    );
  const databaseUrl = options.databaseUrl ?? setting(deps.env, 'DATABASE_URL');
  const engaged = await deps.killOutOfBand({
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    dataDir,
    reason: reasonOf(options),
    severity: options.severity,
  });
  out.result(engaged, () =>
    out.fields([
      ['kill switch', engaged.id],
      ['state', { text: 'engaged, out of band', paint: out.colors.red }],
      ['engaged', engaged.engagedAt],
      ['record', engaged.engagedSeq === undefined ? undefined : String(engaged.engagedSeq)],
    ]),
  );
  return EXIT.ok;
}

async function engage(context: CommandContext, options: EngageOptions): Promise<number> {
  const { out } = context;
  const reason = reasonOf(options);
  try {
    const engaged = await context.api().engageKillSwitch({
      scope: 'global',
      reason,
      severity: options.severity,
      expiresAt: options.expiresAt,
    });
    out.result(engaged, () => describeKill(out, engaged));
    return EXIT.ok;
  } catch (error) {
    if (isDown(error)) {
      out.problem({
        ...error.problem,
        what: `Nothing was stopped: ${error.problem.what}`,
        howToFix: `With access to the database it works without the server: countersign kill --reason ${shellQuoted(reason)} --out-of-band [--database-url <url>]`,
      });
      return EXIT.unavailable;
    }
    throw error;
  }
}

async function lift(context: CommandContext, id: string, options: KillOptions): Promise<number> {
  needsServer(options);
  const lifted = await context.api().liftKillSwitch(id, reasonOf(options));
  context.out.result(lifted, () => describeKill(context.out, lifted));
  return EXIT.ok;
}

/** Out of band only stops things; it never grants power and reads nothing. */
function needsServer(options: KillOptions): void {
  if (options.outOfBand === true || options.databaseUrl !== undefined)
    throw new UsageError(
      'Only engaging works out of band.',
      'Leave --out-of-band and --database-url out.',
    );
}

const isDown = (error: unknown): error is ApiUnreachable | ApiProblem =>
  error instanceof ApiUnreachable || (error instanceof ApiProblem && error.httpStatus >= 500);

async function list({ api, out }: CommandContext): Promise<number> {
  const page = await api().listKillSwitches();
  out.result(page, () =>
    page.items.length === 0
      ? 'No kill switch was ever engaged.'
      : out.table(
          ['KILL SWITCH', 'STATE', 'SCOPE', 'SEVERITY', 'ENGAGED', 'BY', 'REASON'],
          page.items.map((item) => [
            item.id,
            stateCell(out, item),
            item.scope,
            item.severity,
            item.engagedAt,
            item.engagedBy,
            item.reason,
          ]),
        ),
  );
  return EXIT.ok;
}

const describeKill = (out: Output, view: KillSwitchView): string =>
  out.fields([
    ['kill switch', view.id],
    ['state', stateCell(out, view)],
    ['scope', view.scope],
    ['severity', view.severity],
    ['reason', view.reason],
    ['engaged', `${view.engagedAt} by ${view.engagedBy}`],
    ['expires', view.expiresAt],
    ['lifted', view.liftedAt],
  ]);

function stateCell(out: Output, view: KillSwitchView): Cell {
  if (view.active) return { text: 'engaged', paint: out.colors.red };
  return view.liftedAt === undefined ? 'expired' : 'lifted';
}

function reasonOf(options: LiftOptions): string {
  if (options.reason === undefined || options.reason.trim() === '')
    throw new UsageError(
      'A kill switch is engaged and lifted with a reason only.',
      'Add --reason "what happened"; see also: countersign kill --help',
    );
  return options.reason;
}

/** Ready to paste into a POSIX shell. */
const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
