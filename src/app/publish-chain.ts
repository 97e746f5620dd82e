import type { ChainContent } from '../contract/chains/document';
import { loadChain, type ChainLoadOptions, type LoadedChain } from '../contract/chains/load';
import type { Diagnostic } from '../contract/policy/diagnostic';
import { DomainError } from '../core/errors';
import { selectorsOf, type ChainDefinition } from '../core/escalation/chain';
import { describeChain } from '../core/escalation/describe-chain';
import { PREDEFINED_CHAINS } from '../core/escalation/predefined-chains';
import type { TenantId } from '../core/ids';
import type { CompileDependencies } from '../core/policy/capabilities';
import { actorOf } from './audit-records';
import { requirePermission, type Caller } from './caller';
import type { ChainReads } from './chain-ports';
import type { Committer } from './commit-ports';
import type { Cryptography, SnapshotSource, TenantSnapshot } from './ports';

export interface ChainDeps {
  readonly committer: Committer;
  readonly snapshots: SnapshotSource;
  readonly crypto: Pick<Cryptography, 'sha256'>;
  readonly reads: ChainReads;
  readonly capabilities: CompileDependencies;
}

export interface ChainText {
  /** The id the document must have; without it the document names it. */
  readonly id?: string;
  /** YAML or JSON. */
  readonly text: string;
}

export interface PublishedChain {
  readonly id: string;
  readonly version: number;
  /** This text was in force already. */
  readonly unchanged: boolean;
  readonly warnings: readonly Diagnostic[];
  readonly definition: ChainDefinition;
  readonly description: string;
}

/** Loads against the tenant's lists and the people it has now. */
async function load(
  deps: Pick<ChainDeps, 'reads' | 'capabilities'>,
  tenant: TenantId,
  { listNames }: TenantSnapshot,
  { id, text }: ChainText,
): Promise<LoadedChain> {
  const options: ChainLoadOptions = {
    lists: listNames,
    compilers: deps.capabilities,
    ...(id === undefined ? {} : { id }),
  };
  const loaded = loadChain(text, options);
  if (!loaded.ok) return loaded;
  const asked = selectorsOf(loaded.definition.levels).filter(
    ({ kind }) => kind !== 'manager_of' && kind !== 'owner_of',
  );
  return loadChain(text, { ...options, people: await deps.reads.peopleBehind(tenant, asked) });
}

function invalid(problems: readonly Diagnostic[]): DomainError {
  const count = problems.filter(({ severity }) => severity === 'error').length;
  const what = `The chain has ${String(count)} problem${count === 1 ? '' : 's'}.`;
  return new DomainError('chain_invalid', { what, problems });
}

const approvesInSilence = (warnings: readonly Diagnostic[]): boolean =>
  warnings.some(({ code }) => code === 'silent_approve');

/**
 * Stores a chain as an immutable version, unless its text is stored already, and puts it in force. Advances the
 * epoch: what is decided from then on climbs it.
 *
 * @throws DomainError `chain_invalid` with every problem at once.
 */
export function createPublishChain(deps: ChainDeps) {
  return async (caller: Caller, input: ChainText): Promise<PublishedChain> => {
    requirePermission(caller, 'chains:write');
    const digest = Buffer.from(deps.crypto.sha256(new TextEncoder().encode(input.text))).toString(
      'hex',
    );
    let loaded: { definition: ChainContent; warnings: readonly Diagnostic[] } | undefined;
    const stored = await deps.committer.commit(caller.tenant, {
      lane: 'exclusive',
      prepare: async (snapshot) => {
        const found = await load(deps, caller.tenant, snapshot, input);
        if (!found.ok) throw invalid(found.problems);
        loaded = found;
      },
      work: async (tx) => {
        if (loaded === undefined) throw new Error('the chain was not prepared');
        const { definition, warnings } = loaded;
        const { id } = definition;
        // A version names one content (I-3), so a tenant's own count on from the predefined one.
        const after = PREDEFINED_CHAINS.get(id)?.version ?? 0;
        const author = caller.principal;
        const made = await tx.registry.publishChain({
          id,
          text: input.text,
          digest,
          author,
          after,
        });
        if (made.unchanged) return { ...made, definition, warnings };
        tx.audit({
          type: 'chain.changed',
          actor: actorOf(caller),
          target: { kind: 'chain', id },
          outcome: 'published',
          context: {
            version: made.version,
            digest,
            levels: definition.levels.length,
            approvesInSilence: approvesInSilence(warnings),
          },
        });
        tx.bumpEpoch();
        return { ...made, definition, warnings };
      },
    });
    if (!stored.unchanged) deps.snapshots.invalidate(caller.tenant);
    const { version, unchanged, warnings } = stored;
    const definition = { ...stored.definition, version };
    const description = describeChain(definition);
    return { id: definition.id, version, unchanged, warnings, definition, description };
  };
}

export interface ChainValidation {
  readonly ok: boolean;
  readonly problems: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
  /** What the chain would do, in plain English. */
  readonly description?: string;
}

/** Loads without storing. */
export function createValidateChain(deps: ChainDeps) {
  return async (caller: Caller, input: ChainText): Promise<ChainValidation> => {
    requirePermission(caller, 'chains:read');
    const snapshot = await deps.snapshots.current(caller.tenant);
    const loaded = await load(deps, caller.tenant, snapshot, input);
    if (!loaded.ok) return { ok: false, problems: loaded.problems, warnings: [] };
    const { warnings, definition } = loaded;
    return { ok: true, problems: [], warnings, description: describeChain(definition) };
  };
}
