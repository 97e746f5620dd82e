import type { Json } from '../json';
import { type HmacSha256, type Sha256, hexOf, textOf, utf8 } from './bytes';
import { canonicalJson } from './canonical-json';
import type { ReceiptBody } from './receipt';
import { type ReceiptCheck, type ReceiptState, receiptStateOf } from './receipt-check';
import { bytesOfBase64Url, parseReceiptJws } from './receipt-jws';
import { type ReceiptProof, judgeProof } from './receipt-proof';
import type { VerifySignature } from './verify';

/** A receipt as it is handed out and kept in a file. Everything but `receipt` is outside the signature. */
export interface ReceiptFile {
  /** Compact JWS. */
  readonly receipt: string;
  /** The signed body once more, for people. */
  readonly body?: Json;
  /** Base64url; in the copy of the agent that submitted. */
  readonly argsSalt?: string;
  /** `saltCheckOf` that salt, so that a damaged salt is noticed before it is needed. */
  readonly argsSaltCheck?: string;
  readonly proof?: ReceiptProof;
  readonly proofPending?: { readonly why: string };
}

/** Why a receipt comes without a proof. */
export const PROOF_PENDING = 'No signed checkpoint covers the verdict yet.';

export interface ReceiptJudgement {
  readonly state: ReceiptState;
  readonly checks: readonly ReceiptCheck[];
  /** What the signature covers; absent when it cannot be read. */
  readonly body?: ReceiptBody;
}

/** Keys and cryptography of the verifier's own choosing: nothing is taken from the receipt. */
export interface ReceiptVerifier {
  readonly sha256: Sha256;
  readonly hmacSha256: HmacSha256;
  readonly verifyReceiptSignature: VerifySignature;
  readonly verifyCheckpointSignature: VerifySignature;
}

export interface VerifyReceiptOptions extends ReceiptVerifier {
  /** Undefined for a body that is not of the version this code knows. */
  readonly readBody: (value: Json) => ReceiptBody | undefined;
  /** Arguments that are claimed to be those of the execution. */
  readonly args?: Json;
}

const SALT_BYTES = 32;
const SALT_CHECK = 'countersign receipt salt\n';

/** Key confirmation: tells whether a salt is the one of this digest without the arguments. Hex. */
export const saltCheckOf = (salt: Uint8Array, argsDigest: string, hmacSha256: HmacSha256): string =>
  hexOf(hmacSha256(salt, utf8(SALT_CHECK + argsDigest)));

/** Judges one receipt offline, every part that is there. Never throws on what the receipt holds. */
export function verifyReceipt(file: ReceiptFile, options: VerifyReceiptOptions): ReceiptJudgement {
  const signed = judgeSignature(file.receipt, options);
  const { payload } = signed;
  const body = payload === undefined ? undefined : options.readBody(payload);
  const checks: ReceiptCheck[] = [signed.check];
  if (payload !== undefined) {
    checks.push(judgeShown(file.body, payload, body));
    if (body !== undefined) {
      checks.push(...judgeArguments(file, body, options));
      checks.push(...judgeProof(file.proof, body, options));
    }
  }
  if (file.proof === undefined && file.proofPending !== undefined) {
    const known = file.proofPending.why === PROOF_PENDING;
    checks.push(
      known
        ? check('inclusion', 'absent', PROOF_PENDING)
        : check('inclusion', 'bad', 'proofPending does not say what the product says'),
    );
  } else if (file.proof !== undefined && file.proofPending !== undefined) {
    checks.push(check('inclusion', 'bad', 'a proof stands there and is said to be pending'));
  }
  return { state: receiptStateOf(checks), checks, ...(body === undefined ? {} : { body }) };
}

const check = (
  name: ReceiptCheck['name'],
  result: ReceiptCheck['result'],
  message: string,
): ReceiptCheck => ({ name, result, message });

interface Signed {
  readonly check: ReceiptCheck;
  /** What the JWS carries, once its form is right. */
  readonly payload?: Json;
}

