import * as fc from 'fast-check';
import { hexOf } from '../../../src/core/audit/bytes';
import { GENESIS_HASH } from '../../../src/core/audit/chain';
import {
  type VerifierOptions,
  type VerifyResult,
  createVerifier,
} from '../../../src/core/audit/verify';
import type { StoredRow } from '../../../src/core/audit/verify-row';
import { BREAKS_LISTED_MAX, VERIFY_EXIT_CODES } from '../../../src/core/audit/verify-states';
import {
  LOG,
  type StoredLog,
  chained,
  eventAt,
  eventsFrom,
  hmacSha256,
  noteOf,
  sampleLog,
  sha256,
  verifySignature,
} from './sample-log';

type Options = Partial<VerifierOptions>;
type TamperCase = [string, Tampered, VerifyResult['state'], string, Options?];
type Tampered = Omit<StoredLog, 'rows'> & { readonly rows: readonly StoredRow[] };

const SIZE = 24;
const log = sampleLog(SIZE, [8, 16, 20]);
const changedEvent = eventAt(5, { action: 'refund.create', outcome: 'DENY' });
const rewritten = chained(
  eventsFrom(1, SIZE).map((event, at) => (at === 4 ? changedEvent : event)),
);

function verify(stored: Tampered, options: Options = {}): VerifyResult {
  const verifier = createVerifier({ log: LOG, sha256, hmacSha256, verifySignature, ...options });
  for (const note of stored.notes) verifier.checkpoint(note);
  for (const row of stored.rows) verifier.row(row);
  return verifier.finish(stored.head);
}

const kindsOf = (result: VerifyResult): string[] => result.breaks.map(({ kind }) => kind);

const flip = (bytes: Uint8Array, at = 10, mask = 1): Uint8Array =>
  bytes.map((byte, index) => (index === at ? byte ^ mask : byte));

const withRow = (seq: number, edit: (row: StoredRow) => StoredRow): Tampered => ({
  ...log,
  rows: log.rows.map((row) => (row.seq === seq ? edit(row) : row)),
});

const rowAt = (seq: number): StoredRow => log.rows[seq - 1] ?? fail('no such row');
const fail = (message: string): never => {
  throw new Error(message);
};

const withIndex = (change: Partial<NonNullable<StoredRow['index']>>): Tampered =>
  withRow(5, (row) => ({ ...row, index: { ...(row.index ?? fail('no index')), ...change } }));

describe('the verifier', () => {
  it('finds an untouched log valid and names the newest checkpoint that matched', () => {
    const result = verify(log);
    expect(result).toMatchObject({ state: 'VALID', size: SIZE, checkpointSize: 20, breaks: [] });
    expect(result.breakCount).toBe(0);
    expect(result.checkpoint?.size).toBe(20);
  });

  it('finds an empty log valid and says that no checkpoint covers anything', () => {
    const empty = { rows: [], notes: [], head: { seq: 0, hash: GENESIS_HASH } };
    expect(verify(empty)).toMatchObject({ state: 'VALID', size: 0, checkpointSize: 0 });
  });

  it('takes checkpoints while rows stream by', () => {
    const verifier = createVerifier({ log: LOG, sha256, hmacSha256, verifySignature });
    for (const row of log.rows) {
      verifier.row(row);
      if (row.seq === 16) verifier.checkpoint(noteOf(log.rows, 16));
    }
    expect(verifier.finish(log.head)).toMatchObject({ state: 'VALID', checkpointSize: 16 });
  });

  it('accepts rows of one time and text of any script', () => {
    const events = [1, 2, 3].map((at) => eventAt(at, { tsMs: 9, action: `übung 漢字 😀 "\\` }));
    expect(verify({ ...chained(events), notes: [] })).toMatchObject({ state: 'VALID', size: 3 });
  });
});

