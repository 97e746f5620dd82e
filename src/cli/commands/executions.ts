import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import type { Json } from '../../core/json';
import { durationMs, json, wholeNumber } from '../argument-parsers';
import type { CommandContext, Run } from '../command-context';
import { describeExecution, statusCell } from '../execution-text';
import { EXIT, exitOfStatus } from '../exit-codes';
import { inert } from '../inert-text';
import { tellingRepeat, waitFor } from './execute';

interface ListOptions {
  readonly status?: string;
  readonly agent?: string;
  readonly action?: string;
  readonly limit: number;
  readonly cursor?: string;
}

interface OutcomeOptions {
  readonly status: 'committed' | 'failed';
  readonly attemptId?: string;
  readonly result?: Json;
  readonly error?: string;
}

export function registerExecutions(program: Command, run: Run): void {
  const group = program.command('executions').description('read and control executions');
  pageOptions(group.command('list').description('list executions, newest first'))
    .option('--status <status>', 'only of this status, e.g. pending_approval')
    .option('--agent <id>', 'only of this agent')
    .option('--action <name>', 'only of this action')
    .action(run(list));
  group
    .command('show <id>')
    .description('show one execution with its decision and why')
    .action(
      run(async ({ api, out }, id: string) => {
        const view = await api().readExecution(id);
        out.result(view, () => describeExecution(out, view));
        return EXIT.ok;
      }),
    );
  group
    .command('await <id>')
    .description('wait until it is decided; survives restarts of the server')
    .addOption(
      new Option('--timeout <duration>', 'stop waiting after, e.g. 90s, 15m').argParser(durationMs),
    )
    .option('--attempt-id <id>', 'the attempt that will run the action')
    .action(run(awaitOne));
  group
    .command('release <id>')
    .description('take the one run an approval gives')
    .requiredOption('--args-digest <digest>', 'digest of the arguments that will be run')
    .option('--attempt-id <id>', 'this try to run the action (default: random, printed)')
    .action(run(release));
  group
    .command('outcome <id>')
    .description('report what became of the run')
    .addOption(
      new Option('--status <status>', 'what happened')
        .choices(['committed', 'failed'])
        .makeOptionMandatory(),
    )
    .option('--attempt-id <id>', 'the attempt that ran')
    .addOption(new Option('--result <json>', 'result of the action: JSON or @file').argParser(json))
    .option('--error <text>', 'why it failed')
    .action(run(outcome));
  group
    .command('cancel <id>')
    .description('withdraw an execution that has not run')
    .requiredOption('--reason <text>', 'why')
    .action(
      run(async ({ api, out }, id: string, options: { readonly reason: string }) => {
        const view = await api().cancel(id, options);
        out.result(view, () => describeExecution(out, view));
        return EXIT.ok;
      }),
    );
}

/** Paging options of every list. */
export const pageOptions = (command: Command): Command =>
  command
    .addOption(new Option('--limit <n>', 'at most this many').argParser(wholeNumber).default(50))
    .option('--cursor <cursor>', 'continue where the last page ended');

/** Tells how to read on, on stderr. */
export function noteNextPage(context: CommandContext, nextCursor: string | undefined): void {
  if (nextCursor !== undefined) context.out.note(inert`More: --cursor ${nextCursor}`);
}

async function list(context: CommandContext, options: ListOptions): Promise<number> {
  const { out } = context;
  const page = await context.api().listExecutions({ ...options });
  out.result(page, () =>
    page.items.length === 0
      ? 'No executions.'
      : out.table(
          ['EXECUTION', 'STATUS', 'AGENT', 'ACTION', 'ENVIRONMENT', 'CREATED', 'REASON'],
          page.items.map((item) => [
            item.executionId,
            statusCell(out, item.status),
            item.agent,
            item.action,
            item.environment,
            item.createdAt,
            item.reason,
          ]),
        ),
  );
  noteNextPage(context, page.nextCursor);
  return EXIT.ok;
}

async function awaitOne(
  context: CommandContext,
  id: string,
  options: { readonly timeout?: number; readonly attemptId?: string },
): Promise<number> {
  const view = await waitFor(context, id, options);
  if (view === undefined) return EXIT.interrupted;
  context.out.result(view, () => describeExecution(context.out, view));
  return exitOfStatus(view.status);
}

async function release(
  { api, out }: CommandContext,
  id: string,
  options: { readonly argsDigest: string; readonly attemptId?: string },
): Promise<number> {
  const attemptId = options.attemptId ?? randomUUID();
  const view = await tellingRepeat(out, inert`--attempt-id ${attemptId}`, () =>
    api().release(id, { argsDigest: options.argsDigest, attemptId }),
  );
  out.result({ ...view, attemptId }, () => describeExecution(out, { ...view, attemptId }));
  if (view.mayRun) return EXIT.ok;
  out.note('The answer says the action must not be run.');
  return EXIT.refused;
}

async function outcome(
  { api, out }: CommandContext,
  id: string,
  options: OutcomeOptions,
): Promise<number> {
  const view = await api().reportOutcome(id, { ...options });
  out.result(view, () => describeExecution(out, view));
  return EXIT.ok;
}
