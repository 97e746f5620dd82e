import type { Command } from 'commander';
import { UsageError } from '../api-problem';
import { JSON_LIMITS, parseGuardedJson } from '../../contract/json-guard';
import { readText } from '../argument-parsers';
import type { CommandContext, Run } from '../command-context';
import { EXIT } from '../exit-codes';
import type { OnCallSchedule, ShiftBody } from '../resources';

const EXAMPLE = 'alice=2026-03-02T09:00:00Z/2026-03-09T09:00:00Z';

/** On-call schedules that chains name. */
export function registerOnCall(program: Command, run: Run): void {
  const group = program.command('on-call').description('on-call schedules that chains name');
  group.command('list').description('list schedules and who is on call now').action(run(list));
  group
    .command('show <schedule>')
    .description('show the shifts of a schedule')
    .action(
      run(async ({ api, out }, schedule: string) => {
        const found = await api().readOnCall(schedule);
        out.result(found, () => describe(out, found));
        return EXIT.ok;
      }),
    );
  group
    .command('put <schedule> [shifts...]')
    .description(`set all shifts of a schedule, e.g. ${EXAMPLE}`)
    .option('--file <file>', 'read them from a JSON file: [{"user","from","to"}]')
    .action(run(put));
}

const describe = (out: CommandContext['out'], found: OnCallSchedule): string =>
  [
    out.fields([
      ['schedule', found.schedule],
      ['on call now', names(found)],
    ]),
    ...(found.shifts.length === 0
      ? []
      : [
          out.table(
            ['USER', 'FROM', 'TO'],
            found.shifts.map((shift) => [shift.user, shift.from, shift.to]),
          ),
        ]),
  ].join('\n\n');

const names = ({ onCallNow }: OnCallSchedule): string =>
  onCallNow.length === 0 ? 'nobody' : onCallNow.join(', ');

async function list({ api, out }: CommandContext): Promise<number> {
  const page = await api().listOnCall();
  out.result(page, () =>
    page.items.length === 0
      ? 'No on-call schedules.'
      : out.table(
          ['SCHEDULE', 'SHIFTS', 'ON CALL NOW'],
          page.items.map((each) => [each.schedule, String(each.shifts.length), names(each)]),
        ),
  );
  return EXIT.ok;
}

async function put(
  { api, out }: CommandContext,
  schedule: string,
  shifts: readonly string[],
  options: { readonly file?: string },
): Promise<number> {
  if (options.file !== undefined && shifts.length > 0)
    throw new UsageError('Give the shifts either as arguments or with --file.', `E.g. ${EXAMPLE}`);
  const stored = await api().putOnCall(
    schedule,
    options.file === undefined ? shifts.map(shiftOf) : shiftsOf(options.file),
  );
  out.result(stored, () => describe(out, stored));
  return EXIT.ok;
}

/** `user=from/to`, ISO 8601; whether they are times is for the server to say. */
function shiftOf(text: string): ShiftBody {
  const [, user, from, to] = /^([^=]+)=([^/]+)\/([^/]+)$/.exec(text) ?? [];
  if (user !== undefined && from !== undefined && to !== undefined) return { user, from, to };
  throw new UsageError(`"${text}" is no shift.`, `Write user=from/to, e.g. ${EXAMPLE}`);
}

function shiftsOf(file: string): readonly ShiftBody[] {
  const value = parseGuardedJson(readText(file), { ...JSON_LIMITS, maxKeys: 2_000 });
  if (Array.isArray(value)) return value as readonly ShiftBody[];
  throw new UsageError(
    `${file} holds no list of shifts.`,
    'Write [{"user":"alice","from":"2026-03-02T09:00:00Z","to":"2026-03-09T09:00:00Z"}].',
  );
}
