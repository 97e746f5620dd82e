import type { Command } from 'commander';
import type { Json } from '../../core/json';
import type { Run } from '../command-context';
import { EXIT } from '../exit-codes';
import type { Output } from '../output';

export function registerStatus(program: Command, run: Run): void {
  program
    .command('status')
    .description('show whether the server is ready, and the state of its parts')
    .action(
      run(async ({ api, out }) => {
        const client = api();
        const ready = await client.ready();
        const status = await client.status();
        out.result({ ready, url: client.baseUrl, ...status }, () =>
          out.fields([
            ['ready', readyCell(out, ready)],
            ['url', client.baseUrl],
            ...flatten('', status),
          ]),
        );
        return ready ? EXIT.ok : EXIT.unavailable;
      }),
    );
}

const readyCell = (out: Output, ready: boolean) =>
  ready ? { text: 'yes', paint: out.colors.green } : { text: 'no', paint: out.colors.red };

/** One line per leaf, named by its path. */
function flatten(prefix: string, value: Json): (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[prefix, String(value)]];
  if (Array.isArray(value)) return [[prefix, value.map(String).join(', ')]];
  return Object.entries(value).flatMap(([key, member]) =>
    flatten(prefix === '' ? key : `${prefix} ${key}`, member),
  );
}