describe('the tamper matrix', () => {
  const body = (text: string): Uint8Array => Buffer.from(text);
  const cases: readonly TamperCase[] = [
    ['seq column', withRow(5, (row) => ({ ...row, seq: 5.5 })), 'TAMPERED', 'row_order'],
    ['time column', withRow(5, (row) => ({ ...row, tsMs: row.tsMs + 1 })), 'TAMPERED', 'header_ts'],
    [
      'time column no time at all',
      withRow(5, (row) => ({ ...row, tsMs: 1e300 })),
      'TAMPERED',
      'header_ts',
    ],
    ['id column', withRow(5, (row) => ({ ...row, id: rowAt(6).id })), 'TAMPERED', 'header_id'],
    [
      'type column',
      withRow(5, (row) => ({ ...row, type: 'vote.counted' })),
      'TAMPERED',
      'header_type',
    ],
    [
      'leaf hash column',
      withRow(5, (row) => ({ ...row, leafHash: flip(row.leafHash) })),
      'TAMPERED',
      'leaf_hash',
    ],
    [
      'header byte',
      withRow(5, (row) => ({ ...row, header: flip(row.header) })),
      'TAMPERED',
      'leaf_hash',
    ],
    [
      'header emptied',
      withRow(5, (row) => ({ ...row, header: new Uint8Array(0) })),
      'TAMPERED',
      'header_malformed',
    ],
    [
      'body byte',
      withRow(5, (row) => ({ ...row, body: flip(row.body ?? fail('no body'), 30) })),
      'TAMPERED',
      'body_digest',
    ],
    [
      'body replaced',
      withRow(5, (row) => ({ ...row, body: body('{}') })),
      'TAMPERED',
      'body_digest',
    ],
    ['body removed', withRow(5, ({ body: _body, ...row }) => row), 'TAMPERED', 'body_missing'],
    ['actor kind column', withIndex({ actorKind: 'user' }), 'TAMPERED', 'index_column'],
    ['actor id column', withIndex({ actorId: 'user:mallory' }), 'TAMPERED', 'index_column'],
    ['agent column', withIndex({ agent: 'other-bot' }), 'TAMPERED', 'index_column'],
    ['execution column', withIndex({ execution: null }), 'TAMPERED', 'index_column'],
    ['action column', withIndex({ action: 'refund.read' }), 'TAMPERED', 'index_column'],
    ['outcome column', withIndex({ outcome: 'DENY' }), 'TAMPERED', 'index_column'],
    [
      'row deleted',
      { ...log, rows: log.rows.filter((row) => row.seq !== 5) },
      'GAP',
      'missing_rows',
    ],
    ['first row deleted', { ...log, rows: log.rows.slice(1) }, 'GAP', 'missing_rows'],
    [
      'row deleted and the rest renumbered',
      {
        ...log,
        rows: log.rows
          .filter((row) => row.seq !== 5)
          .map((row) => (row.seq > 5 ? { ...row, seq: row.seq - 1 } : row)),
      },
      'TAMPERED',
      'header_seq',
    ],
    [
      'row inserted',
      { ...log, rows: [...log.rows.slice(0, 5), rowAt(5), ...log.rows.slice(5)] },
      'TAMPERED',
      'row_order',
    ],
    [
      'row inserted and the rest renumbered',
      {
        ...log,
        rows: [
          ...log.rows.slice(0, 5),
          ...log.rows.slice(4).map((row) => ({ ...row, seq: row.seq + 1 })),
        ],
      },
      'TAMPERED',
      'header_seq',
    ],
    [
      'contents of two rows swapped',
      {
        ...log,
        rows: log.rows.map((row) =>
          row.seq === 5 || row.seq === 6 ? { ...rowAt(11 - row.seq), seq: row.seq } : row,
        ),
      },
      'TAMPERED',
      'header_seq',
    ],
    [
      'rows out of order',
      { ...log, rows: [rowAt(2), rowAt(1), ...log.rows.slice(2)] },
      'TAMPERED',
      'row_order',
    ],
    [
      'one row replaced with its own hashes right',
      { ...log, rows: log.rows.map((row, at) => (at === 4 ? (rewritten.rows[4] ?? row) : row)) },
      'TAMPERED',
      'link',
    ],
    ['tail cut, head left', { ...log, rows: log.rows.slice(0, 22) }, 'TRUNCATED', 'tail_missing'],
    [
      'tail cut below a checkpoint, head edited',
      { ...log, rows: log.rows.slice(0, 18), head: { seq: 18, hash: rowAt(18).leafHash } },
      'TRUNCATED',
      'tail_missing',
    ],
    [
      'all rows deleted',
      { ...log, rows: [], head: { seq: 0, hash: GENESIS_HASH } },
      'TRUNCATED',
      'tail_missing',
    ],
    [
      'head hash edited',
      { ...log, head: { ...log.head, hash: flip(log.head.hash) } },
      'TAMPERED',
      'head_mismatch',
    ],
    [
      'head set back',
      { ...log, head: { seq: 23, hash: rowAt(23).leafHash } },
      'TAMPERED',
      'head_mismatch',
    ],
    ['head set forward', { ...log, head: { ...log.head, seq: 25 } }, 'TRUNCATED', 'tail_missing'],
    [
      'whole log rewritten, checkpoints left',
      { ...rewritten, notes: log.notes },
      'TAMPERED',
      'root_mismatch',
    ],
    [
      'whole log rewritten and signed by a stranger',
      { ...rewritten, notes: [noteOf(rewritten.rows, 20, 'stranger')] },
      'UNVERIFIABLE',
      'key_unknown',
    ],
    [
      'whole log rewritten, checkpoints deleted, root remembered',
      { ...rewritten, notes: [] },
      'TAMPERED',
      'root_mismatch',
      { trusted: trustedAt(20) },
    ],
    [
      'an older state with its older checkpoint, size remembered',
      {
        rows: log.rows.slice(0, 16),
        notes: log.notes.slice(0, 2),
        head: { seq: 16, hash: rowAt(16).leafHash },
      },
      'TRUNCATED',
      'tail_missing',
      { trusted: trustedAt(20) },
    ],
    [
      'a checkpoint of another log',
      { ...log, notes: [noteOf(log.rows, 20, 'ours', 'other')] },
      'TAMPERED',
      'checkpoint_origin',
    ],
    [
      'a checkpoint of another key',
      { ...log, notes: [noteOf(log.rows, 20, 'stranger')] },
      'UNVERIFIABLE',
      'key_unknown',
    ],
    [
      'a checkpoint with another size',
      { ...log, notes: log.notes.map((note) => note.replace('\n20\n', '\n19\n')) },
      'TAMPERED',
      'signature_bad',
    ],
    ['a checkpoint that is none', { ...log, notes: ['x'] }, 'TAMPERED', 'checkpoint_malformed'],
    ['the log of another tenant', log, 'TAMPERED', 'header_log', { log: 'other' }],
  ];

  it.each(cases)('%s', (...[, stored, state, kind, options]: TamperCase) => {
    const result = verify(stored, options);
    expect(result.state).toBe(state);
    expect(kindsOf(result)).toContain(kind);
  });

  it('names the row of an edit once, without a trail of breaks behind it', () => {
    const edited = withRow(22, (row) => ({ ...row, header: flip(row.header, 75) }));
    expect(new Set(verify(edited).breaks.map(({ seq }) => seq))).toEqual(new Set([22]));
  });

  it('names the first tree head that an edit breaks, not each one behind it', () => {
    const edited = withRow(5, (row) => ({ ...row, header: flip(row.header, 75) }));
    const roots = verify(edited).breaks.filter(({ kind }) => kind === 'root_mismatch');
    expect(roots.map(({ seq }) => seq)).toEqual([8]);
  });

  it('lists the breaks of several rows', () => {
    const edited = {
      ...log,
      rows: log.rows.map((row) => (row.seq % 7 ? row : { ...row, id: 'x' })),
    };
    expect(verify(edited).breaks.map(({ seq }) => seq)).toEqual(
      expect.arrayContaining([7, 14, 21]),
    );
  });

  it('cannot see a tail cut above every checkpoint with the head edited: that takes a remembered size', () => {
    const cut = {
      ...log,
      rows: log.rows.slice(0, 22),
      head: { seq: 22, hash: rowAt(22).leafHash },
    };
    expect(verify(cut)).toMatchObject({ state: 'VALID', size: 22, checkpointSize: 20 });
    expect(verify(cut, { trusted: trustedAt(23) }).state).toBe('TRUNCATED');
  });
});

