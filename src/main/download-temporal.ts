import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { TestWorkflowEnvironment } from '@temporalio/testing';

const LIMIT_MS = 120_000;

/** Lets the SDK fetch the development server. Runs apart: the SDK allows one runtime a process, and it is the server's. */
async function downloadInto(downloadDir: string): Promise<void> {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir } },
  });
  await environment.teardown();
}

/**
 * The path of the downloaded program.
 * @throws Error with the reason when the download is not possible here
 */
export async function downloadTemporal(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-temporal-'));
  const child = spawn(process.execPath, [__filename, folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: LIMIT_MS,
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString('utf8')}`.slice(-2_000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const [program] = readdirSync(folder);
  if (code !== 0 || program === undefined)
    throw new Error(
      `the SDK could not download it: ${said.trim().split('\n').at(-1) ?? 'no reason given'}`,
    );
  return join(folder, program);
}

if (require.main === module) {
  downloadInto(process.argv[2] ?? '').then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
}
