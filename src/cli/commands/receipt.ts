import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { ReceiptVerifier } from '../../core/audit/verify-receipt';
import type { Json } from '../../core/json';
import { UsageError } from '../api-problem';
import { durationMs, json, readText } from '../argument-parsers';
import type { CommandContext, Run } from '../command-context';
import { isLoopback } from '../connection';
import { EXIT, exitOfReceipt } from '../exit-codes';
import { inert } from '../inert-text';
import { judgeReceiptBytes, readReceiptBytes, receiptText } from '../receipt-file';
import { describeJudgement, describeReceipt } from '../receipt-text';

interface GetOptions {
  readonly output?: string;
  readonly wait?: 'proof';
  readonly timeout: number;
}

interface VerifyOptions {
  readonly keys: string;
  readonly args?: Json;
}

const WAIT_MAX_MS = 50_000;
const KEYS_TIMEOUT_MS = 30_000;
/** A copy may hold the salt, which is for its holder alone. */
const OWNER_ONLY = 0o600;

export function registerReceipt(program: Command, run: Run): void {
  const group = program
    .command('receipt')
    .description('get and verify signed receipts of verdicts');
  group
    .command('get <executionId>')
    .description('get the receipt of a verdict')
    .option('--output <file>', 'write it there (default: print it)')
    .addOption(new Option('--wait <what>', 'wait until the audit log proves it').choices(['proof']))
    .addOption(
      new Option('--timeout <duration>', 'with --wait: stop waiting after, e.g. 90s, 15m')
        .argParser(durationMs)
        .default(60_000, '60s'),
    )
    .action(run(get));
  group
    .command('verify <file>')
    .description('verify a receipt offline; every state has its own exit code')
    .requiredOption('--keys <keys>', 'published keys you trust: a file, or their https address')
    .addOption(
      new Option('--args <json>', 'arguments it should be of: JSON or @file').argParser(json),
    )
    .action(run(verify));
}

async function get(context: CommandContext, id: string, options: GetOptions): Promise<number> {
  const { out, deps } = context;
  const receipt = await fetchReceipt(context, id, options);
  const text = receiptText(receipt);
  if (options.output === undefined) {
    // The file itself also for people: what is redirected must verify.
    deps.stdout.write(text);
  } else {
    writeReceipt(options.output, text);
    out.result({ file: options.output, executionId: id, proof: 'proof' in receipt }, () =>
      describeReceipt(out, receipt.body),
    );
    out.note(inert`Written to ${options.output}.`);
  }
  const unproven = options.wait === 'proof' && receipt.proof === undefined;
  if (receipt.proofPending !== undefined)
    out.note(inert`Without a proof of inclusion: ${receipt.proofPending.why}`);
  return unproven ? EXIT.pending : EXIT.ok;
}

/** Asks again while the proof is missing and the patience lasts: one call waits 50 s at most. */
async function fetchReceipt(context: CommandContext, id: string, { wait, timeout }: GetOptions) {
  const api = context.api();
  if (wait === undefined) return api.readReceipt(id);
  return context.interruptible(async (signal) => {
    const until = performance.now() + timeout;
    for (;;) {
      const left = Math.round(Math.max(0, until - performance.now()));
      const waitMs = Math.min(left, WAIT_MAX_MS);
      const receipt = await api.readReceipt(id, { wait, waitMs, signal });
      if (receipt.proof !== undefined || left <= waitMs) return receipt;
    }
  });
}

function writeReceipt(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: OWNER_ONLY });
  } catch (error) {
    throw new UsageError(
      `Cannot write ${file} (${String((error as { readonly code?: unknown }).code)}).`,
      'Name a file in a folder you may write to.',
    );
  }
}

async function verify(
  context: CommandContext,
  file: string,
  options: VerifyOptions,
): Promise<number> {
  const { out } = context;
  const bytes = readReceiptBytes(file);
  const verifier = await verifierOf(context, options.keys);
  const judged = judgeReceiptBytes(bytes, verifier, options.args);
  out.result(judged, () => describeJudgement(out, judged));
  return exitOfReceipt(judged.state);
}

async function verifierOf({ deps }: CommandContext, keys: string): Promise<ReceiptVerifier> {
  const isAddress = /^https?:\/\//i.test(keys);
  const text = isAddress ? await fetchKeys(deps.fetch, keys) : readText(keys);
  const verifier = deps.receiptVerifier(text);
  if (verifier !== undefined) return verifier;
  throw new UsageError(
    `${keys} holds no key that this version can use.`,
    'Give what GET /.well-known/countersign-keys.json of the server answers.',
  );
}

/** Over an open network anybody could hand out keys of their own. */
async function fetchKeys(fetchUrl: typeof fetch, address: string): Promise<string> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol === 'http:' && !isLoopback(url.hostname)))
    throw new UsageError(
      `Keys from ${address} could be anybody's.`,
      'Give an https address, or a file that you got in a way you trust.',
    );
  const signal = AbortSignal.timeout(KEYS_TIMEOUT_MS);
  try {
    const response = await fetchUrl(url, { redirect: 'error', signal });
    if (response.ok) return await response.text();
    throw new Error(`HTTP ${String(response.status)}`);
  } catch (error) {
    throw new UsageError(
      `The keys cannot be read from ${address} (${error instanceof Error ? error.message : 'no answer'}).`,
      'Check the address, or give a file.',
    );
  }
}
