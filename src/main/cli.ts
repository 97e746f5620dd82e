#!/usr/bin/env node
import { runCli } from '../cli/run-cli';
import { loadChain } from '../contract/chains/load';
import { loadPolicy } from '../contract/policy/load';
import { createReceiptVerifier } from '../evidence/receipt-verifier';
import { createRegexCompiler } from '../facts/regex-compiler';
import { createZoneClock } from '../facts/zone-clock';
import { createLogger } from '../observability/logger';
import { VERSION } from './assets';
import { runChannels } from './channels-process';
import { runDemo } from './demo';
import { killOutOfBand, verifyOffline } from './out-of-band';
import { runMigrate, runSeparate } from './separate-processes';
import { runStart } from './start';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of a pipe has gone; there is nobody left to tell.
    if (error.code === 'EPIPE') process.exit(0);
  });
  const logger = createLogger({ level: 'warn', destination: process.stderr });
  process.exitCode = await runCli(process.argv.slice(2), {
    version: VERSION,
    start: (options) => runStart(options, process.env, say),
    demo: (options) => runDemo(options, process.env, process.stdout),
    api: (options) => runSeparate('api', { ...options, reset: false }, process.env, say),
    worker: (options) => runSeparate('worker', { ...options, reset: false }, process.env, say),
    channels: (options) => runChannels({ ...options, reset: false }, process.env, say),
    migrate: (options) => runMigrate({ ...options, reset: false }, process.env, say),
    killOutOfBand: (options) => killOutOfBand(options, process.env, logger),
    verifyOffline: (options) => verifyOffline(options, process.env),
    receiptVerifier: createReceiptVerifier,
    lintPolicy: (text, id) => {
      const loaded = loadPolicy(text, {
        id,
        bundleDefault: 'deny',
        lists: 'any',
        chains: 'any',
        compilers: { regex: createRegexCompiler(), zones: createZoneClock() },
      });
      return loaded.ok
        ? { problems: [], warnings: loaded.warnings }
        : { problems: loaded.problems, warnings: [] };
    },
    lintChain: (text) => {
      const loaded = loadChain(text, {
        lists: 'any',
        compilers: { regex: createRegexCompiler(), zones: createZoneClock() },
      });
      return loaded.ok
        ? { problems: [], warnings: loaded.warnings }
        : { problems: loaded.problems, warnings: [] };
    },
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    isTty: { stdout: process.stdout.isTTY, stderr: process.stderr.isTTY },
    fetch,
    onInterrupt: (handler) => {
      process.once('SIGINT', handler);
      return () => process.off('SIGINT', handler);
    },
  });
}

void main();
