import type { ReceiptVerifier } from '../../core/audit/verify-receipt';
import type { ExecutionView } from '../../core/execution/view';
import { inert } from '../inert-text';
import { judgeReceiptBytes, receiptText } from '../receipt-file';
import type { Cast } from './cast';
import { expect, StoryMismatch } from './expectations';
import type { StoryTeller } from './teller';

export interface ReceiptParts {
  /** Text of the key set that the server publishes. */
  readonly publishedKeys: () => Promise<string>;
  readonly receiptVerifier: (keysText: string) => ReceiptVerifier | undefined;
}

const PROOF_WAIT_MS = 20_000;

export async function verifyReceiptOffline(
  cast: Cast,
  parts: ReceiptParts,
  teller: StoryTeller,
  approved: ExecutionView,
): Promise<void> {
  await teller.step('The receipt', async (say) => {
    const wait = { wait: 'proof', waitMs: PROOF_WAIT_MS } as const;
    const receipt = await cast.bot.readReceipt(approved.executionId, wait);
    const verifier = parts.receiptVerifier(await parts.publishedKeys());
    if (verifier === undefined) throw new StoryMismatch('The server publishes no usable key.');
    say('The agent keeps the signed receipt. From here on nothing asks the server:');
    const bytes = Buffer.from(receiptText(receipt), 'utf8');
    const judged = judgeReceiptBytes(bytes, verifier, { order_id: '4711', amount: 450 });
    expect('the state of the receipt', judged.state, 'VALID');
    const proven = judged.checks.some(
      ({ name, result }) => name === 'inclusion' && result === 'ok',
    );
    expect('whether the audit log proves it', proven, true);
    const vote = judged.body?.approval?.votes.at(-1);
    expect('who the receipt names', vote?.by, 'user:carol');
    expect('where she voted', vote?.surface, 'slack');
    say(
      inert`VALID: ${vote?.by} said ${vote?.verdict} in ${vote?.surface} at level ${vote?.level},`,
    );
    say(inert`  to the text with digest ${vote?.displayDigest?.slice(0, 16)}…`);
    const changed = Uint8Array.from(bytes);
    changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
    expect('the state of a changed copy', judgeReceiptBytes(changed, verifier).state, 'INVALID');
    say('With one byte changed: INVALID.');
  });
}
