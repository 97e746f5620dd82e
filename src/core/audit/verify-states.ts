/** From worst to best: a log with several kinds of break has the first state that applies. */
export const VERIFY_STATES = [
  'TAMPERED',
  'GAP',
  'TRUNCATED',
  'UNVERIFIABLE',
  'PRUNED',
  'VALID',
] as const;
export type VerifyState = (typeof VERIFY_STATES)[number];

/** Exit codes of `countersign audit verify`. */
export const VERIFY_EXIT_CODES = {
  VALID: 0,
  TAMPERED: 10,
  TRUNCATED: 11,
  GAP: 12,
  PRUNED: 13,
  UNVERIFIABLE: 20,
} as const satisfies Readonly<Record<VerifyState, number>>;

/** Every kind of break with the state it proves. */
const BREAK_STATES = {
  row_order: 'TAMPERED',
  header_malformed: 'TAMPERED',
  header_log: 'TAMPERED',
  header_seq: 'TAMPERED',
  header_ts: 'TAMPERED',
  header_id: 'TAMPERED',
  header_type: 'TAMPERED',
  link: 'TAMPERED',
  time_backwards: 'TAMPERED',
  leaf_hash: 'TAMPERED',
  body_missing: 'TAMPERED',
  body_digest: 'TAMPERED',
  body_content: 'TAMPERED',
  index_column: 'TAMPERED',
  payload: 'TAMPERED',
  root_mismatch: 'TAMPERED',
  head_mismatch: 'TAMPERED',
  checkpoint_malformed: 'TAMPERED',
  checkpoint_origin: 'TAMPERED',
  signature_bad: 'TAMPERED',
  missing_rows: 'GAP',
  tail_missing: 'TRUNCATED',
  key_unknown: 'UNVERIFIABLE',
  checkpoint_late: 'UNVERIFIABLE',
} as const satisfies Readonly<Record<string, VerifyState>>;

export type BreakKind = keyof typeof BREAK_STATES;

export interface ChainBreak {
  /** The row it was found at; the size of the checkpoint for breaks of checkpoints. */
  readonly seq: number;
  readonly kind: BreakKind;
  readonly message: string;
}

/** A result lists this many breaks at most; all of them are counted. */
export const BREAKS_LISTED_MAX = 1_000;

export interface BreakLog {
  readonly add: (seq: number, kind: BreakKind, message: string) => void;
  readonly state: () => VerifyState;
  readonly count: () => number;
  readonly listed: () => readonly ChainBreak[];
}

/** Collects breaks in bounded memory; the state covers those no longer listed too. */
export function createBreakLog(unbroken: 'VALID' | 'PRUNED'): BreakLog {
  const listed: ChainBreak[] = [];
  let state: VerifyState = unbroken;
  let count = 0;
  return {
    add(seq, kind, message) {
      count += 1;
      state = worse(state, BREAK_STATES[kind]);
      if (listed.length < BREAKS_LISTED_MAX) listed.push({ seq, kind, message });
    },
    state: () => state,
    count: () => count,
    listed: () => listed.slice(),
  };
}

const worse = (left: VerifyState, right: VerifyState): VerifyState =>
  VERIFY_STATES.indexOf(left) <= VERIFY_STATES.indexOf(right) ? left : right;
