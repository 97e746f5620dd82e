import { hexOf } from '../../../src/core/audit/bytes';
import { GENESIS_HASH, headerOf, leafBytes } from '../../../src/core/audit/chain';
import { type StoredRow, checkRow } from '../../../src/core/audit/verify-row';
import { LOG, hmacSha256, sha256 } from './sample-log';

const TS_MS = 1_700_000_000_000;
const BODY = { id: 'e1', type: 'auth.failed', tsMs: TS_MS, actor: { kind: 'user', id: 'user:a' } };

interface Forgery {
  readonly body?: unknown;
  readonly tsMs?: number;
  readonly header?: (header: string) => string;
}

/** A row as someone makes it who can compute every hash: only what contradicts itself can be found. */
function forged({ body = BODY, tsMs = TS_MS, header = (text) => text }: Forgery): StoredRow {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const row = { seq: 1, tsMs, id: 'e1', type: 'auth.failed' };
  const prev = hexOf(GENESIS_HASH);
  const leaf = leafBytes({ ...row, log: LOG, body: hexOf(sha256(bytes)), prev });
  const text = Buffer.from(header(Buffer.from(headerOf(leaf)).toString()));
  const leafHash = sha256(Buffer.concat([Uint8Array.of(0), text]));
  return { ...row, header: text, body: bytes, leafHash };
}

const kindsOf = (row: StoredRow, contents: 'full' | 'hashes' = 'full', tsMs = 0): string[] => {
  const options = { log: LOG, sha256, hmacSha256, contents };
  return checkRow(row, { hash: GENESIS_HASH, tsMs }, options).faults.map(({ kind }) => kind);
};

describe('checkRow', () => {
  it('accepts a row whose parts agree', () => {
    expect(kindsOf(forged({}))).toEqual([]);
    expect(kindsOf(forged({ tsMs: TS_MS + 1 }), 'full', TS_MS + 1)).toEqual([]);
  });

  it.each<[string, Forgery, string]>([
    ['a body of another event', { body: { ...BODY, id: 'e2' } }, 'body_content'],
    ['a body of another type', { body: { ...BODY, type: 'kill.lifted' } }, 'body_content'],
    ['a body younger than its row', { body: { ...BODY, tsMs: TS_MS + 1 } }, 'body_content'],
    ['a body without time', { body: { ...BODY, tsMs: undefined } }, 'body_content'],
    ['a body that is not JSON', { body: '{' }, 'body_content'],
    ['a body that is no object', { body: '[]' }, 'body_content'],
    ['a header with a space', { header: (text) => text.replace(',', ', ') }, 'header_malformed'],
    [
      'a header of a later version',
      { header: (text) => text.replace('"v":1', '"v":2') },
      'header_malformed',
    ],
    [
      'a header with a further member',
      { header: (text) => text.replace('}', ',"w":1}') },
      'header_malformed',
    ],
    [
      'a header in other order',
      { header: (text) => text.replace(/("body":"\w+"),("id":"e1")/, '$2,$1') },
      'header_malformed',
    ],
    [
      'a header with another spelling of its time',
      { header: (text) => text.replace('.000Z', 'Z') },
      'header_malformed',
    ],
    ['a header that is not JSON', { header: () => 'x' }, 'header_malformed'],
  ])('refuses %s though every hash is right', (_name, forgery, kind) => {
    expect(kindsOf(forged(forgery))).toContain(kind);
  });

  it.each<[string, (header: string) => string]>([
    [
      'upper-case',
      (text) =>
        text.replace(/"body":"\w+"/, (digest) => digest.toUpperCase().replace('BODY', 'body')),
    ],
    ['no', (text) => text.replace(/"body":"\w{64}"/, `"body":"${'z'.repeat(64)}"`)],
    ['a short', (text) => text.replace(/"body":"\w{64}"/, '"body":"ab"')],
  ])('refuses a header with %s body digest even when bodies are not read', (_name, header) => {
    expect(kindsOf(forged({ header }), 'hashes')).toEqual(['header_malformed']);
  });

  it('refuses a row older than the row before it', () => {
    expect(kindsOf(forged({}), 'full', TS_MS + 1)).toEqual(['time_backwards']);
  });

  it('reports each fault of a row that has several', () => {
    const row = { ...forged({}), id: 'e9', type: 'kill.lifted', seq: 7 };
    expect(kindsOf(row)).toEqual([
      'header_seq',
      'header_id',
      'header_type',
      'body_content',
      'body_content',
    ]);
  });
});
