import {
  HASH_BYTES,
  type HmacSha256,
  type Sha256,
  bytesEqual,
  concatBytes,
  hexOf,
  textOf,
} from './bytes';
import { type HeaderFields, headerOf, leafBytes } from './chain';
import { type AuditIndex, auditIndexOf } from './event';
import type { BreakKind } from './verify-states';

/** A stored row as read back, in whatever form of storage. */
export interface StoredRow {
  readonly seq: number;
  readonly tsMs: number;
  readonly id: string;
  readonly type: string;
  readonly header: Uint8Array;
  readonly leafHash: Uint8Array;
  readonly body?: Uint8Array;
  /** The index columns, where the storage has them. */
  readonly index?: AuditIndex;
  /** Opened payloads to compare with their commitments, by kind. */
  readonly payloads?: Readonly<Record<string, OpenedPayload>>;
}

export interface OpenedPayload {
  readonly salt: Uint8Array;
  /** The canonical bytes that were committed to. */
  readonly bytes: Uint8Array;
}

/** What the row before says about this one. */
export interface RowBefore {
  /** Its recomputed leaf hash; undefined when rows are missing between. */
  readonly hash: Uint8Array | undefined;
  readonly tsMs: number;
}

export interface RowCheckOptions {
  readonly log: string;
  readonly sha256: Sha256;
  readonly hmacSha256: HmacSha256;
  /** `full` demands bodies and checks them; `hashes` checks headers alone. */
  readonly contents: 'full' | 'hashes';
}

export interface Fault {
  readonly kind: BreakKind;
  readonly message: string;
}

export interface RowCheck {
  readonly faults: readonly Fault[];
  /** Recomputed from the stored header. */
  readonly leafHash: Uint8Array;
}

const LEAF_PREFIX = Uint8Array.of(0);
const HEADER_KEYS = 'body,id,log,prev,seq,ts,type,v';
const HASH_HEX = /^[0-9a-f]{64}$/;
const TIME_MS_MAX = 8.64e15;

/**
 * Checks one row against its own parts and the row before. Reports every fault; never throws,
 * whatever is stored.
 */
export function checkRow(row: StoredRow, before: RowBefore, options: RowCheckOptions): RowCheck {
  const faults: Fault[] = [];
  if (row.tsMs < before.tsMs) {
    faults.push(fault('time_backwards', 'the row is older than the row before it'));
  }
  const bodyHex = storedBodyHex(row, options, faults);
  const derived = derivedLeaf(row, before, bodyHex, options.log);
  const isAsDerived = derived !== undefined && bytesEqual(headerOf(derived), row.header);
  const leafHash = options.sha256(isAsDerived ? derived : concatBytes(LEAF_PREFIX, row.header));
  if (!bytesEqual(leafHash, row.leafHash)) {
    faults.push(fault('leaf_hash', 'the stored leaf hash is not the hash of the header'));
  }
  if (!isAsDerived) faults.push(...headerFaults(row, before, bodyHex, options.log));
  if (options.contents === 'full' && row.body !== undefined) {
    faults.push(...bodyFaults(row, row.body, options));
  }
  return { faults, leafHash };
}

const fault = (kind: BreakKind, message: string): Fault => ({ kind, message });

function storedBodyHex(
  row: StoredRow,
  options: RowCheckOptions,
  faults: Fault[],
): string | undefined {
  if (options.contents === 'hashes') return undefined;
  if (row.body !== undefined) return hexOf(options.sha256(row.body));
  faults.push(fault('body_missing', 'the body is missing'));
  return undefined;
}

/**
 * The leaf that columns, body and predecessor give. The header is sound when it is the same byte
 * for byte, which settles the common case without parsing; what is not known beforehand (the digest
 * of a body not read, the predecessor behind a gap) is taken from the header itself.
 */
function derivedLeaf(
  row: StoredRow,
  before: RowBefore,
  bodyHex: string | undefined,
  log: string,
): Uint8Array | undefined {
  if (!isTime(row.tsMs)) return undefined;
  const body = bodyHex ?? headerBodyHex(row.header);
  const prev = before.hash === undefined ? parseHeader(row.header)?.prev : hexOf(before.hash);
  if (body === undefined || prev === undefined) return undefined;
  const { seq, tsMs, id, type } = row;
  return leafBytes({ log, seq, tsMs, id, type, body, prev });
}

