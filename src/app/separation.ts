import {
  describeSelector,
  type ApproverSelector,
  type ChainDefinition,
} from '../core/escalation/chain';
import type { ResolveApprovers } from '../core/escalation/ladder';
import { principalId, userPrincipal, type PrincipalId } from '../core/ids';
import type { Caller } from './caller';
import type { StoredExecution } from './ports';
import type { Approver, Tx } from './commit-ports';

/** A user whom the agent names in its context: a claim, so it may exclude that person but never select one. */
export function claimedUser(context: Readonly<Record<string, unknown>>): string | undefined {
  const claimed = context['user'];
  return typeof claimed === 'string' && claimed.length > 0 ? claimed : undefined;
}

/** Whoever made the key that a person submits with may hold a copy of it, so both count as one human. */
export function sameHuman(requester: Caller): readonly PrincipalId[] {
  const { kind, assurance, issuer } = requester;
  return kind === 'user' && assurance === 'issued' && issuer !== undefined ? [issuer] : [];
}

export interface Asked {
  readonly people: ReadonlyMap<string, readonly Approver[]>;
  readonly excluded: readonly PrincipalId[];
  readonly resolve: ResolveApprovers;
}

const selectorsOf = (chain: ChainDefinition): ApproverSelector[] =>
  chain.levels.flatMap((level) => level.groups.flatMap((group) => [...group.selectors]));

/**
 * Who can be asked now and who is kept out: the verified requester; without one the agent's owner, its
 * registrar and whoever minted its keys; the owner where the chain says so; and a user the agent claims to
 * act for (by id or e-mail address).
 */
export async function whoMayDecide(
  tx: Tx,
  chain: ChainDefinition,
  request: Pick<StoredExecution, 'agent' | 'requester'>,
  claimed: string | undefined,
  known: readonly PrincipalId[] = [],
): Promise<Asked> {
  const people = await tx.approvers(selectorsOf(chain));
  const registration = await tx.agentRegistration(request.agent);
  const verified = request.requester.startsWith('user:');
  const excluded = new Set<PrincipalId>(known);
  if (chain.separation.requester === 'exclude') excluded.add(request.requester);
  if (registration !== undefined) {
    const owner = userPrincipal(registration.owner);
    if (chain.separation.agentOwner === 'exclude' || !verified) excluded.add(owner);
    if (!verified) {
      excluded.add(registration.registeredBy);
      for (const minter of registration.keyMinters) excluded.add(minter);
    }
  }
  if (claimed !== undefined) {
    // Only people who could decide are noted: a claim of an agent must not stand readable in the row.
    const name = claimed.toLowerCase();
    for (const { principal, email } of [...people.values()].flat()) {
      const named = [principal, email].map((text) => text.toLowerCase());
      if (named.includes(name) || named.includes(userPrincipal(name))) excluded.add(principal);
    }
  }
  const resolve: ResolveApprovers = (selector) =>
    (people.get(describeSelector(selector)) ?? [])
      .map((person) => person.principal)
      .filter((person) => !excluded.has(person));
  return { people, excluded: [...excluded].sort(), resolve };
}

/** Whether the person stands behind the level's selectors at this moment, exclusions aside. */
export function namedNow(
  asked: Asked,
  selectors: readonly ApproverSelector[],
  person: PrincipalId,
): boolean {
  return selectors.some((selector) =>
    (asked.people.get(describeSelector(selector)) ?? []).some(
      (each) => each.principal === principalId(person),
    ),
  );
}
