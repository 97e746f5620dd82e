import type { Command } from 'commander';
import { readText } from '../argument-parsers';
import { UsageError } from '../api-problem';
import type { CommandContext, Run } from '../command-context';
import { EXIT } from '../exit-codes';
import { inertText } from '../inert-text';

/** Named lists of values that policies refer to, such as customer_domains. */
export function registerLists(program: Command, run: Run): void {
  const group = program.command('lists').description('lists of values that policies refer to');
  group
    .command('put <name> [values...]')
    .description('replace the values of a list')
    .option('--file <file>', 'read the values from a file, one a line')
    .action(run(put));
  group.command('show [name]').description('print one list, or all of them').action(run(show));
}

async function put(
  { api, out }: CommandContext,
  name: string,
  values: readonly string[],
  options: { readonly file?: string },
): Promise<number> {
  if ((options.file === undefined) === (values.length === 0))
    throw new UsageError(
      'Give the values either as arguments or with --file.',
      'Example: countersign lists put customer_domains acme.com example.org',
    );
  const stored = await api().putList(
    name,
    options.file === undefined
      ? values
      : readText(options.file)
          .split(/\r?\n/)
          .map((line) => line.trim())
          .filter((line) => line !== ''),
  );
  out.result(stored, () =>
    out.fields([
      ['list', stored.name],
      ['values', String(stored.values.length)],
    ]),
  );
  return EXIT.ok;
}

async function show({ api, out }: CommandContext, name: string | undefined): Promise<number> {
  if (name !== undefined) {
    const list = await api().readList(name);
    out.result(list, () => list.values.map(inertText).join('\n'));
    return EXIT.ok;
  }
  const page = await api().listLists();
  out.result(page, () =>
    page.items.length === 0
      ? 'No lists.'
      : out.table(
          ['LIST', 'VALUES'],
          page.items.map((list) => [list.name, list.values.join(', ')]),
        ),
  );
  return EXIT.ok;
}
