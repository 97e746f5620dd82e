import type { RegisterAgentInput } from '../contract/agents';
import type { Role } from '../core/access/permissions';
import { DomainError } from '../core/errors';
import { agentId, agentPrincipal, userPrincipal } from '../core/ids';
import type { AgentProfile } from '../core/policy/model';
import { toolProfile } from '../core/risk/tool-profile';
import { actorOf } from './audit-records';
import { enrollerOf, requirePermission, type Caller } from './caller';
import type { Cryptography } from './ports';
import type { RegistryReads } from './read-ports';
import type { Committer, NewCredential, NewUser, Tx } from './commit-ports';

export interface DirectoryDeps {
  readonly committer: Committer;
  readonly crypto: Cryptography;
  readonly reads: RegistryReads;
  /** `dev` or `prod`: stands in every key, so that a leaked one tells where it belongs. */
  readonly keyEnvironment: string;
}

const encoder = new TextEncoder();

/** A new key, shown once and stored as the hash of the whole string. */
export function makeCredential(
  deps: Pick<DirectoryDeps, 'crypto' | 'keyEnvironment'>,
  holder: Pick<NewCredential, 'principal' | 'enrolledBy' | 'label'> &
    Partial<Pick<NewCredential, 'agent'>>,
  given?: string,
): { readonly key: string; readonly credential: NewCredential } {
  const id = Buffer.from(deps.crypto.randomBytes(6)).toString('hex');
  const secret = Buffer.from(deps.crypto.randomBytes(32)).toString('hex');
  const key = given ?? `cs_${deps.keyEnvironment}_${id}_${secret}`;
  return {
    key,
    credential: {
      ...holder,
      id,
      hash: deps.crypto.sha256(encoder.encode(key)),
      assurance: 'issued',
    },
  };
}

async function storeCredential(
  tx: Tx,
  caller: Pick<Caller, 'principal'> & Parameters<typeof actorOf>[0],
  credential: NewCredential,
): Promise<void> {
  if (!(await tx.registry.insertCredential(credential)))
    throw new DomainError('conflict', { what: 'This key exists already.' });
  tx.audit({
    type: 'key.issued',
    actor: actorOf(caller),
    target: { kind: 'credential', id: credential.id },
    context: { holder: credential.principal, assurance: credential.assurance },
  });
}

export interface CreateUserInput {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly approverRoles: readonly string[];
  /** Id of a user, who may be created later. */
  readonly manager?: string;
}

/** `warnings` only where there are any. */
export type CreatedUser = NewUser & { readonly warnings?: readonly string[] };

export function createCreateUser(deps: DirectoryDeps) {
  return async (caller: Caller, input: CreateUserInput): Promise<CreatedUser> => {
    requirePermission(caller, 'users:write');
    const { manager } = input;
    const managerKnown = await deps.committer.commit(caller.tenant, {
      lane: 'exclusive',
      work: async (tx) => {
        if (!(await tx.registry.insertUser(input)))
          throw new DomainError('conflict', {
            what: `A user of the id ${input.id} or of this e-mail address exists already.`,
          });
        const target = { kind: 'user', id: userPrincipal(input.id) };
        tx.audit({
          type: 'user.created',
          actor: actorOf(caller),
          target,
          ...(manager === undefined ? {} : { context: { manager } }),
        });
        for (const role of input.roles)
          tx.audit({ type: 'role.granted', actor: actorOf(caller), target, context: { role } });
        for (const role of input.approverRoles)
          tx.audit({
            type: 'role.granted',
            actor: actorOf(caller),
            target,
            context: { approverRole: role },
          });
        return manager === undefined || (await tx.registry.userExists(manager));
      },
    });
    if (managerKnown) return input;
    const missing = `The manager ${manager ?? ''} is not a user yet; until then \`manager_of: requester\` names nobody for ${input.id}.`;
    return { ...input, warnings: [missing] };
  };
}

