import type { Command } from 'commander';
import { durationText } from '../../core/escalation/describe-chain';
import { ApiProblem, UsageError } from '../api-problem';
import { readText } from '../argument-parsers';
import { chainPicture } from '../chain-picture';
import type { CommandContext, Run } from '../command-context';
import { EXIT } from '../exit-codes';
import { inert, inertBlock, inertText } from '../inert-text';
import { lintFiles } from '../lint-report';
import { describeDiagnostic } from '../output';
import type { Diagnostic } from '../resources';

/** Who is asked, in which order and for how long, when a policy asks for approval. */
export function registerChains(program: Command, run: Run): void {
  const group = program
    .command('chains')
    .description('who is asked when a policy asks for approval');
  group.command('list').description('list the approval chains in force').action(run(list));
  group
    .command('show <id[@version]>')
    .description('draw an approval chain as a ladder, e.g. high-risk or payments@2')
    .option('--text', 'print the document instead')
    .action(run(show));
  group
    .command('create <file>')
    .description('store a version of an approval chain and put it in force')
    .option('--id <id>', 'refuse a document of another id')
    .action(run(create));
  group
    .command('validate <file>')
    .description('check a chain against the people of the server without storing it')
    .action(run(validate));
  group
    .command('delete <id>')
    .description('take a chain out of force; a predefined one of the id comes back')
    .action(run(withdraw));
  group
    .command('lint <files...>')
    .description('check chain files without a server; every problem with line and column')
    .option('--strict', 'warnings count as problems')
    .action(
      run((context, files: readonly string[], { strict = false }: { readonly strict?: boolean }) =>
        lintFiles(context, files, { strict, check: (text) => context.deps.lintChain(text) }),
      ),
    );
}

async function list({ api, out }: CommandContext): Promise<number> {
  const page = await api().listChains();
  out.result(page, () =>
    out.table(
      ['CHAIN', 'VERSION', 'SOURCE', 'LEVELS', 'WAITS AT MOST'],
      page.items.map((chain) => [
        chain.id,
        String(chain.version),
        chain.source,
        chain.levels.map((level) => level.name).join(' → '),
        durationText(chain.levels.reduce((sum, level) => sum + level.timeoutMs, 0)),
      ]),
    ),
  );
  return EXIT.ok;
}

async function show(
  { api, out }: CommandContext,
  reference: string,
  options: { readonly text?: boolean },
): Promise<number> {
  const match = /^([^@]+)(?:@([1-9]\d{0,8}))?$/.exec(reference);
  const id = match?.[1];
  if (id === undefined)
    throw new UsageError(
      `"${reference}" names no chain.`,
      'Write the id, or id@version such as payments@2.',
    );
  const chain = await api().readChain(id, match?.[2] === undefined ? undefined : Number(match[2]));
  const { text } = chain;
  if (options.text === true && text === undefined)
    throw new UsageError(
      `Chain ${id} is predefined and has no document.`,
      'Leave out --text to see it drawn.',
    );
  out.result(chain, () => {
    if (options.text === true && text !== undefined) return inertBlock(text.trimEnd());
    const state = chain.inForce ? '' : ', not in force';
    const title = inert`${chain.id}  version ${chain.version}, ${chain.source}${state}`;
    const picture = chainPicture(chain, out.colors);
    return `${title}\n\n${picture}\n\n${inertText(chain.description)}`;
  });
  return EXIT.ok;
}

async function create(
  { api, out }: CommandContext,
  file: string,
  options: { readonly id?: string },
): Promise<number> {
  try {
    const stored = await api().publishChain(documentOf(file), options.id);
    out.result(stored, () =>
      out.fields([
        ['chain', stored.id],
        ['version', `${String(stored.version)}${stored.unchanged ? ' (unchanged)' : ''}`],
        ['does', stored.description],
      ]),
    );
    for (const warning of stored.warnings) out.note(`warning ${describeDiagnostic(warning, file)}`);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.problem.code !== 'chain_invalid' || out.json)
      throw error;
    noteProblems(out, error.problem.problems ?? [], file);
    out.note(inert`${error.problem.what} Nothing was stored.`);
    return EXIT.policyInvalid;
  }
}

async function validate({ api, out }: CommandContext, file: string): Promise<number> {
  const found = await api().validateChain(documentOf(file));
  out.result(found, () =>
    found.ok
      ? `${out.colors.green('ok')} ${inertText(found.description ?? '')}`
      : inert`${file} does not load.`,
  );
  if (!out.json) {
    noteProblems(out, found.problems, file);
    for (const warning of found.warnings) out.note(`warning ${describeDiagnostic(warning, file)}`);
  }
  return found.ok ? EXIT.ok : EXIT.policyInvalid;
}

async function withdraw({ api, out }: CommandContext, id: string): Promise<number> {
  const done = await api().withdrawChain(id);
  out.result(done, () =>
    out.fields([
      ['withdrawn', `${done.id} version ${String(done.withdrawnVersion)}`],
      [
        'in force',
        done.predefinedVersion === undefined
          ? 'no chain of this id'
          : `the predefined ${done.id}, version ${String(done.predefinedVersion)}`,
      ],
    ]),
  );
  return EXIT.ok;
}

function noteProblems(
  out: CommandContext['out'],
  problems: readonly Diagnostic[],
  file: string,
): void {
  for (const problem of problems) {
    const isError = problem.severity !== 'warning';
    const word = isError ? out.colors.red('error') : out.colors.yellow('warning');
    out.note(`${word} ${describeDiagnostic(problem, file)}`);
  }
}

const documentOf = (file: string) => ({
  content: readText(file),
  contentType: file.endsWith('.json') ? 'application/json' : 'application/yaml',
});