function trustedAt(size: number) {
  const verifier = createVerifier({ log: LOG, sha256, hmacSha256, verifySignature });
  verifier.checkpoint(noteOf(log.rows, size));
  for (const row of log.rows) verifier.row(row);
  return verifier.finish().checkpoint ?? fail('no checkpoint matched');
}

describe('any change of stored bytes', () => {
  const mask = fc.integer({ min: 1, max: 255 });
  const seq = fc.integer({ min: 1, max: SIZE });

  it('of one byte in a header, a body or a leaf hash is found', () => {
    const part = fc.constantFrom('header' as const, 'body' as const, 'leafHash' as const);
    fc.assert(
      fc.property(seq, part, fc.nat(), mask, (at, name, anyByte, bits) => {
        const edited = withRow(at, (row) => {
          const bytes = row[name] ?? fail('no bytes');
          return { ...row, [name]: flip(bytes, anyByte % bytes.length, bits) };
        });
        return verify(edited).state === 'TAMPERED';
      }),
      { numRuns: 400 },
    );
  });

  it('of one character in a checkpoint is found', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 32, max: 126 }));
    fc.assert(
      fc.property(fc.nat({ max: 2 }), change, (which, [anyAt, code]) => {
        const notes = log.notes.map((note, index) => {
          const at = anyAt % note.length;
          return index === which
            ? note.slice(0, at) + String.fromCharCode(code) + note.slice(at + 1)
            : note;
        });
        fc.pre(notes.join() !== log.notes.join());
        return verify({ ...log, notes }).state !== 'VALID';
      }),
      { numRuns: 400 },
    );
  });

  it('by cutting, adding or emptying stored bytes is found and never makes the verifier throw', () => {
    const junk = fc.uint8Array({ maxLength: 40 });
    const part = fc.constantFrom('header' as const, 'body' as const, 'leafHash' as const);
    fc.assert(
      fc.property(seq, part, junk, (at, name, bytes) => {
        return verify(withRow(at, (row) => ({ ...row, [name]: bytes }))).state === 'TAMPERED';
      }),
    );
  });
});

