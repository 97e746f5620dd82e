import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { EXIT_MEANINGS } from '../../src/cli/exit-codes';
import { buildProgram } from '../../src/cli/run-cli';
import { fakeDeps, runCaptured } from './run-captured';

const guide = readFileSync(path.join(__dirname, '../../docs/cli.md'), 'utf8');
const program = buildProgram(fakeDeps(), () => undefined);

/** Heading of each command that does something, with its options. */
function commandsOf(parent: Command, prefix: string): (readonly [string, readonly string[]])[] {
  return parent.commands.flatMap((command) => {
    const words = [
      `${prefix} ${command.name()}`,
      ...command.registeredArguments.map((argument) => {
        const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
        return argument.required ? `<${name}>` : `[${name}]`;
      }),
    ];
    const acts = command.commands.length === 0 || command.options.length > 0;
    const own = [words.join(' '), command.options.map((option) => option.flags)] as const;
    return [...(acts ? [own] : []), ...commandsOf(command, `${prefix} ${command.name()}`)];
  });
}

const commands = commandsOf(program, 'countersign');
const sections = new Map(
  guide
    .split(/^### /m)
    .slice(1)
    .map((section) => [/^`([^`]+)`/.exec(section)?.[1] ?? section, section] as const),
);
const firstCells = (section: string): string[] =>
  [...section.matchAll(/^\| `(-[^`]+)` +\|/gm)].map((match) => match[1] ?? '');

describe('docs/cli.md', () => {
  it('lists exactly the commands', () => {
    expect([...sections.keys()]).toEqual(commands.map(([heading]) => heading));
  });

  it.each(commands)('lists exactly the options of %s', (heading, flags) => {
    expect(firstCells(sections.get(heading) ?? '').sort()).toEqual([...flags].sort());
  });

  it('lists exactly the options of every command', () => {
    const common = program.options
      .map((option) => option.flags)
      .filter((flags) => !flags.includes('--version'));
    const before = guide.slice(0, guide.indexOf('## Exit codes'));
    expect(firstCells(before).sort()).toEqual([...common, '-h, --help'].sort());
  });

  it('lists exactly the exit codes, as --help does', async () => {
    const start = guide.indexOf('## Exit codes');
    const table = guide.slice(start, guide.indexOf('## Commands'));
    const rows = [...table.matchAll(/^\| (\d+) +\| (.+?) +\|$/gm)].map((row) => [
      Number(row[1]),
      row[2],
    ]);
    expect(rows).toEqual(EXIT_MEANINGS.map((each) => [...each]));
    const help = await runCaptured(['--help']);
    expect(help.exitCode).toBe(0);
    for (const [code, meaning] of EXIT_MEANINGS)
      expect(help.stdout).toMatch(new RegExp(`^ +${String(code)} +${meaning}$`, 'm'));
  });
});

describe('the command line itself', () => {
  it.each([
    [['--version'], 0, '9.8.7\n'],
    [['help', 'kill'], 0, 'Usage: countersign kill'],
    [['policy', 'lint', '--help'], 0, 'Usage: countersign policy lint'],
  ])('answers %j on stdout', async (line, exitCode, shown) => {
    const run = await runCaptured(line);
    expect(run.exitCode).toBe(exitCode);
    expect(run.stdout).toContain(shown);
  });

  it.each([
    [[]],
    [['executions']],
    [['nonsense']],
    [['status', '--nonsense']],
    [['status', 'extra']],
    [['executions', 'show']],
  ])('refuses %j with exit code 2 and help on stderr', async (line) => {
    const run = await runCaptured(line);
    expect(run.exitCode).toBe(2);
    expect(run.stdout).toBe('');
    expect(run.stderr).not.toBe('');
  });

  it('turns colours on only for a terminal without NO_COLOR and --no-color', async () => {
    const escape = '\u001b[';
    const tty = {
      isTty: { stdout: true, stderr: true },
      lintPolicy: () => ({ problems: [], warnings: [] }),
    };
    const line = ['policy', 'lint', __filename];
    expect((await runCaptured(line, tty)).stdout).toContain(escape);
    expect((await runCaptured([...line, '--no-color'], tty)).stdout).not.toContain(escape);
    expect((await runCaptured(line, { ...tty, env: { NO_COLOR: '1' } })).stdout).not.toContain(
      escape,
    );
    expect(
      (await runCaptured(line, { ...tty, isTty: { stdout: false, stderr: true } })).stdout,
    ).not.toContain(escape);
  });
});
