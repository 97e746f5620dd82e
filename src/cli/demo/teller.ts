import { performance } from 'node:perf_hooks';
import pc from 'picocolors';
import { inertText } from '../inert-text';
import type { TextSink } from '../output';

/** Prints a story: numbered steps, the lines said in each, and a summary. */
export interface StoryTeller {
  open(line: string): void;
  /** Runs one step and prints what it says; a step that throws stays unfinished for `fail`. */
  step<Result>(
    title: string,
    play: (say: (line: string) => void) => Promise<Result>,
  ): Promise<Result>;
  fail(lines: readonly string[]): void;
  /** Rows without a value are left out. */
  close(rows: readonly (readonly [string, string | undefined])[]): void;
}

export function createStoryTeller(out: {
  readonly sink: TextSink;
  readonly color: boolean;
}): StoryTeller {
  const colors = pc.createColors(out.color);
  const startedAt = performance.now();
  const seconds = (sinceMs: number): string =>
    `${((performance.now() - sinceMs) / 1_000).toFixed(1)} s`;
  const line = (text = ''): void => {
    out.sink.write(`${text}\n`);
  };
  const told: { readonly title: string; readonly took: string }[] = [];
  return {
    open: (text) => {
      line();
      line(colors.bold(inertText(text)));
    },
    step: async (title, play) => {
      const stepStartedAt = performance.now();
      line();
      line(`${colors.cyan(`${String(told.length + 1)}.`)} ${colors.bold(title)}`);
      const result = await play((text) => {
        line(`   ${inertText(text)}`);
      });
      const took = seconds(stepStartedAt);
      told.push({ title, took });
      line(`   ${colors.green('✓ as expected')} ${colors.dim(`(${took})`)}`);
      return result;
    },
    fail: (lines) => {
      line(`   ${colors.red('✗ not as expected')}`);
      for (const text of lines) line(`     ${inertText(text)}`);
    },
    close: (rows) => {
      line();
      line(
        colors.bold(`All ${String(told.length)} steps went as expected in ${seconds(startedAt)}.`),
      );
      const width = Math.max(...rows.map(([name]) => name.length));
      for (const [name, value] of rows)
        if (value !== undefined) line(`  ${colors.dim(name.padEnd(width))}  ${inertText(value)}`);
      line();
    },
  };
}