describe('modes of verification', () => {
  const bare = { ...log, rows: log.rows.map(({ body: _body, index: _index, ...row }) => row) };

  it('of hashes alone needs no bodies and still finds edited headers', () => {
    expect(verify(bare, { contents: 'hashes' }).state).toBe('VALID');
    const rows = bare.rows.map((row) =>
      row.seq === 5 ? { ...row, header: flip(row.header) } : row,
    );
    expect(verify({ ...bare, rows }, { contents: 'hashes' }).state).toBe('TAMPERED');
    expect(verify(bare).state).toBe('TAMPERED');
  });

  it('resumes where an earlier run stood, also for checkpoints behind it', () => {
    const first = createVerifier({ log: LOG, sha256, hmacSha256, verifySignature });
    for (const row of log.rows.slice(0, 10)) first.row(row);
    const position = first.position() ?? fail('no position');
    const rest = { ...log, rows: log.rows.slice(10) };
    const start = { reason: 'resumed' as const, position };
    expect(verify(rest, { start })).toMatchObject({
      state: 'VALID',
      size: SIZE,
      checkpointSize: 20,
    });
    const pruned = { reason: 'pruned' as const, position };
    expect(verify(rest, { start: pruned })).toMatchObject({ state: 'PRUNED', checkpointSize: 20 });
    const wrong = { ...position, hash: flip(position.hash) };
    expect(verify(rest, { start: { ...start, position: wrong } }).state).toBe('TAMPERED');
  });

  it('offers no place to resume once something broke', () => {
    const verifier = createVerifier({ log: LOG, sha256, hmacSha256, verifySignature });
    verifier.row({ ...rowAt(1), id: 'x' });
    expect(verifier.position()).toBeUndefined();
  });

  it('does not silently skip a checkpoint that came after its rows', () => {
    const verifier = createVerifier({ log: LOG, sha256, hmacSha256, verifySignature });
    for (const row of log.rows) verifier.row(row);
    for (const note of log.notes) verifier.checkpoint(note);
    expect(verifier.finish(log.head).state).toBe('UNVERIFIABLE');
  });

  it('compares opened payloads with their commitments', () => {
    const [salt, bytes] = [Buffer.alloc(32, 1), Buffer.from('{"amount":1}')];
    const commitment = hexOf(hmacSha256(salt, bytes));
    const sealed = chained([eventAt(1, { payloads: { args: commitment } })]);
    const stateWith = (payloads: NonNullable<StoredRow['payloads']>): string =>
      verify({ ...sealed, notes: [], rows: sealed.rows.map((row) => ({ ...row, payloads })) })
        .state;
    expect(stateWith({ args: { salt, bytes } })).toBe('VALID');
    expect(stateWith({ args: { salt, bytes: flip(bytes, 3) } })).toBe('TAMPERED');
    expect(stateWith({ args: { salt: flip(salt), bytes } })).toBe('TAMPERED');
    expect(stateWith({ context: { salt, bytes } })).toBe('TAMPERED');
  });
});

