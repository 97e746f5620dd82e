import type { Command } from 'commander';
import { ApiProblem } from '../api-problem';
import type { ApiClient } from '../api-client';
import type { Json } from '../../core/json';
import type { Run } from '../command-context';
import { EXIT } from '../exit-codes';
import type { Cell, Output } from '../output';
import type { KillSwitchView } from '../resources';
import { scopeText } from './kill';

export function registerStatus(program: Command, run: Run): void {
  program
    .command('status')
    .description(
      'show whether the server is ready, the state of its parts and the kill switches engaged',
    )
    .action(
      run(async ({ api, out }) => {
        const client = api();
        const { ready, dependencies = {} } = await client.readiness();
        // Without its database the server knows nobody, so it says no more than what is missing.
        const [status, killSwitches] = ready
          ? await Promise.all([client.status(), engagedSwitches(client)])
          : [{}, undefined];
        const controls = killSwitches === undefined ? {} : { killSwitches };
        out.result({ ready, url: client.baseUrl, dependencies, ...status, ...controls }, () =>
          out.fields([
            ['ready', readyCell(out, ready)],
            ['url', client.baseUrl],
            ...Object.entries(dependencies).map(
              ([name, each]) => [name, readyCell(out, each.ready, each.detail)] as const,
            ),
            ...flatten('', status),
            ...(killSwitches === undefined ? [] : killRows(out, killSwitches)),
          ]),
        );
        return ready ? EXIT.ok : EXIT.unavailable;
      }),
    );
}

/** Those that stop something now; undefined for a credential that may not read them. */
async function engagedSwitches(client: ApiClient): Promise<readonly KillSwitchView[] | undefined> {
  try {
    return (await client.listKillSwitches()).items.filter(({ active }) => active);
  } catch (error) {
    if (error instanceof ApiProblem && error.httpStatus === 403) return undefined;
    throw error;
  }
}

function killRows(
  out: Output,
  engaged: readonly KillSwitchView[],
): readonly (readonly [string, Cell])[] {
  if (engaged.length === 0) return [['kill switches', 'none engaged']];
  return engaged.map(({ id, scope, target, severity, reason }) => [
    'kill switch',
    { text: `${scopeText(scope, target)}: ${reason} (${severity}, ${id})`, paint: out.colors.red },
  ]);
}

function readyCell(out: Output, ready: boolean, detail?: string): Cell {
  const text = `${ready ? 'yes' : 'no'}${detail === undefined ? '' : ` (${detail})`}`;
  return { text, paint: ready ? out.colors.green : out.colors.red };
}

/** One line per leaf, named by its path. */
function flatten(prefix: string, value: Json): (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[prefix, String(value)]];
  if (Array.isArray(value)) return [[prefix, value.map(String).join(', ')]];
  return Object.entries(value).flatMap(([key, member]) =>
    flatten(prefix === '' ? key : `${prefix} ${key}`, member),
  );
}
