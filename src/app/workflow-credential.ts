import { DomainError } from '../core/errors';
import type { GovernedReference } from './execution-steps';
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
  readonly crypto: Pick<Cryptography, 'macOf' | 'uuidv7' | 'equal'>;
  readonly lookup: CredentialLookup;
  readonly reads: ExecutionReads;
}

export interface WorkflowCredential {
  readonly credential: string;
  readonly expiresAt: string;
}

const claimsText = (claims: {
  readonly id: string;
  readonly execution: string;
  readonly jti: string;
  readonly expiresAtMs: number;
}): string =>
  [PREFIX, claims.id, claims.execution, claims.jti, String(claims.expiresAtMs)].join('.');

/** Mints a short-lived credential for the updates of one execution's workflow, bound to the caller's key. */
export function createMintWorkflowCredential(deps: WorkflowCredentialDeps) {
  return async (
    caller: Caller,
    input: { readonly executionId: string },
  ): Promise<WorkflowCredential> => {
    const found = caller.permissions.has('approvals:decide')
      ? await deps.reads.execution(
          caller.tenant,
          input.executionId as GovernedReference['executionId'],
        )
      : await readOwn(deps.reads, caller, input.executionId);
    if (found === undefined)
      throw new DomainError('execution_not_found', {
        what: `No execution ${input.executionId} exists for this credential.`,
      });
    const expiresAtMs = found.nowMs + LIFE_MS;
    const text = claimsText({
      id: caller.credentialId,
      execution: input.executionId,
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
  return async (
    credential: string,
    execution: string,
    nowMs: number,
  ): Promise<{ readonly caller: Caller; readonly jti: string }> => {
    const parts = credential.split('.');
    const [prefix, id = '', boundTo, jti = '', expiry = '', mac = ''] = parts;
    const text = parts.slice(0, 5).join('.');
    const genuine =
      parts.length === 6 && prefix === PREFIX && deps.crypto.equal(mac, deps.crypto.macOf(text));
    if (!genuine || boundTo !== execution)
      throw new DomainError('unauthenticated', {
        what: 'The credential is not one for this execution.',
      });
    if (Number(expiry) <= nowMs)
      throw new DomainError('unauthenticated', {
        what: 'The credential has expired; mint a new one.',
      });
    const holder = await deps.lookup.findById(id);
    if (holder === undefined)
      throw new DomainError('unauthenticated', {
        what: 'The key behind the credential is no longer valid.',
      });
    return { caller: callerOf(holder, undefined), jti };
  };
}
