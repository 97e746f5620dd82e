import type { Command } from 'commander';
import { collect } from '../argument-parsers';
import type { CommandContext, Run } from '../command-context';
import { EXIT } from '../exit-codes';
import type { Group } from '../resources';

/** Groups of people that chains name, such as finance. */
export function registerGroups(program: Command, run: Run): void {
  const group = program.command('groups').description('groups of people that chains name');
  group.command('list').description('list groups').action(run(list));
  group
    .command('show <id>')
    .description('show the members of a group')
    .action(
      run(async ({ api, out }, id: string) => {
        const found = await api().readGroup(id);
        out.result(found, () => describe(out, found));
        return EXIT.ok;
      }),
    );
  group
    .command('put <id> [users...]')
    .description('set all members of a group, by user id')
    .option('--name <name>', 'name to show (default: the one it has)')
    .action(run(put));
}

const describe = (out: CommandContext['out'], group: Group): string =>
  out.fields([
    ['group', group.id],
    ['name', group.name],
    ['members', group.members.length === 0 ? 'nobody' : group.members.join(', ')],
  ]);

async function list({ api, out }: CommandContext): Promise<number> {
  const page = await api().listGroups();
  out.result(page, () =>
    page.items.length === 0
      ? 'No groups.'
      : out.table(
          ['GROUP', 'NAME', 'MEMBERS'],
          page.items.map((group) => [group.id, group.name, group.members.join(', ')]),
        ),
  );
  return EXIT.ok;
}

async function put(
  { api, out }: CommandContext,
  id: string,
  users: readonly string[],
  options: { readonly name?: string },
): Promise<number> {
  const members = users.reduce<readonly string[]>((before, text) => collect(text, before), []);
  const stored = await api().putGroup(id, {
    members,
    ...(options.name === undefined ? {} : { name: options.name }),
  });
  out.result(stored, () => describe(out, stored));
  return EXIT.ok;
}
