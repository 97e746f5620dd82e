import { transformFileSync } from '@swc/core';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { scratchFolder } from './scratch-folder';

const SOURCE = resolve(__dirname, '../../src/embedded');

/** Translates src/embedded into a folder that plain Node can run; returns the folder. */
export function compiledEmbedded(): string {
  const folder = join(scratchFolder(), 'embedded');
  mkdirSync(folder);
  for (const name of readdirSync(SOURCE)) {
    const { code } = transformFileSync(join(SOURCE, name), {
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'commonjs' },
    });
    writeFileSync(join(folder, name.replace(/\.ts$/, '.js')), code);
  }
  return folder;
}

/** What a parent process prints once its stack is up. */
export interface ParentReport {
  readonly adminUrl?: string;
  readonly temporalAddress?: string;
  readonly temporalUiUrl?: string;
  readonly pids: { readonly postgres?: number; readonly temporal?: number };
}

/** A process of its own that runs the stack, to be killed the hard way. */
export async function startParent(
  compiled: string,
  options: object,
): Promise<{ readonly child: ChildProcess; readonly report: ParentReport }> {
  const script = `
    const { startEmbeddedStack } = require(${JSON.stringify(join(compiled, 'embedded-stack.js'))});
    startEmbeddedStack({ ...${JSON.stringify(options)}, log: () => {} }).then((stack) => {
      console.log(JSON.stringify({ ...stack, pids: stack.pids() }));
      setInterval(() => {}, 1000);
    });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    return { child, report: JSON.parse(line) as ParentReport };
  }
  throw new Error('the parent ended before its stack was up');
}

/** A process that starts the stack, stops it and has nothing else to do; resolves to what it prints. */
export async function startAndStop(compiled: string, options: object): Promise<string> {
  const script = `
    const { startEmbeddedStack } = require(${JSON.stringify(join(compiled, 'embedded-stack.js'))});
    startEmbeddedStack({ ...${JSON.stringify(options)}, log: ({ msg }) => console.log(msg) })
      .then((stack) => stack.stop())
      .then(() => console.log('stopped'));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
  return stdout;
}
