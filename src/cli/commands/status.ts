import type { Command } from 'commander';
import type { Json } from '../../core/json';
import type { Run } from '../command-context';
import { EXIT } from '../exit-codes';
import type { Cell, Output } from '../output';

export function registerStatus(program: Command, run: Run): void {
  program
    .command('status')
    .description('show whether the server is ready, and the state of its parts')
    .action(
      run(async ({ api, out }) => {
        const client = api();
        const { ready, dependencies = {} } = await client.readiness();
        // Without its database the server knows nobody, so it says no more than what is missing.
        const status = ready ? await client.status() : {};
        out.result({ ready, url: client.baseUrl, dependencies, ...status }, () =>
          out.fields([
            ['ready', readyCell(out, ready)],
            ['url', client.baseUrl],
            ...Object.entries(dependencies).map(
              ([name, each]) => [name, readyCell(out, each.ready, each.detail)] as const,
            ),
            ...flatten('', status),
          ]),
        );
        return ready ? EXIT.ok : EXIT.unavailable;
      }),
    );
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
