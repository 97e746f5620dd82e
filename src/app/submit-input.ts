import { canonicalJson } from '../core/audit/canonical-json';
import { DomainError } from '../core/errors';
import type { AgentId } from '../core/ids';
import type { Json, JsonObject } from '../core/json';
import type { AgentProfile } from '../core/policy/model';
import type { Caller } from './caller';
import type { RequestFields } from './decide-request';
import type { Cryptography, TenantSnapshot } from './ports';

export interface SubmitInput {
  readonly agent: string;
  readonly action: string;
  readonly environment?: string;
  readonly args: JsonObject;
  readonly context: JsonObject;
  readonly mode: 'decide' | 'dry_run';
  readonly idempotencyKey?: string;
  readonly attemptId?: string;
  readonly exceptionRequested?: boolean;
  readonly justification?: string;
  readonly workflow?: { readonly id?: string; readonly type?: string; readonly step?: string };
  readonly expiresAt?: string;
  /** Only for evaluate and dry_run. */
  readonly time?: string;
  /** Recorded as the party the credential's holder acts for; never authority. */
  readonly actor?: string;
}

/** An agent's key speaks for that agent alone; the same 404 as for an agent that does not exist. */
export function requireOwnAgent(caller: Caller, agent: string): void {
  const own =
    caller.agent === agent ||
    (caller.agent === undefined && caller.permissions.has('executions:submit_as'));
  if (!own)
    throw new DomainError('agent_not_found', {
      what: `No agent ${agent} is registered for this credential.`,
    });
}

export async function registeredAgent(
  snapshot: TenantSnapshot,
  agent: AgentId,
): Promise<AgentProfile> {
  const profile = await snapshot.agent(agent);
  if (profile === undefined)
    throw new DomainError('agent_not_found', {
      what: `No agent ${agent} is registered for this credential.`,
    });
  return profile;
}

export const requestFields = (input: SubmitInput, agent: AgentProfile): RequestFields => ({
  action: input.action,
  environment: input.environment ?? agent.environment,
  args: input.args,
  context: input.context,
  exceptionRequested: input.exceptionRequested ?? false,
  ...(input.justification === undefined ? {} : { justification: input.justification }),
  ...(input.workflow?.type === undefined ? {} : { workflowType: input.workflow.type }),
});

/** Everything that makes two submissions of one key the same request; the attempt is not part of it. */
const IDENTITY = [
  'agent',
  'action',
  'environment',
  'args',
  'context',
  'exceptionRequested',
  'justification',
  'workflow',
  'expiresAt',
  'actor',
] as const satisfies readonly (keyof SubmitInput)[];

/**
 * Tells a repeat of a request from a reuse of its key. A keyed MAC: a plain digest of short arguments could be
 * guessed from the row, also after they were erased.
 */
export function requestDigest(crypto: Pick<Cryptography, 'macOf'>, input: SubmitInput): string {
  const fields: Record<string, Json> = {};
  for (const name of IDENTITY) {
    const value = input[name];
    if (value !== undefined) fields[name] = value;
  }
  return crypto.macOf(canonicalJson(fields));
}
