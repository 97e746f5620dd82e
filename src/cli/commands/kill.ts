import { type Command, Option } from 'commander';
import { ApiProblem, ApiUnreachable, UsageError } from '../api-problem';
import type { CommandContext, Run } from '../command-context';
import { setting } from '../connection';
import { EXIT } from '../exit-codes';
import type { Cell, Output } from '../output';
import {
  KILL_SCOPE_NAMES,
  SEVERITIES,
  type KillScopeName,
  type KillSwitchView,
  type Severity,
} from '../resources';

interface EngageOptions {
  readonly scope: KillScopeName;
  readonly target?: string;
  readonly id?: string;
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
  readonly tenant?: string;
}

export function registerKill(program: Command, run: Run): void {
  const group = engageOptions(
    program
      .command('kill')
      .description(
        'stop everything at once, or one part; with --out-of-band even when the API is down',
      ),
  )
    .option('--out-of-band', 'write straight to Postgres, without the server')
    .option(
      '--database-url <url>',
      'with --out-of-band: Postgres (default: DATABASE_URL, then the data folder)',
    )
    .option(
      '--tenant <id>',
      'with --out-of-band: whose, for every scope but global (default: default)',
    )
    .action(run(kill));
  // The parser gives a flag that `kill` has too to `kill`, also when it stands after the sub-command.
  const given = <Options extends object>(own: Options): Options & KillOptions => ({
    ...own,
    ...group.opts<KillOptions>(),
  });
  engageOptions(group.command('engage').description('engage a kill switch')).action(
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
    .addOption(
      new Option('--scope <scope>', 'what is stopped; tool is action')
        .choices(KILL_SCOPE_NAMES)
        .default('global' satisfies KillScopeName),
    )
    .option('--target <name>', 'which environment, team, agent, action or tag; compared exactly')
    .option('--id <uuid>', 'your own id: a repeat with the same content is the same switch')
    .option('--reason <text>', 'why; required, stands in the evidence')
    .addOption(
      new Option('--severity <severity>', 'how grave it is')
        .choices(SEVERITIES)
        .default('critical' satisfies Severity),
    )
    .option('--expires-at <time>', 'lifts itself at, ISO 8601');

async function kill(context: CommandContext, options: KillOptions): Promise<number> {
  if (options.outOfBand !== true) {
    for (const flag of ['databaseUrl', 'tenant'] as const)
      if (options[flag] !== undefined)
        throw new UsageError(
          `--${flag === 'tenant' ? flag : 'database-url'} needs --out-of-band.`,
          'Add --out-of-band.',
        );
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
    ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
    ...engagementOf(options),
  });
  out.result(engaged, () =>
    out.fields([
      ['kill switch', engaged.id],
      ['state', { text: 'engaged, out of band', paint: out.colors.red }],
      ['scope', engaged.scope === undefined ? undefined : scopeText(engaged.scope, engaged.target)],
      ['engaged', engaged.engagedAt],
      ['record', engaged.engagedSeq === undefined ? undefined : String(engaged.engagedSeq)],
    ]),
  );
  return EXIT.ok;
}

async function engage(context: CommandContext, options: EngageOptions): Promise<number> {
  const { out } = context;
  const body = engagementOf(options);
  try {
    const engaged = await context.api().engageKillSwitch({ ...body, expiresAt: options.expiresAt });
    out.result(engaged, () => describeKill(out, engaged));
    for (const warning of engaged.warnings ?? []) out.note(warning);
    return EXIT.ok;
  } catch (error) {
    if (isDown(error)) {
      out.problem({
        ...error.problem,
        what: `Nothing was stopped: ${error.problem.what}`,
        howToFix: `With access to the database it works without the server: countersign kill ${reachFlags(body)}--reason ${shellQuoted(body.reason)} --out-of-band [--database-url <url>]`,
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
  const { outOfBand, databaseUrl, tenant } = options;
  if (outOfBand === true || databaseUrl !== undefined || tenant !== undefined)
    throw new UsageError(
      'Only engaging works out of band.',
      'Leave --out-of-band, --database-url and --tenant out.',
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
            scopeText(item.scope, item.target),
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
    ['scope', scopeText(view.scope, view.target)],
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

/** The flags as a request; that scope and target fit is said before anything is sent. */
function engagementOf(options: EngageOptions) {
  const { scope, target, id, severity } = options;
  const whole = scope === 'global' || scope === 'tenant';
  if (whole && target !== undefined)
    throw new UsageError(
      `Scope ${scope} stops everything there, so it takes no target.`,
      'Name a narrower one, such as --scope agent, or leave --target out.',
    );
  if (!whole && target === undefined)
    throw new UsageError(
      `Scope ${scope} needs to know which ${scope} to stop.`,
      'Add --target <name>.',
    );
  return {
    scope,
    ...(target === undefined ? {} : { target }),
    ...(id === undefined ? {} : { id }),
    reason: reasonOf(options),
    severity,
  };
}

/** `agent support-bot`, or the scope alone. */
export const scopeText = (scope: string, target: string | undefined): string =>
  target === undefined ? scope : `${scope} ${target}`;

const reachFlags = ({ scope, target }: Pick<EngageOptions, 'scope' | 'target'>): string =>
  scope === 'global'
    ? ''
    : `--scope ${scope} ${target === undefined ? '' : `--target ${shellQuoted(target)} `}`;

/** Ready to paste into a POSIX shell. */
const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
