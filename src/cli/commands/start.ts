import { type Command, Option } from 'commander';
import { port } from '../argument-parsers';
import type { ProcessOptions } from '../cli-deps';
import type { GlobalOptions, Run } from '../command-context';
import { EXIT } from '../exit-codes';

interface ListenOptions {
  readonly port?: number;
  readonly host?: string;
}

/** `start`, `demo` and the separate processes: handed to the composition root. */
export function registerStart(program: Command, run: Run): void {
  listenOptions(
    program
      .command('start')
      .description('run everything on this machine: database, Temporal, API and worker')
      .option('--reset', 'wipe the embedded state first'),
  ).action(
    run(async ({ deps }, options: ListenOptions & { readonly reset?: boolean }) =>
      deps.start({
        ...listen(options),
        ...givenDataDir(program),
        reset: options.reset === true,
      }),
    ),
  );

  program
    .command('demo')
    .description('play the whole story in this terminal, on a throwaway stack of its own')
    .action(run(async ({ deps, out }) => deps.demo({ color: out.colors.isColorSupported })));

  registerProcess(program, run, 'api', 'run only the API, for a deployment of separate processes');
  registerProcess(program, run, 'worker', 'run only the Temporal worker');
  registerProcess(program, run, 'migrate', 'bring the database to this version');
}

function registerProcess(
  program: Command,
  run: Run,
  name: 'api' | 'worker' | 'migrate',
  description: string,
): void {
  const command = program.command(name).description(description);
  if (name === 'api') listenOptions(command);
  command.action(processAction(program, run, name));
}

/** Hands one process of a deployment to the composition root. */
export const processAction = (
  program: Command,
  run: Run,
  name: 'api' | 'worker' | 'migrate' | 'channels',
): ReturnType<Run> =>
  run(async ({ deps, out }, options: ListenOptions) => {
    const process: ((options: ProcessOptions) => Promise<number>) | undefined = deps[name];
    if (process !== undefined) return process({ ...listen(options), ...givenDataDir(program) });
    out.problem({
      code: 'bad_arguments',
      what: `This build cannot run "${name}" as a separate process.`,
      howToFix: 'Run "countersign start".',
    });
    return EXIT.badArguments;
  });

/** Where the process listens. */
export const listenOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--port <number>', 'port of the API (default: PORT, then 8080)').argParser(port),
    )
    .option('--host <address>', 'address the API listens on (default: HOST, then 127.0.0.1)');

/** Only what was given as a flag: the environment is read, with all its problems at once, by the process. */
const listen = ({ port, host }: ListenOptions): ListenOptions => ({
  ...(port === undefined ? {} : { port }),
  ...(host === undefined ? {} : { host }),
});

function givenDataDir(program: Command): { readonly dataDir?: string } {
  const { dataDir } = program.opts<GlobalOptions>();
  return dataDir === undefined ? {} : { dataDir };
}