function judgeSignature(jws: string, { verifyReceiptSignature }: ReceiptVerifier): Signed {
  const parsed = parseReceiptJws(jws);
  if (!parsed.ok)
    return { check: check('signature', 'bad', `the JWS is refused: ${parsed.reason}`) };
  const payload = canonicalPayload(parsed.payload);
  if (payload === undefined) {
    return { check: check('signature', 'bad', 'what is signed is not canonical JSON (RFC 8785)') };
  }
  // Signed twice, in the header and in the body: who changes the one betrays it by the other.
  if (issuerKeyOf(payload) !== parsed.keyId) {
    const message = 'the header names another key than the signed body';
    return { check: check('signature', 'bad', message), payload };
  }
  const { keyId } = parsed;
  switch (verifyReceiptSignature(keyId, parsed.signingInput, parsed.signature)) {
    case 'ok':
      return { check: check('signature', 'ok', `Ed25519 by receipt key ${keyId}`), payload };
    case 'bad':
      return {
        check: check('signature', 'bad', `it is not the signature of key ${keyId} over this body`),
        payload,
      };
    case 'unknown_key':
      return {
        check: check('signature', 'unknown', `receipt key ${keyId} is not among the keys given`),
        payload,
      };
  }
}

function canonicalPayload(bytes: Uint8Array): Json | undefined {
  try {
    const text = textOf(bytes);
    const value = JSON.parse(text) as Json;
    // Compared as bytes: malformed UTF-8 and a byte order mark would not survive as text.
    const same = hexOf(utf8(canonicalJson(value))) === hexOf(bytes);
    return same && isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function issuerKeyOf(payload: Json): Json | undefined {
  const issuer = isObject(payload) ? payload['issuer'] : undefined;
  return isObject(issuer) ? issuer['keyId'] : undefined;
}

function judgeShown(
  shown: Json | undefined,
  payload: Json,
  body: ReceiptBody | undefined,
): ReceiptCheck {
  if (shown !== undefined && !sameJson(shown, payload)) {
    return check('body', 'bad', 'the body shown is not the one that is signed');
  }
  if (body === undefined) {
    return check('body', 'unknown', 'it is of a format that this version does not know');
  }
  return shown === undefined
    ? check('body', 'absent', 'only the JWS is there')
    : check('body', 'ok', 'the body shown is the one that is signed');
}

function sameJson(a: Json, b: Json): boolean {
  try {
    return canonicalJson(a) === canonicalJson(b);
  } catch {
    return false;
  }
}

function judgeArguments(
  file: ReceiptFile,
  body: ReceiptBody,
  options: VerifyReceiptOptions,
): readonly ReceiptCheck[] {
  const { argsSalt, argsSaltCheck } = file;
  if (argsSalt === undefined) {
    if (argsSaltCheck !== undefined) {
      return [check('salt', 'bad', 'the check of a salt stands there without the salt')];
    }
    if (options.args === undefined) return [];
    const message =
      'this copy holds no salt; only the copy of the submitting agent proves arguments';
    return [check('arguments', 'unknown', message)];
  }
  const salt = bytesOfBase64Url(argsSalt);
  const { hmacSha256 } = options;
  const isWhole =
    salt?.length === SALT_BYTES && saltCheckOf(salt, body.argsDigest, hmacSha256) === argsSaltCheck;
  if (salt === undefined || !isWhole) {
    return [check('salt', 'bad', 'the salt is not the one of this receipt')];
  }
  const whole = check('salt', 'ok', 'the salt is whole');
  if (options.args === undefined) return [whole];
  return [
    whole,
    commits(salt, options.args, options) === body.argsDigest
      ? check('arguments', 'ok', 'these are the arguments that were decided on')
      : check('arguments', 'bad', 'other arguments were decided on than these'),
  ];
}

function commits(
  salt: Uint8Array,
  args: Json,
  { hmacSha256 }: ReceiptVerifier,
): string | undefined {
  try {
    return hexOf(hmacSha256(salt, utf8(canonicalJson(args))));
  } catch {
    return undefined;
  }
}
