import path from 'node:path';
import type { Command } from 'commander';
import { readText } from '../argument-parsers';
import { ApiProblem, UsageError } from '../api-problem';
import type { CommandContext, Run } from '../command-context';
import { describeEvaluation } from '../execution-text';
import { EXIT, exitOfVerdict } from '../exit-codes';
import { inert, inertBlock } from '../inert-text';
import { lintFiles } from '../lint-report';
import { describeDiagnostic } from '../output';
import { requestBody, requestOptions, type RequestOptions } from './execute';

export function registerPolicy(program: Command, run: Run): void {
  const group = program.command('policy').description('write, check and try policies');
  group.command('list').description('list policies').action(run(list));
  group
    .command('show <id[@version]>')
    .description('print the text of a policy, e.g. support or support@3')
    .action(run(show));
  group
    .command('create <file>')
    .description('store a new version of a policy')
    .option('--id <id>', 'id of the policy (default: from the file name)')
    .option('--publish', 'let it decide from now on')
    .action(run(create));
  group
    .command('lint <files...>')
    .description('check policy files without a server; every problem with line and column')
    .option('--strict', 'warnings count as problems')
    .action(
      run((context, files: readonly string[], { strict = false }: { readonly strict?: boolean }) =>
        lintFiles(context, files, {
          strict,
          check: (text, file) => context.deps.lintPolicy(text, policyIdOf(file)),
        }),
      ),
    );
  requestOptions(
    group.command('evaluate').description('decide a request without making an execution of it'),
  )
    .option('--time <time>', 'decide as if it were this moment, ISO 8601')
    .action(
      run(async ({ api, out }, options: RequestOptions & { readonly time?: string }) => {
        const evaluation = await api().evaluate({ ...requestBody(options), time: options.time });
        out.result(evaluation, () => describeEvaluation(out, evaluation));
        return exitOfVerdict(evaluation.verdict);
      }),
    );
}

async function list({ api, out }: CommandContext): Promise<number> {
  const page = await api().listPolicies();
  out.result(page, () =>
    page.items.length === 0
      ? 'No policies: every request is denied or decided by the bundle default.'
      : out.table(
          ['POLICY', 'VERSION', 'PUBLISHED', 'FORMAT', 'AUTHOR', 'CREATED'],
          page.items.map((item) => [
            item.id,
            String(item.version),
            item.publishedVersion === null ? 'no' : `version ${String(item.publishedVersion)}`,
            item.format,
            item.author,
            item.createdAt,
          ]),
        ),
  );
  return EXIT.ok;
}

async function show({ api, out }: CommandContext, reference: string): Promise<number> {
  const match = /^([^@]+)(?:@([1-9]\d{0,8}))?$/.exec(reference);
  const id = match?.[1];
  if (id === undefined)
    throw new UsageError(
      `"${reference}" names no policy.`,
      'Write the id, or id@version such as support@3.',
    );
  const policy = await api().readPolicy(
    id,
    match?.[2] === undefined ? undefined : Number(match[2]),
  );
  out.result(policy, () => inertBlock(policy.text.trimEnd()));
  return EXIT.ok;
}

async function create(
  { api, out }: CommandContext,
  file: string,
  options: { readonly id?: string; readonly publish?: boolean },
): Promise<number> {
  try {
    const stored = await api().createPolicy({
      id: options.id ?? policyIdOf(file),
      text: readText(file),
      contentType: file.endsWith('.json') ? 'application/json' : 'application/yaml',
      publish: options.publish === true,
    });
    out.result(stored, () =>
      out.fields([
        ['policy', stored.id],
        ['version', `${String(stored.version)}${stored.unchanged ? ' (unchanged)' : ''}`],
        ['published', stored.published ? 'yes' : 'no; add --publish to let it decide'],
      ]),
    );
    for (const warning of stored.warnings) out.note(`warning ${describeDiagnostic(warning, file)}`);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.problem.code !== 'policy_invalid' || out.json)
      throw error;
    for (const problem of error.problem.problems ?? [])
      out.note(`${out.colors.red('error')} ${describeDiagnostic(problem, file)}`);
    out.note(inert`${error.problem.what} Nothing was stored.`);
    return EXIT.policyInvalid;
  }
}

/** `rules/support.rules.json` is the policy `support`. */
const policyIdOf = (file: string): string =>
  path.basename(file).replace(/(?:\.(?:policy|rules))?\.(?:ya?ml|json)$/i, '');
