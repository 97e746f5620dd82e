export const RECEIPT_STATES = ['INVALID', 'UNVERIFIABLE', 'VALID'] as const;
export type ReceiptState = (typeof RECEIPT_STATES)[number];

export interface ReceiptCheck {
  readonly name: 'form' | 'signature' | 'body' | 'salt' | 'arguments' | 'checkpoint' | 'inclusion';
  /** `bad` makes the receipt INVALID, `unknown` UNVERIFIABLE; `absent` is nothing to check. */
  readonly result: 'ok' | 'bad' | 'unknown' | 'absent';
  readonly message: string;
}

/** The worst of all checks: one bad part makes the whole receipt INVALID. */
export function receiptStateOf(checks: readonly ReceiptCheck[]): ReceiptState {
  if (checks.some(({ result }) => result === 'bad')) return 'INVALID';
  return checks.some(({ result }) => result === 'unknown') ? 'UNVERIFIABLE' : 'VALID';
}
