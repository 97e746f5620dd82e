import type { ApprovalCard } from '../core/escalation/card';
import type { AccountOf } from './mentions';

/** Accounts of the people a card names; nobody where there is no card. */
export function accountsOfCard(card: ApprovalCard | undefined): AccountOf {
  const accounts = card?.accounts ?? {};
  return (principal) => (Object.hasOwn(accounts, principal) ? accounts[principal] : undefined);
}
