import { type Sha256, concatBytes, hexOf, utf8 } from './bytes';
import { CHECKPOINT_KEY_NAME, parseCheckpointNote } from './checkpoint';
import { verifyInclusion } from './merkle';
import type { ReceiptBody } from './receipt';
import type { ReceiptCheck } from './receipt-check';
import type { VerifySignature } from './verify';

/** Proof that the row which records the verdict stands in the log of a signed checkpoint. */
export interface ReceiptProof {
  /** The row's header as stored; the Merkle leaf is SHA-256(0x00 ‖ header). */
  readonly header: string;
  /** Hex. */
  readonly leafHash: string;
  /** Position of the leaf, from 0. */
  readonly index: number;
  /** Sibling hashes from the leaf upwards, hex (RFC 9162). */
  readonly path: readonly string[];
  /** Signed note. */
  readonly checkpoint: string;
  readonly checkpointKeyId: string;
}

interface ProofVerifier {
  readonly sha256: Sha256;
  readonly verifyCheckpointSignature: VerifySignature;
}

const HASH_HEX = /^[0-9a-f]{64}$/;
const PATH_LENGTH_MAX = 64;

/** Judges a proof against the signed body: the leaf first, then the checkpoint, then the path. */
export function judgeProof(
  proof: ReceiptProof | undefined,
  body: ReceiptBody,
  verifier: ProofVerifier,
): readonly ReceiptCheck[] {
  if (proof === undefined) return [];
  const wrongLeaf = leafProblem(proof, body, verifier.sha256);
  if (wrongLeaf !== undefined) return [bad('inclusion', wrongLeaf)];
  const note = parseCheckpointNote(proof.checkpoint);
  if (!note.ok) return [bad('checkpoint', `it is malformed: ${note.reason}`)];
  const { size, root, origin, timeMs } = note.checkpoint;
  const [signature, ...more] = note.signatures;
  if (signature?.name !== CHECKPOINT_KEY_NAME || more.length > 0) {
    return [bad('checkpoint', `it does not bear exactly one signature, by ${CHECKPOINT_KEY_NAME}`)];
  }
  if (signature.keyId !== proof.checkpointKeyId) {
    return [bad('checkpoint', 'it is signed by another key than the proof names')];
  }
  if (origin !== body.issuer.log) return [bad('checkpoint', 'it belongs to another log')];
  const checks: ReceiptCheck[] = [];
  const { keyId } = signature;
  switch (verifier.verifyCheckpointSignature(keyId, utf8(note.text), signature.signature)) {
    case 'bad':
      return [bad('checkpoint', 'its signature is wrong')];
    case 'unknown_key':
      checks.push({
        name: 'checkpoint',
        result: 'unknown',
        message: `checkpoint key ${keyId} is not among the keys given`,
      });
      break;
    case 'ok':
      checks.push({
        name: 'checkpoint',
        result: 'ok',
        message: `${String(size)} rows of ${origin}, signed ${new Date(timeMs).toISOString()} by key ${keyId}`,
      });
  }
  const included = isIncluded(proof, size, root, verifier.sha256);
  const message = `row ${String(body.audit.closing.seq)} stands in that log`;
  return [
    ...checks,
    included
      ? { name: 'inclusion', result: 'ok', message }
      : bad('inclusion', 'the path does not lead from the row to the checkpoint'),
  ];
}

const bad = (name: 'checkpoint' | 'inclusion', message: string): ReceiptCheck => ({
  name,
  result: 'bad',
  message,
});

/** Whether the leaf is the row that the signed body names. */
function leafProblem(
  { header, leafHash, index }: ReceiptProof,
  { audit, tenant }: ReceiptBody,
  sha256: Sha256,
): string | undefined {
  const { closing } = audit;
  if (leafHash !== closing.leafHash) return 'the proof is of another row than the receipt names';
  if (hexOf(sha256(concatBytes(Uint8Array.of(0), utf8(header)))) !== leafHash) {
    return 'the leaf hash is not the hash of the header';
  }
  if (index !== closing.seq - 1) return 'the leaf stands elsewhere than the receipt says';
  const fields = parseHeader(header);
  const agrees =
    fields?.['log'] === tenant &&
    fields['seq'] === closing.seq &&
    fields['id'] === closing.id &&
    fields['type'] === closing.type;
  return agrees ? undefined : 'the header is of another row than the receipt names';
}

function parseHeader(header: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(header);
    return typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isIncluded(proof: ReceiptProof, size: number, root: Uint8Array, sha256: Sha256): boolean {
  const { path, leafHash, index } = proof;
  if (path.length > PATH_LENGTH_MAX || ![leafHash, ...path].every((hash) => HASH_HEX.test(hash))) {
    return false;
  }
  const claim = { index, size, root, leafHash: bytesOfHex(leafHash), proof: path.map(bytesOfHex) };
  return verifyInclusion(claim, sha256);
}

/** Of text that HASH_HEX accepted. */
const bytesOfHex = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, at) =>
    Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16),
  );
