import type { ErrorCode } from '../errors';
import type { ExecutionRecord } from './settle';
import type { ExecutionState } from './state';

/** What an event came to, for whoever sent it. A refusal is an answer, never an exception. */
export type Answer =
  | { readonly kind: 'ok'; readonly repeated: boolean }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly why: string };

/** An event judged against a settled state. */
export interface Judged {
  readonly state: ExecutionState;
  readonly records: readonly ExecutionRecord[];
  readonly answer: Answer;
}

export const OK: Answer = { kind: 'ok', repeated: false };
export const REPEATED: Answer = { kind: 'ok', repeated: true };

export const refuse = (code: ErrorCode, why: string): Answer => ({ kind: 'refused', code, why });

/** Nothing moves; the answer says why. */
export const stay = (state: ExecutionState, answer: Answer): Judged => ({
  state,
  records: [],
  answer,
});

const CODES = {
  killed: 'kill_switch_active',
  expired: 'expired',
  cancelled: 'cancelled',
  rejected: 'rejected',
} as const satisfies Readonly<Record<string, ErrorCode>>;

/** How the execution ended: what voided its run, else what closed its approval. */
export const endOf = (state: ExecutionState) =>
  state.run.kind === 'void' ? state.run : state.closing;

/** The refusal that tells a late asker what became of the execution. */
export function whyClosed(state: ExecutionState): Answer {
  const end = endOf(state);
  const by = end?.by === undefined ? '' : ` (${end.by})`;
  const why = `${end?.reason ?? 'It has ended'}${by}.`;
  if (end?.reasonCode === 'basis_changed') return refuse('basis_changed', why);
  const cause = state.run.kind === 'void' ? state.run.cause : state.verdict;
  const code = Object.hasOwn(CODES, cause)
    ? CODES[cause as keyof typeof CODES]
    : 'policy_violation';
  return refuse(code, why);
}
