import type { Command } from 'commander';
import type { PendingApproval } from '../../core/execution/view';
import type { ApiClient } from '../api-client';
import { ApiProblem } from '../api-problem';
import type { CommandContext, Run } from '../command-context';
import { describeApproval, describeDuration, statusCell } from '../execution-text';
import { EXIT } from '../exit-codes';
import { inert } from '../inert-text';
import { noteNextPage, pageOptions } from './executions';

type VoteVerdict = 'approve' | 'reject' | 'escalate';

interface VoteOptions {
  readonly rationale: string;
  readonly argsDigest?: string;
}

export function registerApprovals(program: Command, run: Run): void {
  const group = program.command('approvals').description('see and decide what waits for a human');
  pageOptions(group.command('list').description('list open approvals')).action(run(list));
  group
    .command('show <id>')
    .description('show one approval with the exact arguments')
    .action(
      run(async ({ api, out }, id: string) => {
        const approval = await api().readApproval(id);
        out.result(approval, () => describeApproval(out, approval));
        return EXIT.ok;
      }),
    );
  registerVote(group, run, 'approve', 'approve the exact arguments it prints');
  registerVote(group, run, 'reject', 'reject the request');
  registerVote(group, run, 'escalate', 'pass the request up to the next level');
}

function registerVote(group: Command, run: Run, verdict: VoteVerdict, description: string): void {
  group
    .command(`${verdict} <id>`)
    .description(description)
    .requiredOption('--rationale <text>', 'why; stands in the evidence')
    .option('--args-digest <digest>', 'refuse if the arguments are not the ones you reviewed')
    .action(
      run(async (context, id: string, options: VoteOptions) => vote(context, id, verdict, options)),
    );
}

async function list(
  context: CommandContext,
  options: { readonly limit: number; readonly cursor?: string },
): Promise<number> {
  const { out } = context;
  const page = await context.api().pendingApprovals(options);
  out.result(page, () =>
    page.items.length === 0
      ? 'Nothing waits for approval.'
      : out.table(
          ['APPROVAL', 'LEVEL', 'AGENT', 'ACTION', 'ARGUMENTS', 'APPROVERS', 'TIME LEFT'],
          page.items.map((item) => [
            item.id,
            `${String(item.level)}/${String(item.of)}`,
            item.agent,
            item.action,
            shortArguments(item),
            item.approvers,
            describeDuration(item.remainingMs),
          ]),
        ),
  );
  noteNextPage(context, page.nextCursor);
  return EXIT.ok;
}

async function vote(
  context: CommandContext,
  id: string,
  verdict: VoteVerdict,
  options: VoteOptions,
): Promise<number> {
  const { out } = context;
  const client = context.api();
  const shown = await readOpen(client, id);
  if (shown !== undefined && !out.json) out.note(describeApproval(out, shown));
  const receipt = await client.vote(id, verdict, {
    rationale: options.rationale,
    argsDigest: options.argsDigest ?? shown?.argsDigest,
    displayDigest: shown?.displayDigest,
  });
  out.result(receipt, () =>
    out.fields([
      [
        'vote',
        inert`${receipt.verdict}${receipt.repeated ? ' (recorded before; nothing changed)' : ''}`,
      ],
      ['counted', receipt.counted ? 'yes' : 'no'],
      ['status', statusCell(out, receipt.status)],
      ['execution', receipt.executionId],
      ['audit', `record ${String(receipt.auditSeq)}`],
    ]),
  );
  return receipt.counted || receipt.repeated ? EXIT.ok : EXIT.refused;
}

/** What the vote will be bound to; a closed approval is left to the vote's own truthful answer. */
async function readOpen(client: ApiClient, id: string): Promise<PendingApproval | undefined> {
  try {
    return await client.readApproval(id);
  } catch (error) {
    if (error instanceof ApiProblem && (error.httpStatus === 404 || error.httpStatus === 409))
      return undefined;
    throw error;
  }
}

const SHOWN_ARGUMENTS_LENGTH = 60;

function shortArguments(item: PendingApproval): string {
  const text = item.argumentsShown ? JSON.stringify(item.args) : '(not for you)';
  return text.length <= SHOWN_ARGUMENTS_LENGTH
    ? text
    : `${Array.from(text).slice(0, SHOWN_ARGUMENTS_LENGTH).join('')}…`;
}
