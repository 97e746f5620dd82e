import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly ok: boolean;
  /** Standard output and standard error as they came, at most the last 8,000 characters. */
  readonly output: string;
}

export interface CommandOptions {
  readonly env: Record<string, string>;
  readonly cwd?: string;
  readonly limitMs: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly signal?: AbortSignal | undefined;
}

const OUTPUT_LIMIT = 8_000;

/** Runs a program to its end without a shell. Never throws: a missing program is a failed result. */
export function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const { limitMs, ...spawnOptions } = options;
    let output = '';
    const add = (text: string): void => {
      output = (output + text).slice(-OUTPUT_LIMIT);
    };
    const child = spawn(program, args, { ...spawnOptions, stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => {
      add(`\nstopped after ${limitMs / 1000} s`);
      child.kill('SIGKILL');
    }, limitMs);
    child.stdout.setEncoding('utf8').on('data', add);
    child.stderr.setEncoding('utf8').on('data', add);
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ ok: false, output: error.message });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ ok: code === 0, output: output.trim() });
    });
  });
}
