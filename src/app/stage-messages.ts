import { isOpen } from '../core/execution/state';
import type { ExecutionRecord } from '../core/execution/settle';
import type { NotifyOn } from '../core/escalation/chain';
import type { PrincipalId } from '../core/ids';
import type { NewMessage, Tx } from './commit-ports';
import type { StoredExecution } from './ports';

/** Ends that are told in the thread; of a kill the cards speak, thousands at once. */
const TOLD_ENDS = ['approved', 'rejected', 'expired', 'cancelled'] as const;
type ToldEnd = (typeof TOLD_ENDS)[number];

const isToldEnd = (verdict: string): verdict is ToldEnd =>
  (TOLD_ENDS as readonly string[]).includes(verdict);

function noticesOf(notifyOn: NotifyOn, end: ToldEnd): NewMessage['purpose'][] {
  if (end === 'cancelled') return [];
  return notifyOn[end].map((target) => ({ kind: 'notice', target }));
}

/**
 * Asks channels for what this step calls for: a reminder, the end. Cards follow the version by themselves.
 * Nothing is asked for before the people of a level were told: there is no card to hang it on.
 */
export function stageMessages(
  tx: Tx,
  row: StoredExecution,
  records: readonly ExecutionRecord[],
): void {
  const { id, version, approval } = row.state;
  if (approval?.announced !== true) return;
  const put = (purpose: NewMessage['purpose']): void => {
    tx.putMessage({ execution: id, purpose, version });
  };
  for (const record of records) {
    if (record.kind === 'ladder' && record.event.kind === 'reminded') {
      const { opening, mark } = record.event;
      // A late one may be found by the vote that ended it, or before the people were asked at all.
      const waits = isOpen(row.state) && approval.level.opening === opening && approval.level.told;
      if (waits) put({ kind: 'reminder', opening, mark });
    }
    const end = record.kind === 'closed' ? record.verdict : undefined;
    if (end === undefined || !isToldEnd(end)) continue;
    put({ kind: 'ended' });
    for (const purpose of noticesOf(approval.chain.notifyOn, end)) put(purpose);
  }
}

/** Asks for the card, the call to the level's people in its thread, and copies to whoever is on call. */
export function stageOpening(tx: Tx, row: StoredExecution, onCall: readonly PrincipalId[]): void {
  const { id, version, approval } = row.state;
  if (approval === undefined || !isOpen(row.state)) return;
  const { opening } = approval.level;
  const people = onCall.map((person) => ({ kind: 'copy', person }) as const);
  for (const purpose of [
    { kind: 'card' } as const,
    { kind: 'opened', opening } as const,
    ...people,
  ])
    tx.putMessage({ execution: id, purpose, version });
}
