import {
  describeSelector,
  type ApproverSelector,
  selectorsOf,
  type Ladder,
} from '../core/escalation/chain';
import type { ResolveApprovers } from '../core/escalation/approval-state';
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

/** The people a text may mean: by id, principal or e-mail address, in any case, also as `Name <address>`. */
function peopleNamed(people: Asked['people'], text: string): readonly PrincipalId[] {
  const address = /<([^<>]+)>/.exec(text)?.[1];
  const names = [text, ...(address === undefined ? [] : [address])].map((name) =>
    name
      .trim()
      .toLowerCase()
      .replace(/^user:/, ''),
  );
  return [...people.values()]
    .flat()
    .filter(({ principal, email }) => {
      const own = [principal.replace(/^user:/, ''), email].map((each) => each.toLowerCase());
      return own.some((each) => each !== '' && names.includes(each));
    })
    .map(({ principal }) => principal);
}

/**
 * Who can be asked now and who is kept out: the verified requester; without one the agent's owner, its
 * registrar and whoever minted its keys; the owner where the chain says so; and a user the agent claims to
 * act for (by id or e-mail address).
 */
export async function whoMayDecide(
  tx: Tx,
  chain: Pick<Ladder, 'levels' | 'separation'>,
  request: Pick<StoredExecution, 'agent' | 'requester'>,
  claimed: string | undefined,
  known: readonly PrincipalId[] = [],
): Promise<Asked> {
  const registration = await tx.agentRegistration(request.agent);
  const verified = request.requester.startsWith('user:');
  const people = await tx.approvers(selectorsOf(chain.levels), {
    ...(verified ? { requester: request.requester } : {}),
    ...(registration === undefined ? {} : { owner: registration.owner }),
  });
  const excluded = new Set<PrincipalId>(known);
  if (chain.separation.requester === 'exclude') excluded.add(request.requester);
  if (registration !== undefined) {
    if (chain.separation.agentOwner === 'exclude' || !verified) {
      excluded.add(userPrincipal(registration.owner));
      for (const person of peopleNamed(people, registration.owner)) excluded.add(person);
    }
    if (!verified) {
      excluded.add(registration.registeredBy);
      for (const minter of registration.keyMinters) excluded.add(minter);
    }
  }
  // Only people who could decide are noted: a claim of an agent must not stand readable in the row.
  if (claimed !== undefined)
    for (const person of peopleNamed(people, claimed)) excluded.add(person);
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
