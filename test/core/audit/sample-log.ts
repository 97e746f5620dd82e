import * as fc from 'fast-check';
import { createHmac, generateKeyPairSync, hash, sign, verify } from 'node:crypto';
import type { HmacSha256, Sha256 } from '../../../src/core/audit/bytes';
import {
  type ChainHead,
  type ChainRow,
  appendEvents,
  genesisHead,
} from '../../../src/core/audit/chain';
import {
  CHECKPOINT_KEY_NAME,
  checkpointNote,
  checkpointOrigin,
  checkpointText,
} from '../../../src/core/audit/checkpoint';
import { type AuditEvent, type AuditEventDraft, auditEvent } from '../../../src/core/audit/event';
import { AUDIT_EVENT_TYPES, type AuditEventType } from '../../../src/core/audit/event-types';
import { appendLeaf, emptyFrontier, rootOf } from '../../../src/core/audit/merkle';
import type { VerifySignature } from '../../../src/core/audit/verify';
import { agentId, eventId, executionId } from '../../../src/core/ids';

export const sha256: Sha256 = (bytes) => hash('sha256', bytes, 'buffer');
export const hmacSha256: HmacSha256 = (key, bytes) =>
  createHmac('sha256', key).update(bytes).digest();

export const LOG = 'acme';

const pair = generateKeyPairSync('ed25519');
const strangerPair = generateKeyPairSync('ed25519');
const KEY_ID = '0a1b2c3d';
const STRANGER_KEY_ID = 'ffffffff';

export const verifySignature: VerifySignature = (keyId, message, signature) => {
  if (keyId !== KEY_ID) return 'unknown_key';
  return verify(null, message, pair.publicKey, signature) ? 'ok' : 'bad';
};

export const eventAt = (at: number, more: Partial<AuditEventDraft> = {}): AuditEvent =>
  auditEvent({
    id: eventId(`00000000-0000-7000-8000-${String(at).padStart(12, '0')}`),
    type: 'decision.made',
    tsMs: 1_700_000_000_000 + at * 10,
    actor: { kind: 'agent', id: 'agent:support-bot' },
    agent: agentId('support-bot'),
    action: 'refund.create',
    execution: executionId(`11111111-0000-7000-8000-${String(at).padStart(12, '0')}`),
    outcome: 'ALLOW',
    ...more,
  });

export const eventsFrom = (first: number, count: number): AuditEvent[] =>
  Array.from({ length: count }, (_, at) => eventAt(first + at));

function rootOfRows(rows: readonly Pick<ChainRow, 'leafHash'>[]): Uint8Array {
  let frontier = emptyFrontier;
  for (const row of rows) frontier = appendLeaf(frontier, row.leafHash, sha256);
  return rootOf(frontier, sha256);
}

export function noteOf(
  rows: readonly ChainRow[],
  size: number,
  signer: 'ours' | 'stranger' = 'ours',
  log = LOG,
): string {
  const text = checkpointText({
    origin: checkpointOrigin(log),
    size,
    root: rootOfRows(rows.slice(0, size)),
    timeMs: 1_700_000_900_000,
  });
  const key = signer === 'ours' ? pair.privateKey : strangerPair.privateKey;
  const signature = sign(null, Buffer.from(text), key);
  const keyId = signer === 'ours' ? KEY_ID : STRANGER_KEY_ID;
  return checkpointNote(text, [{ name: CHECKPOINT_KEY_NAME, keyId, signature }]);
}

/** A stored log as an attacker of the database finds it. */
export interface StoredLog {
  readonly rows: readonly ChainRow[];
  readonly notes: readonly string[];
  readonly head: Pick<ChainHead, 'seq' | 'hash'>;
}

export function chained(events: readonly AuditEvent[]): {
  rows: readonly ChainRow[];
  head: ChainHead;
} {
  return appendEvents(genesisHead(LOG), events, sha256);
}

export function sampleLog(size: number, checkpointSizes: readonly number[]): StoredLog {
  const { rows, head } = chained(eventsFrom(1, size));
  return { rows, head, notes: checkpointSizes.map((at) => noteOf(rows, at)) };
}

/** Text of arbitrary UTF-16 units, lone surrogates among them. */
const rawUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  rawUnits,
  fc.constantFrom('\0', '\ud800', '\u202e\r\n', '__proto__', 'x'.repeat(70_000), '"'.repeat(3_000)),
);

/** What an agent may put anywhere: any text, any depth, values that are not JSON. */
export const anyContext = fc.oneof(
  fc.object({ key: anyText, maxDepth: 10, withBigInt: true, withDate: true, withMap: true }),
  fc.dictionary(anyText, fc.oneof(anyText, fc.double(), fc.array(anyText))),
) as fc.Arbitrary<Record<string, unknown>>;

const eventTypes = Object.keys(AUDIT_EVENT_TYPES) as AuditEventType[];

export const anyEventDraft = fc.record(
  {
    id: anyText.map(eventId),
    type: fc.constantFrom(...eventTypes),
    tsMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    actor: fc.record(
      { kind: fc.constantFrom('user', 'agent'), id: anyText, assurance: anyText, address: anyText },
      { requiredKeys: ['kind', 'id'] },
    ),
    agent: anyText.map(agentId),
    action: anyText,
    target: fc.record({ kind: anyText, id: anyText }),
    execution: anyText.map(executionId),
    policy: fc.record({
      results: fc.array(
        fc.record({ policy: anyText, version: fc.nat(), rule: anyText, effect: anyText }),
        { maxLength: 40 },
      ),
    }),
    riskScore: fc.double(),
    outcome: anyText,
    context: anyContext,
    payloads: fc.dictionary(anyText, anyText),
    correlation: anyText,
  },
  { requiredKeys: ['id', 'type', 'tsMs', 'actor'] },
) as fc.Arbitrary<AuditEventDraft>;
