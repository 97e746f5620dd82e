import type { Json } from '../json';
import { type Sha256, HASH_BYTES, hexOf, utf8 } from './bytes';
import { canonicalJson } from './canonical-json';
import { type AuditEvent, type AuditIndex, auditIndexOf } from './event';

/** Where a log stands: `seq` rows are chained, `hash` is the leaf hash of the last of them. */
export interface ChainHead {
  readonly log: string;
  /** Sequence of the last row, 0 for an empty log; equals the size of the Merkle tree. */
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly lastTsMs: number;
}

/**
 * One row as stored. `leafHash` = SHA-256(0x00 ‖ header); the header holds the digest of `body`.
 */
export interface ChainRow {
  readonly seq: number;
  readonly tsMs: number;
  readonly id: string;
  readonly type: string;
  readonly header: Uint8Array;
  readonly body: Uint8Array;
  readonly leafHash: Uint8Array;
  readonly index: AuditIndex;
}

export interface HeaderFields {
  readonly log: string;
  readonly seq: number;
  readonly tsMs: number;
  readonly id: string;
  readonly type: string;
  /** SHA-256 of the body, lower-case hex. */
  readonly body: string;
  /** Leaf hash of the row before, lower-case hex; 64 zeros for the first. */
  readonly prev: string;
}

const HEADER_VERSION = 1;
export const GENESIS_HASH: Uint8Array = new Uint8Array(HASH_BYTES);

export const genesisHead = (log: string): ChainHead => ({
  log,
  seq: 0,
  hash: GENESIS_HASH,
  lastTsMs: 0,
});

/**
 * Chains events behind `head`. A row's time is never before the row's before it. Pure and without
 * failure for events made by `auditEvent`; it runs while the head row is locked, so it costs
 * microseconds an event.
 */
export function appendEvents(
  head: ChainHead,
  events: readonly AuditEvent[],
  sha256: Sha256,
): { readonly rows: readonly ChainRow[]; readonly head: ChainHead } {
  const rows: ChainRow[] = [];
  let { seq, hash, lastTsMs } = head;
  for (const event of events) {
    const body = bodyBytes(event);
    seq += 1;
    lastTsMs = Math.max(lastTsMs, event.tsMs);
    const { id, type } = event;
    const bodyHex = hexOf(sha256(body));
    const fields = { log: head.log, seq, tsMs: lastTsMs, id, type, body: bodyHex };
    const leaf = leafBytes({ ...fields, prev: hexOf(hash) });
    hash = sha256(leaf);
    rows.push({
      seq,
      tsMs: lastTsMs,
      id,
      type,
      header: headerOf(leaf),
      body,
      leafHash: hash,
      index: auditIndexOf(event),
    });
  }
  return { rows, head: { log: head.log, seq, hash, lastTsMs } };
}

/** The bytes that are digested and stored: canonical JSON of the event. */
const bodyBytes = (event: AuditEvent): Uint8Array =>
  // An event holds only JSON values; its interface lacks the index signature that JsonObject has.
  utf8(canonicalJson(event as unknown as Json));

/**
 * The bytes whose SHA-256 is the leaf hash (RFC 9162 leaf prefix 0x00, then the header). Written in
 * the fixed order that RFC 8785 gives these members, which saves the sort. Throws RangeError when
 * `tsMs` is not a time.
 */
export function leafBytes(fields: HeaderFields): Uint8Array {
  const ts = new Date(fields.tsMs).toISOString();
  return utf8(
    `\0{"body":"${fields.body}","id":${JSON.stringify(fields.id)}` +
      `,"log":${JSON.stringify(fields.log)},"prev":"${fields.prev}","seq":${fields.seq},"ts":"${ts}"` +
      `,"type":${JSON.stringify(fields.type)},"v":${HEADER_VERSION}}`,
  );
}

/** The header within leaf bytes. */
export const headerOf = (leaf: Uint8Array): Uint8Array => leaf.subarray(1);