/** The body digest by its fixed place in a header. */
function headerBodyHex(header: Uint8Array): string | undefined {
  const start = '{"body":"'.length;
  const hex = textOf(header.subarray(start, start + 2 * HASH_BYTES));
  return HASH_HEX.test(hex) ? hex : undefined;
}

function headerFaults(
  row: StoredRow,
  before: RowBefore,
  bodyHex: string | undefined,
  log: string,
): readonly Fault[] {
  const header = parseHeader(row.header);
  if (header === undefined) return [fault('header_malformed', 'the header is not readable')];
  const faults: Fault[] = [];
  const compare = (kind: BreakKind, name: string, inHeader: unknown, outside: unknown): void => {
    if (inHeader !== outside) faults.push(fault(kind, `the header names another ${name}`));
  };
  compare('header_log', 'log', header.log, log);
  compare('header_seq', 'sequence than the column', header.seq, row.seq);
  compare('header_ts', 'time than the column', header.tsMs, row.tsMs);
  compare('header_id', 'event id than the column', header.id, row.id);
  compare('header_type', 'event type than the column', header.type, row.type);
  if (bodyHex !== undefined) {
    compare('body_digest', 'body digest than the stored body has', header.body, bodyHex);
  }
  if (before.hash !== undefined) {
    compare('link', 'row before it', header.prev, hexOf(before.hash));
  }
  if (faults.length > 0) return faults;
  return [fault('header_malformed', 'the header is not in canonical form')];
}

function parseHeader(bytes: Uint8Array): HeaderFields | undefined {
  const header = parseObject(bytes);
  if (header === undefined || Object.keys(header).join() !== HEADER_KEYS) return undefined;
  const { body, id, log, prev, seq, ts, type, v } = header;
  const texts = [body, id, log, prev, ts, type];
  if (v !== 1 || typeof seq !== 'number' || texts.some((text) => typeof text !== 'string')) {
    return undefined;
  }
  const tsMs = Date.parse(String(ts));
  return { seq, tsMs, body, id, log, prev, type } as HeaderFields;
}

function bodyFaults(row: StoredRow, bytes: Uint8Array, options: RowCheckOptions): readonly Fault[] {
  const body = parseObject(bytes);
  if (body === undefined) return [fault('body_content', 'the body is not readable')];
  const faults: Fault[] = [];
  if (body['id'] !== row.id) faults.push(fault('body_content', 'the body has another event id'));
  if (body['type'] !== row.type) {
    faults.push(fault('body_content', 'the body has another event type'));
  }
  if (!(Number(body['tsMs']) <= row.tsMs)) {
    faults.push(fault('body_content', 'the body is younger than its row'));
  }
  if (row.index !== undefined) faults.push(...indexFaults(row.index, auditIndexOf(body)));
  faults.push(...payloadFaults(row.payloads ?? {}, body['payloads'], options.hmacSha256));
  return faults;
}

function indexFaults(columns: AuditIndex, body: AuditIndex): readonly Fault[] {
  const faults: Fault[] = [];
  for (const name of Object.keys(body) as (keyof AuditIndex)[]) {
    if (columns[name] !== body[name]) {
      faults.push(fault('index_column', `the column ${name} differs from the body`));
    }
  }
  return faults;
}

function payloadFaults(
  payloads: Readonly<Record<string, OpenedPayload>>,
  commitments: unknown,
  hmacSha256: HmacSha256,
): readonly Fault[] {
  const committed = new Map(
    typeof commitments === 'object' && commitments !== null ? Object.entries(commitments) : [],
  );
  return Object.entries(payloads)
    .filter(([kind, { salt, bytes }]) => committed.get(kind) !== hexOf(hmacSha256(salt, bytes)))
    .map(([kind]) => fault('payload', `the payload ${kind} does not match its commitment`));
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(textOf(bytes));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

const isTime = (tsMs: number): boolean =>
  Number.isSafeInteger(tsMs) && Math.abs(tsMs) <= TIME_MS_MAX;
