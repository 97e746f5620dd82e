import { type HmacSha256, type Sha256, bytesEqual, utf8 } from './bytes';
import { GENESIS_HASH } from './chain';
import {
  type NoteSignature,
  CHECKPOINT_KEY_NAME,
  checkpointOrigin,
  parseCheckpointNote,
} from './checkpoint';
import { type Frontier, appendLeaf, emptyFrontier, rootOf } from './merkle';
import { type RowCheck, type StoredRow, checkRow } from './verify-row';
import { type BreakLog, type ChainBreak, type VerifyState, createBreakLog } from './verify-states';

/** A tree head that was seen and believed before. */
export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/** Where a verification stands after a row: enough to go on from there later. */
export interface ChainPosition {
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly tsMs: number;
  readonly frontier: Frontier;
}

export interface VerifierOptions {
  readonly log: string;
  readonly sha256: Sha256;
  readonly hmacSha256: HmacSha256;
  readonly verifySignature: VerifySignature;
  /** The last checkpoint this verifier believed; kept outside the reach of whoever runs the log. */
  readonly trusted?: TreeHead;
  /** `full` (default) demands and checks bodies; `hashes` checks headers, links, roots alone. */
  readonly contents?: 'full' | 'hashes';
  /** Rows up to here are not read: checked by an earlier run, or declared pruned. */
  readonly start?: { readonly reason: 'resumed' | 'pruned'; readonly position: ChainPosition };
}

export type SignatureCheck = 'ok' | 'bad' | 'unknown_key';
export type VerifySignature = (
  keyId: string,
  message: Uint8Array,
  signature: Uint8Array,
) => SignatureCheck;

export interface VerifyResult {
  readonly state: VerifyState;
  /** Sequence of the last row read. */
  readonly size: number;
  /**
   * Size of the newest signed checkpoint whose tree head matched; 0 without one: then nothing shows
   * a cut tail.
   */
  readonly checkpointSize: number;
  /** That checkpoint, worth remembering as `trusted`. */
  readonly checkpoint?: TreeHead;
  /** At most BREAKS_LISTED_MAX of them. */
  readonly breaks: readonly ChainBreak[];
  readonly breakCount: number;
}

export interface Verifier {
  /** Takes the next row, in order of sequence. */
  readonly row: (row: StoredRow) => void;
  /** Takes a signed note, any time before the row after its size. */
  readonly checkpoint: (note: string) => void;
  /** Where a later run may resume; undefined once anything broke, lest that run forget it. */
  readonly position: () => ChainPosition | undefined;
  /** Judges the end of the log against checkpoints and the stored head row. Called once. */
  readonly finish: (head?: HeadRow) => VerifyResult;
}

/** The stored head of the log. */
export interface HeadRow {
  readonly seq: number;
  readonly hash: Uint8Array;
}

/**
 * A streaming verifier in constant memory. It finds every edit of rows, headers, columns, bodies
 * and links, missing rows, and, against signed checkpoints, `trusted` and the head row, a cut tail
 * or a rewritten log. A log rewritten whole together with its checkpoints is found only by
 * `trusted` or an unknown key. Never throws on what is stored.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const run = startRun(options);
  if (options.trusted) expectHead(run, { ...options.trusted, source: 'trusted' });
  return {
    row: (row) => takeRow(run, row),
    checkpoint: (note) => takeCheckpoint(run, note),
    position: () => {
      const { seq, hash, tsMs, frontier } = run;
      if (run.breaks.count() > 0 || frontier === undefined) return undefined;
      return { seq, hash, tsMs, frontier };
    },
    finish: (head) => finish(run, head),
  };
}

interface ExpectedHead extends TreeHead {
  readonly source: 'checkpoint' | 'trusted';
}

interface Run {
  readonly options: VerifierOptions;
  readonly contents: 'full' | 'hashes';
  readonly startSeq: number;
  readonly breaks: BreakLog;
  /** Tree heads of sizes not reached yet. */
  readonly expected: Map<number, readonly ExpectedHead[]>;
  seq: number;
  tsMs: number;
  hash: Uint8Array;
  /**
   * The stored leaf hash of a faulty row: when the next row links to it, that row adds no break of
   * its own.
   */
  claimedHash: Uint8Array | undefined;
  /** Undefined after a gap: no tree head can be recomputed then. */
  frontier: Frontier | undefined;
  rootBroken: boolean;
  matched: TreeHead | undefined;
}

const BEGINNING: ChainPosition = { seq: 0, hash: GENESIS_HASH, tsMs: 0, frontier: emptyFrontier };

function startRun(options: VerifierOptions): Run {
  const position = options.start?.position ?? BEGINNING;
  return {
    ...position,
    options,
    contents: options.contents ?? 'full',
    startSeq: position.seq,
    breaks: createBreakLog(options.start?.reason === 'pruned' ? 'PRUNED' : 'VALID'),
    expected: new Map(),
    claimedHash: undefined,
    rootBroken: false,
    matched: undefined,
  };
}

