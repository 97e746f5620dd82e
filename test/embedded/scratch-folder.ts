import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedLogEvent } from '../../src/embedded/service';

export const IS_ROOT = process.getuid?.() === 0;

const made: string[] = [];

/** A folder of its own under the temporary directory; `removeScratchFolders` deletes it. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'cs-emb-'));
  chmodSync(folder, 0o755);
  made.push(folder);
  return folder;
}

export function removeScratchFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A log that keeps its lines. */
export function recordingLog(): {
  readonly lines: string[];
  readonly log: (event: EmbeddedLogEvent) => void;
} {
  const lines: string[] = [];
  return { lines, log: ({ level, msg }) => void lines.push(`${level}: ${msg}`) };
}

/** Waits until the condition holds, or throws after the limit. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<void> {
  const until = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > until) throw new Error(`not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