describe('the result', () => {
  it('lists a bounded number of breaks, counts them all, and has the worst state of all', () => {
    const many = chained(eventsFrom(1, BREAKS_LISTED_MAX + 50));
    const rows = many.rows.filter((row) => row.seq % 2 === 0);
    const last = rows.at(-1) ?? fail('no rows');
    const result = verify({
      ...many,
      rows: [...rows.slice(0, -1), { ...last, id: 'x' }],
      notes: [],
    });
    const gaps = verify({
      ...many,
      rows: many.rows.map((row) => ({ ...row, id: 'x', type: 'y' })),
      notes: [],
    });
    expect(result).toMatchObject({ state: 'TAMPERED' });
    expect(gaps.breaks).toHaveLength(BREAKS_LISTED_MAX);
    expect(gaps.breakCount).toBeGreaterThan(2 * BREAKS_LISTED_MAX);
  });

  it.each([
    [
      'GAP',
      'over a cut tail',
      { ...log, rows: log.rows.filter((row) => row.seq !== 3 && row.seq < 22) },
    ],
    [
      'TAMPERED',
      'over a gap',
      {
        ...log,
        rows: withRow(9, (row) => ({ ...row, id: 'x' })).rows.filter((row) => row.seq !== 3),
      },
    ],
    [
      'TRUNCATED',
      'over an unknown key',
      { ...log, rows: log.rows.slice(0, 20), notes: [noteOf(log.rows, 20, 'stranger')] },
    ],
  ])('is %s %s', (state, _over, stored) => {
    expect(verify(stored).state).toBe(state);
  });

  it('has an exit code of its own for each state', () => {
    expect(VERIFY_EXIT_CODES).toEqual({
      VALID: 0,
      TAMPERED: 10,
      TRUNCATED: 11,
      GAP: 12,
      PRUNED: 13,
      UNVERIFIABLE: 20,
    });
  });
});