export function createListUsers(deps: DirectoryDeps) {
  return async (caller: Caller): Promise<{ items: readonly NewUser[] }> => {
    requirePermission(caller, 'users:read');
    return { items: await deps.reads.users(caller.tenant) };
  };
}

/** Makes an API key for a person. Its assurance is `issued`: issuer and holder count as one human. */
export function createIssueUserKey(deps: DirectoryDeps) {
  return async (
    caller: Caller,
    userId: string,
    input: { readonly label?: string },
  ): Promise<{ id: string; key: string }> => {
    requirePermission(caller, 'keys:issue');
    const principal = userPrincipal(userId);
    const made = makeCredential(deps, {
      principal,
      enrolledBy: enrollerOf(caller, principal),
      label: input.label ?? '',
    });
    await deps.committer.commit(caller.tenant, {
      lane: 'exclusive',
      work: async (tx) => {
        if (!(await tx.registry.userExists(userId)))
          throw new DomainError('user_not_found', { what: `No user ${userId} exists.` });
        await storeCredential(tx, caller, made.credential);
      },
    });
    return { id: made.credential.id, key: made.key };
  };
}

export type RegisteredAgent = AgentProfile & {
  readonly key: string;
  readonly warnings: readonly string[];
};

/** Registers an agent with its first key. The key never holds an approver role. */
export function createRegisterAgent(deps: DirectoryDeps) {
  return async (caller: Caller, input: RegisterAgentInput): Promise<RegisteredAgent> => {
    requirePermission(caller, 'agents:write');
    const id = agentId(input.id);
    const profile: AgentProfile = {
      id,
      owner: input.owner,
      riskLevel: input.riskLevel,
      environment: input.environment,
      environments: input.environments,
      tags: input.tags,
      status: 'active',
      ...(input.name === undefined ? {} : { name: input.name }),
      ...(input.model === undefined ? {} : { model: input.model }),
      ...(input.team === undefined ? {} : { team: input.team }),
      ...toolProfile(input.tools),
    };
    const made = makeCredential(deps, {
      principal: agentPrincipal(id),
      agent: id,
      enrolledBy: caller.principal,
      label: 'first key',
    });
    const ownerKnown = await deps.committer.commit(caller.tenant, {
      lane: 'exclusive',
      work: async (tx) => {
        await requireKnownPolicies(deps, caller, input.policies);
        if (
          !(await tx.registry.insertAgent({
            ...profile,
            registeredBy: caller.principal,
            policies: input.policies,
            tools: input.tools,
          }))
        ) {
          throw new DomainError('conflict', { what: `Agent ${id} exists already.` });
        }
        tx.audit({
          type: 'agent.registered',
          actor: actorOf(caller),
          agent: id,
          target: { kind: 'agent', id },
          context: {
            owner: input.owner,
            riskLevel: input.riskLevel,
            environments: input.environments,
          },
        });
        await storeCredential(tx, caller, made.credential);
        return tx.registry.userExists(input.owner);
      },
    });
    const warnings = ownerKnown
      ? []
      : [
          `The owner ${input.owner} is not a user yet; create the user so that somebody answers for this agent.`,
        ];
    return { ...profile, key: made.key, warnings };
  };
}

async function requireKnownPolicies(
  deps: DirectoryDeps,
  caller: Caller,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const known = new Set((await deps.reads.policies(caller.tenant)).map((policy) => policy.id));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length === 0) return;
  throw new DomainError('validation_failed', {
    problems: unknown.map((id) => ({
      path: `policies[${String(ids.indexOf(id))}]`,
      message: `no policy ${id} exists`,
    })),
  });
}

export function createListAgents(deps: DirectoryDeps) {
  return async (caller: Caller): Promise<{ items: readonly AgentProfile[] }> => {
    requirePermission(caller, 'agents:read');
    return { items: await deps.reads.agents(caller.tenant) };
  };
}