function takeRow(run: Run, row: StoredRow): void {
  if (!Number.isSafeInteger(row.seq) || row.seq <= run.seq) {
    const message = 'the row comes after a row of the same or a higher sequence';
    run.breaks.add(row.seq, 'row_order', message);
    return;
  }
  const isNext = row.seq === run.seq + 1;
  if (!isNext) {
    const message = `rows ${run.seq + 1} to ${row.seq - 1} are missing`;
    run.breaks.add(run.seq + 1, 'missing_rows', message);
    run.frontier = undefined;
    run.claimedHash = undefined;
  }
  const { faults, leafHash } = checkLinkedRow(run, row, isNext ? run.hash : undefined);
  for (const { kind, message } of faults) run.breaks.add(row.seq, kind, message);
  run.seq = row.seq;
  run.tsMs = Number.isFinite(row.tsMs) ? Math.max(run.tsMs, row.tsMs) : run.tsMs;
  run.hash = leafHash;
  run.claimedHash = faults.length > 0 ? row.leafHash : undefined;
  if (run.frontier) run.frontier = appendLeaf(run.frontier, leafHash, run.options.sha256);
  for (const head of run.expected.get(run.seq) ?? []) compareRoot(run, head);
  run.expected.delete(run.seq);
}

function checkLinkedRow(run: Run, row: StoredRow, hash: Uint8Array | undefined): RowCheck {
  const { log, sha256, hmacSha256 } = run.options;
  const rowOptions = { log, sha256, hmacSha256, contents: run.contents };
  const check = checkRow(row, { hash, tsMs: run.tsMs }, rowOptions);
  if (!run.claimedHash || !check.faults.some((fault) => fault.kind === 'link')) return check;
  const retried = checkRow(row, { hash: run.claimedHash, tsMs: run.tsMs }, rowOptions);
  return retried.faults.length < check.faults.length ? retried : check;
}

function takeCheckpoint(run: Run, note: string): void {
  const parsed = parseCheckpointNote(note);
  if (!parsed.ok) {
    const message = `a checkpoint is malformed: ${parsed.reason}`;
    run.breaks.add(run.seq, 'checkpoint_malformed', message);
    return;
  }
  const { size, root, origin } = parsed.checkpoint;
  const { log, verifySignature } = run.options;
  const signed = checkSignatures(parsed.text, parsed.signatures, verifySignature);
  if (signed === 'bad') {
    run.breaks.add(size, 'signature_bad', 'a signature of the checkpoint is wrong');
  } else if (signed === 'unknown_key') {
    run.breaks.add(size, 'key_unknown', 'the checkpoint is signed by unknown keys only');
  } else if (origin !== checkpointOrigin(log)) {
    run.breaks.add(size, 'checkpoint_origin', 'the checkpoint belongs to another log');
  } else {
    expectHead(run, { size, root, source: 'checkpoint' });
  }
}

function expectHead(run: Run, head: ExpectedHead): void {
  if (head.size === run.seq) {
    compareRoot(run, head);
  } else if (head.size > run.seq) {
    run.expected.set(head.size, [...(run.expected.get(head.size) ?? []), head]);
  } else if (head.size > run.startSeq) {
    const message = 'the checkpoint came after later rows than those it covers';
    run.breaks.add(head.size, 'checkpoint_late', message);
  }
}

function compareRoot(run: Run, { size, root, source }: ExpectedHead): void {
  if (run.frontier === undefined || run.rootBroken) return;
  if (bytesEqual(rootOf(run.frontier, run.options.sha256), root)) {
    if (source === 'checkpoint') run.matched = { size, root };
    return;
  }
  run.rootBroken = true; // every later tree head differs as a consequence
  const message = `rows 1 to ${size} are not those of the ${source} tree head`;
  run.breaks.add(size, 'root_mismatch', message);
}

function finish(run: Run, head: HeadRow | undefined): VerifyResult {
  for (const source of ['checkpoint', 'trusted'] as const) {
    const size = largestSize(run.expected, source);
    if (size > run.seq) {
      const message = `the ${source} tree head covers ${size} rows, ${run.seq} are there`;
      run.breaks.add(run.seq + 1, 'tail_missing', message);
    }
  }
  if (head !== undefined) judgeHead(run, head);
  return {
    state: run.breaks.state(),
    size: run.seq,
    checkpointSize: run.matched?.size ?? 0,
    ...(run.matched !== undefined && { checkpoint: run.matched }),
    breaks: run.breaks.listed(),
    breakCount: run.breaks.count(),
  };
}

function judgeHead(run: Run, head: HeadRow): void {
  const sizes = `the head row names ${head.seq} rows, ${run.seq} are there`;
  if (head.seq > run.seq) {
    run.breaks.add(run.seq + 1, 'tail_missing', sizes);
  } else if (head.seq < run.seq) {
    run.breaks.add(run.seq, 'head_mismatch', sizes);
  } else if (!bytesEqual(head.hash, run.hash)) {
    const message = 'the head row names another hash than the last row has';
    run.breaks.add(run.seq, 'head_mismatch', message);
  }
}

/**
 * Signatures under other names are witnesses' and not judged here. One good signature suffices,
 * but a wrong one of a known key is never passed over.
 */
function checkSignatures(
  text: string,
  signatures: readonly NoteSignature[],
  verifySignature: VerifySignature,
): SignatureCheck {
  const message = utf8(text);
  const checks = signatures
    .filter((signed) => signed.name === CHECKPOINT_KEY_NAME)
    .map((signed) => verifySignature(signed.keyId, message, signed.signature));
  if (checks.includes('bad')) return 'bad';
  return checks.includes('ok') ? 'ok' : 'unknown_key';
}

function largestSize(
  expected: ReadonlyMap<number, readonly ExpectedHead[]>,
  source: string,
): number {
  let largest = 0;
  for (const [size, heads] of expected) {
    if (size > largest && heads.some((head) => head.source === source)) largest = size;
  }
  return largest;
}
