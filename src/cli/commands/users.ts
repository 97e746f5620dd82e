import { type Command, Option } from 'commander';
import { ROLES, type Role } from '../../core/access/permissions';
import { collect } from '../argument-parsers';
import { UsageError } from '../api-problem';
import type { CommandContext, Run } from '../command-context';
import { EXIT } from '../exit-codes';
import { inert } from '../inert-text';
import { registerUserSlack } from './channels';

interface CreateOptions {
  readonly email: string;
  readonly name?: string;
  readonly role: readonly string[];
  readonly approverRole: readonly string[];
  readonly manager?: string;
}

export function registerUsers(program: Command, run: Run): void {
  const group = program.command('users').description('people and their keys');
  group
    .command('create <id>')
    .description('create a user')
    .requiredOption('--email <address>', 'e-mail address')
    .option('--name <name>', 'name to show (default: the id)')
    .addOption(
      new Option('--role <role>', `${ROLES.join(', ')}; repeatable or joined by commas`)
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option('--approver-role <role>', 'role in approvals, e.g. support-manager; repeatable')
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--manager <user>', 'whom chains ask as the manager of this user')
    .action(run(create));
  group.command('list').description('list users').action(run(list));
  group
    .command('key <id>')
    .description('make an API key for a user; it is shown once')
    .option('--label <text>', 'what the key is for')
    .action(
      run(async ({ api, out }, id: string, options: { readonly label?: string }) => {
        const issued = await api().issueUserKey(id, options);
        out.result(issued, () =>
          out.fields([
            ['key id', issued.id],
            ['key', issued.key],
          ]),
        );
        out.note(inert`Keep the key now: it is not shown again.`);
        return EXIT.ok;
      }),
    );
  registerUserSlack(group, run);
}

async function create(
  { api, out }: CommandContext,
  id: string,
  options: CreateOptions,
): Promise<number> {
  const user = await api().createUser({
    id,
    email: options.email,
    name: options.name ?? id,
    roles: options.role.map(roleOf),
    approverRoles: options.approverRole,
    ...(options.manager === undefined ? {} : { manager: options.manager }),
  });
  out.result(user, () =>
    out.fields([
      ['user', user.id],
      ['email', user.email],
      ['roles', user.roles.join(', ')],
      ['approves as', user.approverRoles.join(', ')],
      ['manager', user.manager],
    ]),
  );
  for (const warning of user.warnings ?? []) out.note(inert`warning ${warning}`);
  if (!out.json) out.note(inert`Next: countersign users key ${user.id}`);
  return EXIT.ok;
}

async function list({ api, out }: CommandContext): Promise<number> {
  const page = await api().listUsers();
  out.result(page, () =>
    out.table(
      ['USER', 'NAME', 'EMAIL', 'ROLES', 'APPROVES AS'],
      page.items.map((user) => [
        user.id,
        user.name,
        user.email,
        user.roles.join(', '),
        user.approverRoles.join(', '),
      ]),
    ),
  );
  return EXIT.ok;
}

function roleOf(text: string): Role {
  const role = ROLES.find((known) => known.toLowerCase() === text.toLowerCase());
  if (role === undefined)
    throw new UsageError(`"${text}" is not a role.`, `Use one of ${ROLES.join(', ')}.`);
  return role;
}
