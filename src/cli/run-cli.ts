import { Command, CommanderError } from 'commander';
import { isDomainError, ERRORS } from '../core/errors';
import { ApiProblem, ApiUnreachable, UsageError } from './api-problem';
import type { CliDeps } from './cli-deps';
import { createRun, outputFor, type GlobalOptions } from './command-context';
import { registerAgents } from './commands/agents';
import { registerApprovals } from './commands/approvals';
import { registerAudit } from './commands/audit';
import { registerChannels } from './commands/channels';
import { registerChains } from './commands/chains';
import { registerExecute } from './commands/execute';
import { registerExecutions } from './commands/executions';
import { registerGroups } from './commands/groups';
import { registerKill } from './commands/kill';
import { registerLists } from './commands/lists';
import { registerOnCall } from './commands/on-call';
import { registerPolicy } from './commands/policy';
import { registerReceipt } from './commands/receipt';
import { registerRisk } from './commands/risk';
import { registerStart } from './commands/start';
import { registerStatus } from './commands/status';
import { registerUsers } from './commands/users';
import { DEFAULT_DATA_DIR, DEFAULT_URL } from './connection';
import { EXIT, EXIT_MEANINGS, exitOfProblem } from './exit-codes';
import { inertText } from './inert-text';
import type { Output, ProblemText } from './output';

/**
 * Runs one command line, `argv` without node and script, and resolves to the exit code of docs/cli.md.
 * Never throws and never ends the process.
 */
export async function runCli(argv: readonly string[], deps: CliDeps): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = buildProgram(deps, (reported) => {
    exitCode = reported;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportFailure(outputFor(deps, failureOptions(argv, program)), error);
  }
}

/** The tree of commands. `report` takes the exit code of the one that ran. */
export function buildProgram(deps: CliDeps, report: (exitCode: number) => void): Command {
  const program = new Command('countersign')
    .description('Governs what AI agents do: policy, human approval, evidence.')
    .version(deps.version, '-V, --version', 'print the version')
    .option('--json', 'print JSON on stdout and nothing else there')
    .option('--url <url>', `address of the server (default: COUNTERSIGN_URL, then ${DEFAULT_URL})`)
    .option(
      '--api-key <key>',
      'API key (better: COUNTERSIGN_API_KEY, which other users cannot see)',
    )
    .option(
      '--data-dir <folder>',
      `folder of the embedded state (default: COUNTERSIGN_DATA_DIR, then ${DEFAULT_DATA_DIR})`,
    )
    .option('--no-color', 'no colours (also: NO_COLOR)')
    .addHelpText('after', exitCodeHelp())
    .configureHelp({ showGlobalOptions: true });
  quietExits(program, deps);
  const run = createRun(program, deps, report);
  registerStart(program, run);
  registerStatus(program, run);
  registerExecute(program, run);
  registerExecutions(program, run);
  registerApprovals(program, run);
  registerPolicy(program, run);
  registerRisk(program, run);
  registerLists(program, run);
  registerChains(program, run);
  registerGroups(program, run);
  registerOnCall(program, run);
  registerAudit(program, run);
  registerReceipt(program, run);
  registerKill(program, run);
  registerUsers(program, run);
  registerAgents(program, run);
  registerChannels(program, run);
  return program;
}

/** Must precede the sub-commands, which inherit it. */
function quietExits(program: Command, deps: CliDeps): void {
  program
    .exitOverride()
    .configureOutput({
      writeOut: (text) => deps.stdout.write(text),
      writeErr: (text) => deps.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('(add --help for the options)');
}

function reportFailure(out: Output, error: unknown): number {
  // Commander has already said it, help and version included.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.badArguments;
  if (error instanceof UsageError) {
    out.problem(error.problem);
    return EXIT.badArguments;
  }
  if (error instanceof ApiUnreachable) {
    out.problem(error.problem);
    return EXIT.unavailable;
  }
  if (error instanceof ApiProblem) {
    out.problem(error.problem);
    return exitOfProblem(error.problem.code, error.httpStatus);
  }
  if (isDomainError(error)) {
    const entry = ERRORS[error.code];
    const problem: ProblemText = {
      code: error.code,
      what: error.details.what ?? entry.title,
      why: error.details.why ?? entry.why,
      howToFix: error.details.howToFix ?? entry.howToFix,
      problems: error.details.problems,
    };
    out.problem(problem);
    return exitOfProblem(error.code, entry.status);
  }
  out.problem({
    code: 'internal',
    what: error instanceof Error ? error.message : inertText(String(error)),
    why: 'This is a defect, or this machine refused something unexpected.',
    howToFix: 'Try again; then report it with the command you ran.',
  });
  return EXIT.unexpected;
}

/** When parsing itself failed, the options may not have been reached yet. */
const failureOptions = (argv: readonly string[], program: Command): Partial<GlobalOptions> => ({
  ...program.opts<GlobalOptions>(),
  ...(argv.includes('--json') ? { json: true } : {}),
});

const exitCodeHelp = (): string =>
  `\nExit codes:\n${EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`).join('\n')}\n`;
