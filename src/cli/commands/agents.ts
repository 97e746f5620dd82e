import { type Command, Option } from 'commander';
import { RISK_LEVELS, type RiskLevel } from '../../core/risk/model';
import { collect } from '../argument-parsers';
import type { CommandContext, Run } from '../command-context';
import { EXIT } from '../exit-codes';
import { inertText } from '../inert-text';

interface CreateOptions {
  readonly owner: string;
  readonly riskLevel: RiskLevel;
  readonly environment: string;
  readonly environments?: readonly string[];
  readonly name?: string;
  readonly model?: string;
  readonly team?: string;
  readonly tag?: readonly string[];
}

export function registerAgents(program: Command, run: Run): void {
  const group = program.command('agents').description('the registry of agents');
  group
    .command('create <id>')
    .description('register an agent; its key is shown once')
    .requiredOption('--owner <user>', 'who answers for the agent')
    .addOption(
      new Option('--risk-level <level>', 'how much harm it could do')
        .choices(RISK_LEVELS)
        .default('medium'),
    )
    .option('--environment <name>', 'where it works when a request names none', 'prod')
    .addOption(
      new Option(
        '--environments <names>',
        'everywhere it may work; repeatable or joined by commas (default: --environment)',
      ).argParser(collect),
    )
    .option('--name <name>', 'name to show')
    .option('--model <model>', 'model it runs on')
    .option('--team <team>', 'team it belongs to')
    .addOption(new Option('--tag <tag>', 'tag; repeatable or joined by commas').argParser(collect))
    .action(run(create));
  group.command('list').description('list agents').action(run(list));
}

async function create(
  { api, out }: CommandContext,
  id: string,
  options: CreateOptions,
): Promise<number> {
  const { tag, ...body } = options;
  const agent = await api().registerAgent({ id, ...body, tags: tag });
  out.result(agent, () =>
    out.fields([
      ['agent', agent.id],
      ['owner', agent.owner],
      ['risk level', agent.riskLevel],
      ['environments', agent.environments.join(', ')],
      ['key', agent.key],
    ]),
  );
  for (const warning of agent.warnings) out.note(`warning: ${inertText(warning)}`);
  out.note('Keep the key now: it is not shown again.');
  return EXIT.ok;
}

async function list({ api, out }: CommandContext): Promise<number> {
  const page = await api().listAgents();
  out.result(page, () =>
    page.items.length === 0
      ? 'No agents.'
      : out.table(
          ['AGENT', 'STATUS', 'OWNER', 'TEAM', 'RISK', 'ENVIRONMENTS', 'TAGS'],
          page.items.map((agent) => [
            agent.id,
            agent.status,
            agent.owner,
            agent.team ?? '',
            agent.riskLevel,
            agent.environments.join(', '),
            agent.tags.join(', '),
          ]),
        ),
  );
  return EXIT.ok;
}
