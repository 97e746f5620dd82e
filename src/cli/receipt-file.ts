import { readFileSync } from 'node:fs';
import { receiptBody, receiptFile } from '../contract/receipts';
import { canonicalJson } from '../core/audit/canonical-json';
import { receiptStateOf, type ReceiptCheck } from '../core/audit/receipt-check';
import {
  type ReceiptFile,
  type ReceiptJudgement,
  type ReceiptVerifier,
  verifyReceipt,
} from '../core/audit/verify-receipt';
import type { Json } from '../core/json';
import { UsageError } from './api-problem';
import { inertJson } from './inert-text';

const FILE_BYTES_MAX = 4 * 1_048_576;

/** A receipt as `receipt get` writes it. */
export const receiptText = (receipt: object): string => `${inertJson(receipt)}\n`;

/** Bytes of a file the user named. Throws UsageError. */
export function readReceiptBytes(file: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new UsageError(
      `Cannot read ${file} (${String((error as { readonly code?: unknown }).code)}).`,
      'Check the name and the permissions of the file.',
    );
  }
  if (bytes.length <= FILE_BYTES_MAX) return bytes;
  throw new UsageError(
    `${file} holds ${String(bytes.length)} bytes, more than any receipt.`,
    'Name a file that holds one receipt.',
  );
}

/**
 * Judges the bytes of a receipt file, offline: the JSON that `receipt get` writes or the API sends, or the
 * bare JWS. Every byte counts: JSON that says the same in other writing is INVALID too, because one reader
 * might take from it what another does not. Never throws on what the file holds.
 */
export function judgeReceiptBytes(
  bytes: Uint8Array,
  verifier: ReceiptVerifier,
  args?: Json,
): ReceiptJudgement {
  const read = parseReceipt(bytes);
  if (typeof read === 'string') {
    return { state: 'INVALID', checks: [{ name: 'form', result: 'bad', message: read }] };
  }
  const judged = verifyReceipt(read.file, {
    ...verifier,
    readBody: (value) => {
      const body = receiptBody.safeParse(value);
      return body.success ? body.data : undefined;
    },
    ...(args === undefined ? {} : { args }),
  });
  const checks: readonly ReceiptCheck[] = read.faithful
    ? judged.checks
    : [{ name: 'form', result: 'bad', message: OTHER_WRITING }, ...judged.checks];
  return { ...judged, state: receiptStateOf(checks), checks };
}

const OTHER_WRITING =
  'it is not written as the product writes it; get it again, or verify the JWS in "receipt" alone';

/** The receipt with whether it is written as the product writes it, or why it is none. */
function parseReceipt(
  bytes: Uint8Array,
): { readonly file: ReceiptFile; readonly faithful: boolean } | string {
  const text = utf8TextOf(bytes);
  if (text === undefined) return 'it is not UTF-8 text';
  if (/^[A-Za-z0-9_-]+\.[^\s]*\n?$/.test(text)) {
    return { file: { receipt: text.replace(/\n$/, '') }, faithful: true };
  }
  const value = jsonOf(text);
  if (value === undefined) return 'it is neither JSON nor a JWS';
  const file = receiptFile.safeParse(value);
  if (!file.success) {
    const [issue] = file.error.issues;
    const at = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    return `it does not have the members of a receipt: ${at}${issue?.message ?? ''}`;
  }
  const written = text.endsWith('\n') ? text.slice(0, -1) : text;
  const faithful = written === JSON.stringify(value) || written === inertJson(value);
  return { file: file.data, faithful };
}

function utf8TextOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Undefined also for JSON nested deeper than its canonical form allows. */
function jsonOf(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    canonicalJson(value);
    return value;
  } catch {
    return undefined;
  }
}
