import { HASH_BYTES, base64Of, bytesOfBase64, concatBytes, hexOf } from './bytes';

/** What a checkpoint says: at `timeMs` the log `origin` had `size` rows and this tree head. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** RFC 9162 tree head over the leaf hashes. */
  readonly root: Uint8Array;
  readonly timeMs: number;
}

export interface NoteSignature {
  /** Name of the signing key; no white space, no `+`. */
  readonly name: string;
  /** 8 lower-case hex digits. */
  readonly keyId: string;
  readonly signature: Uint8Array;
}

export type ParsedNote =
  | {
      readonly ok: true;
      readonly checkpoint: Checkpoint;
      /** The signed text, final newline included. */
      readonly text: string;
      readonly signatures: readonly NoteSignature[];
    }
  | { readonly ok: false; readonly reason: string };

/** Name under which this product's checkpoint key signs. */
export const CHECKPOINT_KEY_NAME = 'countersign';

const NOTE_LENGTH_MAX = 16_384;
const SIGNATURES_MAX = 16;
const SIGNATURE_LINE = /^\u2014 ([^\s+]{1,256}) ([A-Za-z0-9+/]+={0,2})$/;
const KEY_ID_BYTES = 4;

/** The origin line of a tenant's log. */
export const checkpointOrigin = (log: string): string => `countersign/${log}`;

/**
 * The text to sign: origin, size, base64 tree head and one extension line with the time, each ended
 * by a newline.
 */
export function checkpointText(checkpoint: Checkpoint): string {
  const time = new Date(checkpoint.timeMs).toISOString();
  return `${checkpoint.origin}\n${checkpoint.size}\n${base64Of(checkpoint.root)}\ntime ${time}\n`;
}

/** The signed note: the text, an empty line, one line a signature (C2SP signed-note form). */
export function checkpointNote(text: string, signatures: readonly NoteSignature[]): string {
  const lines = signatures.map(({ name, keyId, signature }) => {
    const blob = concatBytes(keyIdBytes(keyId), signature);
    return `\u2014 ${name} ${base64Of(blob)}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * Reads a note. Strict: only what `checkpointText` and `checkpointNote` write is accepted, so that
 * one checkpoint has one text. Signatures are not judged here.
 */
export function parseCheckpointNote(note: string): ParsedNote {
  if (note.length > NOTE_LENGTH_MAX) return refused('the note is too long');
  const end = note.indexOf('\n\n');
  if (end === -1) return refused('the note has no signature part');
  const text = note.slice(0, end + 1);
  const checkpoint = parseText(text);
  if (checkpoint === undefined) return refused('the text is not a checkpoint');
  const lines = note.slice(end + 2).split('\n');
  if (lines.pop() !== '') return refused('the last line does not end');
  if (lines.length === 0 || lines.length > SIGNATURES_MAX) {
    return refused(`a note holds 1 to ${SIGNATURES_MAX} signatures`);
  }
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignature(line);
    if (signature === undefined) return refused('a signature line is malformed');
    signatures.push(signature);
  }
  return { ok: true, checkpoint, text, signatures };
}

const refused = (reason: string): ParsedNote => ({ ok: false, reason });

function parseText(text: string): Checkpoint | undefined {
  const [origin, size, root, time] = text.split('\n');
  const rootBytes = bytesOfBase64(root ?? '');
  const timeMs = Date.parse((time ?? '').replace(/^time /, ''));
  if (!origin || rootBytes?.length !== HASH_BYTES || !Number.isFinite(timeMs)) return undefined;
  const checkpoint = { origin, size: Number(size), root: rootBytes, timeMs };
  if (!Number.isSafeInteger(checkpoint.size) || checkpoint.size < 0) return undefined;
  return checkpointText(checkpoint) === text ? checkpoint : undefined;
}

function parseSignature(line: string): NoteSignature | undefined {
  const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? [];
  const blob = bytesOfBase64(encoded ?? '');
  if (name === undefined || blob === undefined || blob.length <= KEY_ID_BYTES) return undefined;
  return {
    name,
    keyId: hexOf(blob.subarray(0, KEY_ID_BYTES)),
    signature: blob.subarray(KEY_ID_BYTES),
  };
}

function keyIdBytes(keyId: string): Uint8Array {
  if (!/^[0-9a-f]{8}$/.test(keyId)) throw new RangeError('a key id is 8 lower-case hex digits');
  return Uint8Array.from({ length: KEY_ID_BYTES }, (_, at) =>
    Number.parseInt(keyId.slice(at * 2, at * 2 + 2), 16),
  );
}
