import type { CliDeps } from '../../src/cli/cli-deps';
import { createReceiptVerifier } from '../../src/evidence/receipt-verifier';
import { runCli } from '../../src/cli/run-cli';

export interface Captured {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const unexpected = (name: string) => () =>
  Promise.reject(new Error(`${name} was called unexpectedly`));

/** Everything the composition root would hand in; what a test does not replace must not be called. */
export function fakeDeps(replaced: Partial<CliDeps> = {}): CliDeps {
  return {
    version: '9.8.7',
    start: unexpected('start'),
    demo: unexpected('demo'),
    killOutOfBand: unexpected('killOutOfBand'),
    verifyOffline: unexpected('verifyOffline'),
    receiptVerifier: createReceiptVerifier,
    lintPolicy: () => ({ problems: [], warnings: [] }),
    lintChain: () => ({ problems: [], warnings: [] }),
    stdout: { write: () => true },
    stderr: { write: () => true },
    env: { COUNTERSIGN_DATA_DIR: '/nonexistent/countersign-data' },
    isTty: { stdout: false, stderr: false },
    fetch,
    onInterrupt: () => () => undefined,
    ...replaced,
  };
}

/** Runs one command line and returns what it wrote and its exit code. */
export async function runCaptured(
  argv: readonly string[],
  replaced: Partial<CliDeps> = {},
): Promise<Captured> {
  let stdout = '';
  let stderr = '';
  const exitCode = await runCli(
    argv,
    fakeDeps({
      ...replaced,
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
    }),
  );
  return { exitCode, stdout, stderr };
}
