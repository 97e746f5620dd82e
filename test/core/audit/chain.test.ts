import * as fc from 'fast-check';
import { hexOf } from '../../../src/core/audit/bytes';
import { canonicalJson } from '../../../src/core/audit/canonical-json';
import {
  GENESIS_HASH,
  appendEvents,
  genesisHead,
  headerOf,
  leafBytes,
} from '../../../src/core/audit/chain';
import { BODY_BYTES_MAX, auditEvent } from '../../../src/core/audit/event';
import { auditEventClass } from '../../../src/core/audit/event-types';
import type { JsonObject } from '../../../src/core/json';
import { LOG, anyEventDraft, chained, eventAt, eventsFrom, sha256 } from './sample-log';

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const parse = (bytes: Uint8Array): JsonObject => JSON.parse(textOf(bytes)) as JsonObject;

describe('appendEvents', () => {
  it('links each row to the hash of the header before it', () => {
    const { rows, head } = chained(eventsFrom(1, 3));
    let prev = GENESIS_HASH;
    for (const row of rows) {
      expect(parse(row.header)['prev']).toBe(hexOf(prev));
      const prefixed = Buffer.concat([Uint8Array.of(0), row.header]);
      expect(hexOf(row.leafHash)).toBe(hexOf(sha256(prefixed)));
      prev = row.leafHash;
    }
    expect(head).toEqual({ log: LOG, seq: 3, hash: prev, lastTsMs: rows[2]?.tsMs });
  });

  it('puts the whole event into the body and the digest of the body into the header', () => {
    const event = eventAt(7, { context: { note: 'ok' }, riskScore: 12, correlation: 'trace-1' });
    const [row] = appendEvents(genesisHead(LOG), [event], sha256).rows;
    if (row === undefined) throw new Error('nothing was appended');
    expect(parse(row.body)).toEqual({ ...event });
    expect(textOf(row.header)).toBe(
      canonicalJson({
        v: 1,
        log: LOG,
        seq: 1,
        ts: new Date(event.tsMs).toISOString(),
        id: event.id,
        type: event.type,
        body: hexOf(sha256(row.body)),
        prev: '0'.repeat(64),
      }),
    );
  });

  it('copies the indexed fields and leaves absent ones null', () => {
    const [full, bare] = chained([
      eventAt(1),
      auditEvent({
        id: eventAt(2).id,
        type: 'clock.jumped',
        tsMs: 1,
        actor: { kind: 'system', id: 'system:clock' },
      }),
    ]).rows;
    expect(full?.index).toEqual({
      actorKind: 'agent',
      actorId: 'agent:support-bot',
      agent: 'support-bot',
      execution: eventAt(1).execution,
      action: 'refund.create',
      outcome: 'ALLOW',
    });
    expect(bare?.index).toEqual({
      actorKind: 'system',
      actorId: 'system:clock',
      agent: null,
      execution: null,
      action: null,
      outcome: null,
    });
  });

  it('never lets time go backwards, and keeps the time an event claims in its body', () => {
    const events = [eventAt(1, { tsMs: 5_000 }), eventAt(2, { tsMs: 4_000 })];
    const { rows } = appendEvents({ ...genesisHead(LOG), lastTsMs: 4_500 }, events, sha256);
    expect(rows.map((row) => row.tsMs)).toEqual([5_000, 5_000]);
    expect(rows[1] && parse(rows[1].body)['tsMs']).toBe(4_000);
  });

  it('gives the same chain however the events are cut into batches', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 5 }), { maxLength: 8 }), (sizes) => {
        let head = genesisHead(LOG);
        let next = 1;
        for (const size of sizes) {
          ({ head } = appendEvents(head, eventsFrom(next, size), sha256));
          next += size;
        }
        expect(head).toEqual(chained(eventsFrom(1, next - 1)).head);
      }),
    );
  });

  it('appends whatever text an agent sends, within bounds, without NUL in any column', () => {
    fc.assert(
      fc.property(anyEventDraft, (draft) => {
        const [row] = appendEvents(genesisHead(LOG), [auditEvent(draft)], sha256).rows;
        if (row === undefined) throw new Error('nothing was appended');
        expect(row.body.length).toBeLessThanOrEqual(BODY_BYTES_MAX);
        expect(canonicalJson(parse(row.body))).toBe(textOf(row.body));
        expect(canonicalJson(parse(row.header))).toBe(textOf(row.header));
        expect([row.id, row.index.actorId, row.index.agent, row.index.action].join()).not.toMatch(
          /[\p{Cc}\p{Cs}]/u,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('bounds the largest event in every field', () => {
    const text = '漢'.repeat(5_000);
    const results = Array.from({ length: 200 }, () => ({
      policy: text,
      version: 1,
      rule: text,
      effect: text,
    }));
    const payloads = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [at + text, text]));
    const event = eventAt(1, {
      actor: { kind: 'agent', id: text, assurance: text, address: text },
      action: text,
      target: { kind: text, id: text },
      policy: { results },
      outcome: text,
      context: { a: results },
      payloads,
      correlation: text,
    });
    const [row] = chained([event]).rows;
    expect(row?.body.length).toBeLessThanOrEqual(BODY_BYTES_MAX);
    expect(event.policy).toMatchObject({ omitted: 168 });
  });
});

describe('leafBytes', () => {
  it('writes the header exactly as canonical JSON would', () => {
    const text = fc.string({ unit: 'binary' });
    const fields = fc.record({ log: text, id: text, type: text, seq: fc.maxSafeNat() });
    fc.assert(
      fc.property(fields, fc.date({ noInvalidDate: true }), ({ log, id, type, seq }, date) => {
        const [body, prev] = ['ab'.repeat(32), 'cd'.repeat(32)];
        const leaf = leafBytes({ log, id, type, seq, tsMs: date.getTime(), body, prev });
        const header = { v: 1, log, seq, ts: date.toISOString(), id, type, body, prev };
        expect(leaf[0]).toBe(0);
        expect(textOf(headerOf(leaf))).toBe(canonicalJson(header));
      }),
    );
  });
});

describe('auditEventClass', () => {
  it.each([
    ['kill.engaged', 'control'],
    ['vote.refused', 'approval'],
    ['toString', undefined],
    ['unheard.of', undefined],
  ])('of %s is %s', (type, expected) => {
    expect(auditEventClass(type)).toBe(expected);
  });
});
