import * as fc from 'fast-check';
import {
  type Checkpoint,
  checkpointNote,
  checkpointOrigin,
  checkpointText,
  parseCheckpointNote,
} from '../../../src/core/audit/checkpoint';

const root = Buffer.alloc(32, 7);
const checkpoint: Checkpoint = {
  origin: checkpointOrigin('acme'),
  size: 42,
  root,
  timeMs: 1_700_000_000_123,
};
const signature = { name: 'countersign', keyId: '0a1b2c3d', signature: Buffer.alloc(64, 9) };
const text = checkpointText(checkpoint);
const note = checkpointNote(text, [signature]);

describe('checkpointText', () => {
  it('is origin, size, tree head and time, a line each', () => {
    expect(text).toBe(
      `countersign/acme\n42\n${root.toString('base64')}\ntime 2023-11-14T22:13:20.123Z\n`,
    );
  });
});

describe('a checkpoint note', () => {
  it('is the text, an empty line and a line a signature that begins with the key id', () => {
    const blob = Buffer.concat([Buffer.from('0a1b2c3d', 'hex'), Buffer.alloc(64, 9)]);
    expect(note).toBe(`${text}\n— countersign ${blob.toString('base64')}\n`);
  });

  it('reads back as what was written', () => {
    const checkpoints = fc.record({
      origin: fc.stringMatching(/^[a-z]{1,20}\/[a-z0-9-]{1,20}$/),
      size: fc.maxSafeNat(),
      root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      timeMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    });
    const signatures = fc.array(
      fc.record({
        name: fc.stringMatching(/^[a-z.]{1,20}$/),
        keyId: fc.stringMatching(/^[0-9a-f]{8}$/),
        signature: fc.uint8Array({ minLength: 1, maxLength: 80 }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(checkpoints, signatures, (written, signed) => {
        const writtenText = checkpointText(written);
        const parsed = parseCheckpointNote(checkpointNote(writtenText, signed));
        expect(parsed).toEqual({
          ok: true,
          checkpoint: written,
          text: writtenText,
          signatures: signed,
        });
      }),
    );
  });

  it.each([
    ['an empty note', ''],
    ['text alone', text],
    ['no signature', `${text}\n`],
    ['a last line without end', note.slice(0, -1)],
    ['an empty origin', note.replace('countersign/acme', '')],
    ['a size with a leading zero', note.replace('\n42\n', '\n042\n')],
    ['a negative size', note.replace('\n42\n', '\n-42\n')],
    ['a size past exact numbers', note.replace('\n42\n', '\n9007199254740993\n')],
    ['a size in another notation', note.replace('\n42\n', '\n4.2e1\n')],
    ['a root that is too short', note.replace(root.toString('base64'), 'AAAA')],
    ['a root with stray bits', note.replace('Bwc=\n', 'Bwd=\n')],
    ['a time in another zone', note.replace('.123Z', '.123+00:00')],
    ['no time', note.replace(/time .*\n/, '')],
    ['a further line', note.replace('\n\n', '\nmore\n\n')],
    ['a signature line without dash', note.replace('\u2014 ', '- ')],
    ['a signature that is not base64', note.replace(/ \S+\n$/, ' @@@@\n')],
    ['a signature of the key id alone', note.replace(/ \S+\n$/, ' ChssPQ==\n')],
    ['carriage returns', note.replaceAll('\n', '\r\n')],
    ['a very long note', note + `— a ${'AAAA'.repeat(5_000)}\n`],
    [
      'too many signatures',
      checkpointNote(
        text,
        Array.from({ length: 17 }, () => signature),
      ),
    ],
  ])('is refused: %s', (_name, malformed) => {
    expect(parseCheckpointNote(malformed)).toMatchObject({ ok: false });
  });

  it('is not written under a malformed key id', () => {
    expect(() => checkpointNote(text, [{ ...signature, keyId: 'XYZ' }])).toThrow(RangeError);
  });

  it('never makes the reader throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: note.length }), (junk, at) => {
        parseCheckpointNote(junk);
        parseCheckpointNote(note.slice(0, at) + junk + note.slice(at));
      }),
    );
  });
});
