import type { Command } from 'commander';
import { createApiClient, type ApiClient } from './api-client';
import type { CliDeps } from './cli-deps';
import { resolveConnection, resolveDataDir, type ConnectionFlags } from './connection';
import { createOutput, type Output } from './output';

/** Options every command takes, before or after its name. */
export interface GlobalOptions extends ConnectionFlags {
  readonly json?: boolean;
  /** False with --no-color. */
  readonly color: boolean;
}

/** What a command needs to do its work. */
export interface CommandContext {
  readonly deps: CliDeps;
  readonly out: Output;
  readonly dataDir: string;
  /** Client for the resolved address and credential; throws UsageError when they cannot work. */
  api(): ApiClient;
  /** Runs `work` with a signal that Ctrl-C aborts. */
  interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
}

type Action<Args extends readonly unknown[]> = (
  context: CommandContext,
  ...args: Args
) => Promise<number>;

/** Turns an action with a context into commander's callback. Args are the positionals, then the options. */
export type Run = <Args extends readonly unknown[]>(
  action: Action<Args>,
) => (...raw: readonly unknown[]) => Promise<void>;

/** `report` takes the exit code of the command that ran. */
export function createRun(
  program: Command,
  deps: CliDeps,
  report: (exitCode: number) => void,
): Run {
  return <Args extends readonly unknown[]>(action: Action<Args>) =>
    async (...raw: readonly unknown[]) => {
      const context = createContext(deps, program.opts<GlobalOptions>());
      // Commander passes positionals, options and the command; their types are the action's own claim.
      report(await action(context, ...(raw.slice(0, -1) as unknown as Args)));
    };
}

/** Where output goes under the global options; also used for errors before any command ran. */
export function outputFor(deps: CliDeps, options: Partial<GlobalOptions>): Output {
  return createOutput({
    json: options.json === true,
    color: options.color !== false && wantsColor(deps),
    stdout: deps.stdout,
    stderr: deps.stderr,
  });
}

function createContext(deps: CliDeps, options: GlobalOptions): CommandContext {
  const out = outputFor(deps, options);
  return {
    deps,
    out,
    dataDir: resolveDataDir(options, deps.env),
    api: () => {
      const connection = resolveConnection(options, deps.env);
      if (connection.insecure)
        out.note(
          `The API key travels unencrypted to ${connection.baseUrl}; use an https address outside this machine.`,
        );
      return createApiClient({ ...connection, fetch: deps.fetch });
    },
    interruptible: async (work) => {
      const controller = new AbortController();
      const off = deps.onInterrupt(() => {
        controller.abort();
      });
      try {
        return await work(controller.signal);
      } finally {
        off();
      }
    },
  };
}

/** Colours only on a terminal that shows them, and never with NO_COLOR (any non-empty value). */
function wantsColor(deps: CliDeps): boolean {
  const noColor = deps.env['NO_COLOR'];
  return (
    deps.isTty.stdout &&
    deps.isTty.stderr &&
    (noColor === undefined || noColor === '') &&
    deps.env['TERM'] !== 'dumb'
  );
}
