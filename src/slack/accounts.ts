import type { ChatAccount } from '../app/channel-ports';
import type { ApprovalCard } from '../core/escalation/card';
import type { AccountOf } from './mentions';

/**
 * Linked accounts of people that the card of an execution names, to mention them. The execution tells the
 * tenant: the same principal id may be another person elsewhere.
 */
export type AccountsOf = (
  execution: string,
  principals: readonly string[],
) => Promise<ReadonlyMap<string, ChatAccount>>;

/** Accounts of everybody a card names; nobody when they cannot be looked up, which costs only mentions. */
export async function accountsOfCard(
  card: ApprovalCard | undefined,
  accountsOf: AccountsOf | undefined,
): Promise<AccountOf> {
  if (card === undefined || accountsOf === undefined) return () => undefined;
  const { votes, closed } = card;
  const people = votes.map((vote) => vote.by);
  if (closed?.by !== undefined) people.push(closed.by.id);
  if (people.length === 0) return () => undefined;
  try {
    const accounts = await accountsOf(card.display.executionId, [...new Set(people)]);
    return (principal) => accounts.get(principal);
  } catch {
    return () => undefined;
  }
}
