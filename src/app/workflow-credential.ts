import { canonicalJson } from '../core/audit/canonical-json';
import { executionId } from '../core/ids';
import type { JsonObject } from '../core/json';
import { DomainError } from '../core/errors';
import { callerOf } from './authenticate';
import type { Caller } from './caller';
import type { Cryptography } from './ports';
import type { CredentialLookup } from './read-ports';
import { readOwn } from './read-execution';
import type { ExecutionReads } from './read-ports';

/** A key must never stand in a workflow history, so an update carries this instead: five minutes, one execution. */
const LIFE_MS = 5 * 60_000;
const PREFIX = 'cwc1';

export interface WorkflowCredentialDeps {
  readonly crypto: Pick<Cryptography, 'macOf' | 'uuidv7' | 'equal' | 'sha256'>;
  readonly lookup: CredentialLookup;
  readonly reads: ExecutionReads;
}

export interface WorkflowCredential {
  readonly credential: string;
  readonly expiresAt: string;
}

/** The update that the credential is for, with its exact command. */
export interface WorkflowUpdate {
  readonly update: 'vote' | 'release' | 'outcome';
  readonly command: JsonObject;
}

/** One credential, one command: what is read out of a history authorises nothing but its own repetition. */
const digestOf = (
  crypto: WorkflowCredentialDeps['crypto'],
  { update, command }: WorkflowUpdate,
): string =>
  Buffer.from(crypto.sha256(new TextEncoder().encode(canonicalJson({ update, command })))).toString(
    'base64url',
  );

interface Claims {
  readonly credentialId: string;
  readonly execution: string;
  readonly command: string;
  readonly jti: string;
  readonly expiresAtMs: number;
}

const claimsText = (claims: Claims): string =>
  [
    PREFIX,
    claims.credentialId,
    claims.execution,
    claims.command,
    claims.jti,
    String(claims.expiresAtMs),
  ].join('.');

/** Mints a short-lived credential for one update of one execution's workflow, bound to the caller's key. */
export function createMintWorkflowCredential(deps: WorkflowCredentialDeps) {
  return async (
    caller: Caller,
    input: WorkflowUpdate & { readonly executionId: string },
  ): Promise<WorkflowCredential> => {
    const found = caller.permissions.has('approvals:decide')
      ? await deps.reads.execution(caller.tenant, executionId(input.executionId))
      : await readOwn(deps.reads, caller, input.executionId);
    if (found === undefined) {
      throw new DomainError('execution_not_found', {
        what: `No execution ${input.executionId} exists for this credential.`,
      });
    }
    const expiresAtMs = found.nowMs + LIFE_MS;
    const text = claimsText({
      credentialId: caller.credentialId,
      execution: input.executionId,
      command: digestOf(deps.crypto, input),
      jti: deps.crypto.uuidv7(),
      expiresAtMs,
    });
    return {
      credential: `${text}.${deps.crypto.macOf(text)}`,
      expiresAt: new Date(expiresAtMs).toISOString(),
    };
  };
}

/** The caller behind a workflow credential, and its one-time id, which makes a repeated update the same command. */
export function createRedeemWorkflowCredential(deps: WorkflowCredentialDeps) {
  const refuse = (what: string): DomainError => new DomainError('unauthenticated', { what });
  return async (
    credential: string,
    execution: string,
    asked: WorkflowUpdate,
    nowMs: number,
  ): Promise<{ readonly caller: Caller; readonly jti: string }> => {
    const parts = credential.split('.');
    const [prefix, id = '', boundTo, command, jti = '', expiry = '', mac = ''] = parts;
    const text = parts.slice(0, 6).join('.');
    const genuine =
      parts.length === 7 && prefix === PREFIX && deps.crypto.equal(mac, deps.crypto.macOf(text));
    if (!genuine || boundTo !== execution)
      throw refuse('The credential is not one for this execution.');
    if (command !== digestOf(deps.crypto, asked))
      throw refuse('The credential is for another command than this one.');
    if (Number(expiry) <= nowMs) throw refuse('The credential has expired; mint a new one.');
    const holder = await deps.lookup.findById(id);
    if (holder === undefined) throw refuse('The key behind the credential is no longer valid.');
    return { caller: callerOf(holder, undefined), jti };
  };
}
