import type { Diagnostic } from '../contract/policy/diagnostic';
import { loadPolicy, type LoadedPolicy } from '../contract/policy/load';
import { DomainError } from '../core/errors';
import type { CompileDependencies } from '../core/policy/capabilities';
import { actorOf } from './audit-records';
import { requirePermission, type Caller } from './caller';
import type { Cryptography, SnapshotSource, TenantSnapshot } from './ports';
import type { RegistryReads, StoredPolicy } from './read-ports';
import type { Committer } from './commit-ports';

export interface PolicyDeps {
  readonly committer: Committer;
  readonly snapshots: SnapshotSource;
  readonly crypto: Cryptography;
  readonly reads: RegistryReads;
  readonly capabilities: CompileDependencies;
}

export interface PublishInput {
  readonly id: string;
  readonly text: string;
  readonly contentType: 'yaml' | 'json';
  readonly publish: boolean;
}

export interface PublishedPolicy {
  readonly id: string;
  readonly version: number;
  readonly published: boolean;
  /** The newest version already had this text. */
  readonly unchanged: boolean;
  readonly warnings: readonly Diagnostic[];
}

function load(
  deps: PolicyDeps,
  snapshot: TenantSnapshot,
  input: { readonly id: string; readonly text: string },
): LoadedPolicy {
  return loadPolicy(input.text, {
    id: input.id,
    bundleDefault: snapshot.bundleDefault,
    lists: snapshot.listNames,
    chains: new Set(snapshot.chains.keys()),
    compilers: deps.capabilities,
  });
}

type Sound = Extract<LoadedPolicy, { readonly ok: true }>;

function loadSound(
  deps: PolicyDeps,
  snapshot: TenantSnapshot,
  input: { readonly id: string; readonly text: string },
): Sound {
  const loaded = load(deps, snapshot, input);
  if (loaded.ok) return loaded;
  const count = loaded.problems.length;
  throw new DomainError('policy_invalid', {
    what: `Policy ${input.id} has ${String(count)} problem${count === 1 ? '' : 's'}.`,
    problems: loaded.problems,
  });
}

/** Stores a new immutable version, or refuses with every problem at once. Publishing advances the epoch. */
export function createPublishPolicy(deps: PolicyDeps) {
  return async (caller: Caller, input: PublishInput): Promise<PublishedPolicy> => {
    requirePermission(caller, input.publish ? 'policies:publish' : 'policies:write');
    let loaded: Sound | undefined;
    const digest = Buffer.from(deps.crypto.sha256(new TextEncoder().encode(input.text))).toString(
      'hex',
    );
    const stored = await deps.committer.commit(caller.tenant, {
      lane: 'exclusive',
      // Again when the epoch moved: a chain or a list that the policy names may be gone.
      prepare: (snapshot) => {
        loaded = loadSound(deps, snapshot, input);
        return Promise.resolve();
      },
      work: async (tx) => {
        if (loaded === undefined) throw new Error('the policy was not prepared');
        const { document, warnings } = loaded;
        const made = await tx.registry.insertPolicyVersion({
          id: input.id,
          text: input.text,
          format: document.notation,
          digest,
          author: caller.principal,
          publish: input.publish,
          bundle: false,
        });
        if (made.unchanged) return { ...made, warnings };
        tx.audit({
          type: input.publish ? 'policy.published' : 'policy.stored',
          actor: actorOf(caller),
          target: { kind: 'policy', id: input.id },
          outcome: input.publish ? 'published' : 'stored',
          context: {
            version: made.version,
            digest,
            notation: document.notation,
            rules: document.rules.length,
          },
        });
        if (input.publish) tx.bumpEpoch();
        return { ...made, warnings };
      },
    });
    if (input.publish && !stored.unchanged) deps.snapshots.invalidate(caller.tenant);
    return {
      id: input.id,
      version: stored.version,
      published: input.publish,
      unchanged: stored.unchanged,
      warnings: stored.warnings,
    };
  };
}

/** Loads without storing. */
export function createValidatePolicy(deps: PolicyDeps) {
  return async (caller: Caller, input: { readonly id: string; readonly text: string }) => {
    requirePermission(caller, 'policies:read');
    const loaded = load(deps, await deps.snapshots.current(caller.tenant), input);
    return loaded.ok
      ? { ok: true, problems: [] as readonly Diagnostic[], warnings: loaded.warnings }
      : { ok: false, problems: loaded.problems, warnings: [] as readonly Diagnostic[] };
  };
}

export function createListPolicies(deps: PolicyDeps) {
  return async (caller: Caller): Promise<{ items: readonly StoredPolicy[] }> => {
    requirePermission(caller, 'policies:read');
    return { items: await deps.reads.policies(caller.tenant) };
  };
}

export function createReadPolicy(deps: PolicyDeps) {
  return async (caller: Caller, input: { readonly id: string; readonly version?: number }) => {
    requirePermission(caller, 'policies:read');
    const found = await deps.reads.policy(caller.tenant, input.id, input.version);
    if (found === undefined)
      throw new DomainError('policy_not_found', {
        what: `No policy ${input.id} of that version exists.`,
      });
    const { id, version, text, digest, publishedVersion } = found;
    return { id, version, text, digest, published: publishedVersion === version };
  };
}
