import { canonicalJson } from '../core/audit/canonical-json';
import { DomainError } from '../core/errors';
import { eventId, type ExecutionId, type TenantId } from '../core/ids';
import type { Json } from '../core/json';
import type { Cryptography, PayloadKind, SealedPayload } from './ports';

const SALT_BYTES = 32;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Bound into the ciphertext, so that a payload moved to another execution does not open. */
const placeOf = (tenant: TenantId, execution: ExecutionId): string => `${tenant}/${execution}`;

export interface Sealed {
  readonly payload: SealedPayload;
  /** Hex of the salted commitment; for arguments this is the argsDigest. */
  readonly commitment: string;
  readonly salt: Uint8Array;
}

/** Encrypts one payload together with its salt: erasing the key takes the salt with it. */
export function seal(
  crypto: Cryptography,
  place: { readonly tenant: TenantId; readonly execution: ExecutionId },
  kind: PayloadKind,
  value: Json,
): Sealed {
  const bytes = encoder.encode(canonicalJson(value));
  const salt = crypto.newSalt();
  const commitment = crypto.commit(salt, bytes);
  const plaintext = new Uint8Array(SALT_BYTES + bytes.length);
  plaintext.set(salt, 0);
  plaintext.set(bytes, SALT_BYTES);
  const { wrappedKey, ciphertext } = crypto.sealPayload(
    kind,
    plaintext,
    placeOf(place.tenant, place.execution),
  );
  const payload: SealedPayload = {
    id: eventId(crypto.uuidv7()),
    execution: place.execution,
    kind,
    commitment: Buffer.from(commitment, 'hex'),
    wrappedKey,
    ciphertext,
  };
  return { payload, commitment, salt };
}

export interface Opened {
  readonly value: Json;
  readonly salt: Uint8Array;
}

/** Decrypts one payload and checks it against its commitment; undefined when it was erased. */
function open(crypto: Cryptography, tenant: TenantId, payload: SealedPayload): Opened | undefined {
  const opened = crypto.openPayload(
    payload.kind,
    { wrappedKey: payload.wrappedKey ?? null, ciphertext: payload.ciphertext },
    placeOf(tenant, payload.execution),
  );
  if (!opened.ok) {
    if (opened.reason === 'erased') return undefined;
    throw new DomainError('internal', {
      internal: `payload ${payload.id} does not open: ${opened.reason}`,
    });
  }
  const salt = opened.plaintext.subarray(0, SALT_BYTES);
  const bytes = opened.plaintext.subarray(SALT_BYTES);
  if (crypto.commit(salt, bytes) !== Buffer.from(payload.commitment).toString('hex')) {
    throw new DomainError('internal', {
      internal: `payload ${payload.id} does not match its commitment`,
    });
  }
  return { value: JSON.parse(decoder.decode(bytes)) as Json, salt };
}

/** The payload of this commitment (hex), opened; undefined when it is not there or was erased. */
export function openCommitted(
  crypto: Cryptography,
  tenant: TenantId,
  payloads: readonly SealedPayload[],
  commitment: string,
): Json | undefined {
  const payload = payloads.find(
    (each) => Buffer.from(each.commitment).toString('hex') === commitment,
  );
  return payload === undefined ? undefined : open(crypto, tenant, payload)?.value;
}

export function openKind(
  crypto: Cryptography,
  tenant: TenantId,
  payloads: readonly SealedPayload[],
  kind: PayloadKind,
): Opened | undefined {
  const payload = payloads.find((candidate) => candidate.kind === kind);
  return payload === undefined ? undefined : open(crypto, tenant, payload);
}
