import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import type { ExecutionView } from '../../core/execution/view';
import type { JsonObject } from '../../core/json';
import { durationMs, jsonObject } from '../argument-parsers';
import { ApiProblem, ApiUnreachable } from '../api-problem';
import { awaitDecision } from '../await-decision';
import type { CommandContext, Run } from '../command-context';
import { describeEvaluation, describeExecution } from '../execution-text';
import { EXIT, exitOfStatus, exitOfVerdict } from '../exit-codes';
import { inert } from '../inert-text';
import type { Output } from '../output';
import type { SubmitBody } from '../resources';

/** The request as typed; shared with `policy evaluate`. */
export interface RequestOptions {
  readonly agent: string;
  readonly action: string;
  readonly env?: string;
  readonly args: JsonObject;
  readonly context: JsonObject;
  readonly exception?: string;
}

interface ExecuteOptions extends RequestOptions {
  readonly wait?: boolean;
  readonly timeout?: number;
  readonly idempotencyKey?: string;
  readonly attemptId?: string;
  readonly expiresAt?: string;
  readonly dryRun?: boolean;
}

export function registerExecute(program: Command, run: Run): void {
  requestOptions(
    program
      .command('execute')
      .description('ask for one action and print the decision with its why'),
  )
    .option('--wait', 'wait for the humans when the action needs approval')
    .addOption(
      new Option('--timeout <duration>', 'with --wait: stop waiting after, e.g. 90s, 15m')
        .argParser(durationMs)
        .implies({ wait: true }),
    )
    .option(
      '--idempotency-key <key>',
      'the same key and request give the same execution (default: random)',
    )
    .option('--attempt-id <id>', 'this try to run the action (default: random)')
    .option('--expires-at <time>', 'end of life of the request, ISO 8601')
    .option('--dry-run', 'decide and explain only: reserve nothing, ask nobody')
    .action(run(execute));
}

/** Options that describe a request. */
export const requestOptions = (command: Command): Command =>
  command
    .requiredOption('--agent <id>', 'the agent that asks')
    .requiredOption('--action <name>', 'the action, that is the tool to be called')
    .option('--env <name>', "environment (default: the agent's)")
    .addOption(
      new Option('--args <json>', 'arguments of the action: JSON or @file')
        .argParser(jsonObject)
        .default({}, '{}'),
    )
    .addOption(
      new Option('--context <json>', 'what the agent claims about the request: JSON or @file')
        .argParser(jsonObject)
        .default({}, '{}'),
    )
    .option('--exception <justification>', 'ask for an exception to a denial, with the reason why');

export const requestBody = (options: RequestOptions): SubmitBody => ({
  agent: options.agent,
  action: options.action,
  environment: options.env,
  args: options.args,
  context: options.context,
  ...(options.exception === undefined
    ? {}
    : { exceptionRequested: true, justification: options.exception }),
});

async function execute(context: CommandContext, options: ExecuteOptions): Promise<number> {
  const { out } = context;
  const client = context.api();
  const body: SubmitBody = { ...requestBody(options), expiresAt: options.expiresAt };
  if (options.dryRun === true) {
    const evaluation = await client.dryRun(body);
    out.result(evaluation, () => describeEvaluation(out, evaluation));
    return exitOfVerdict(evaluation.verdict);
  }
  const attemptId = options.attemptId ?? randomUUID();
  const idempotencyKey = options.idempotencyKey ?? randomUUID();
  const repeat = inert`--attempt-id ${attemptId} --idempotency-key ${idempotencyKey}`;
  let view = await tellingRepeat(out, repeat, () =>
    client.submit({ ...body, mode: 'decide', idempotencyKey, attemptId }),
  );
  if (options.wait === true && exitOfStatus(view.status) === EXIT.pending) {
    out.note(
      inert`Waiting for ${view.approval?.approvers ?? 'approval'} (execution ${view.executionId}).`,
    );
    const waited = await waitFor(context, view.executionId, { ...options, attemptId });
    if (waited === undefined) return EXIT.interrupted;
    view = waited;
  }
  out.result(view, () => describeExecution(out, view));
  const hint = nextStep(
    view.status,
    view.executionId,
    view.argsDigest,
    view.attemptId ?? attemptId,
  );
  if (hint !== undefined && !out.json) out.note(hint);
  return exitOfStatus(view.status);
}

/** An answer that was lost may stand on the server: only the same attempt may ask for it again. */
export async function tellingRepeat<Answer>(
  out: Output,
  flags: string,
  call: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ApiUnreachable || (error instanceof ApiProblem && error.httpStatus >= 500))
      out.note(`The answer is unknown. Repeat the same command with ${flags}`);
    throw error;
  }
}

/** The decision, or undefined when Ctrl-C ended the wait; the execution itself goes on. */
export async function waitFor(
  context: CommandContext,
  executionId: string,
  options: { readonly timeout?: number; readonly attemptId?: string },
): Promise<ExecutionView | undefined> {
  const client = context.api();
  return context.interruptible(async (signal) => {
    try {
      return await awaitDecision(client, executionId, {
        timeoutMs: options.timeout,
        attemptId: options.attemptId,
        signal,
        onOutage: (what) => {
          context.out.note(inert`${what}; still waiting.`);
        },
      });
    } catch (error) {
      if (!signal.aborted) throw error;
      context.out.note(
        inert`Stopped waiting; the execution goes on. Continue with: countersign executions await ${executionId}`,
      );
      return undefined;
    }
  });
}

function nextStep(
  status: string,
  executionId: string,
  argsDigest: string,
  attemptId: string,
): string | undefined {
  if (status === 'pending_approval' || status === 'parked')
    return inert`Next: countersign executions await ${executionId}`;
  if (status === 'approved')
    return inert`Next: countersign executions release ${executionId} --args-digest ${argsDigest} --attempt-id ${attemptId}`;
  if (status === 'executing')
    return inert`Next: run the action, then countersign executions outcome ${executionId} --status committed --attempt-id ${attemptId}`;
  return undefined;
}
