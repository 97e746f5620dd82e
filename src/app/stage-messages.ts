import type { NotifyTarget } from '../core/escalation/chain';
import type { ExecutionRecord } from '../core/execution/settle';
import { isOpen } from '../core/execution/state';
import type { PrincipalId } from '../core/ids';
import type { NewMessage, Tx } from './commit-ports';
import type { StoredExecution } from './ports';

/** Ends that are told in the thread; of a kill the cards speak, thousands at once. */
const TOLD_ENDS = ['approved', 'rejected', 'expired', 'cancelled'] as const;
type ToldEnd = (typeof TOLD_ENDS)[number];

const isToldEnd = (verdict: string): verdict is ToldEnd =>
  (TOLD_ENDS as readonly string[]).includes(verdict);

type Purpose = NewMessage['purpose'];

/** One notice a person or channel: people are looked up at the end, not when the request was opened. */
async function noticesTo(
  tx: Tx,
  row: StoredExecution,
  targets: readonly NotifyTarget[],
): Promise<Purpose[]> {
  const channels = targets.filter(({ kind }) => kind === 'channel');
  const selectors = targets.flatMap((each) => (each.kind === 'people' ? [each.selector] : []));
  const verified = row.requester.startsWith('user:');
  const found =
    selectors.length === 0
      ? new Map<string, readonly { readonly principal: PrincipalId }[]>()
      : await tx.approvers(selectors, {
          owner: row.agentProfile.owner,
          ...(verified ? { requester: row.requester } : {}),
        });
  const people = new Set([...found.values()].flat().map(({ principal }) => principal));
  return [
    ...channels.map((target): Purpose => ({ kind: 'notice', target })),
    ...[...people].map((person): Purpose => {
      const selector = { kind: 'user', user: person.replace(/^user:/, '') } as const;
      return { kind: 'notice', target: { kind: 'people', selector }, person };
    }),
  ];
}

async function purposesOf(
  tx: Tx,
  row: StoredExecution,
  record: ExecutionRecord,
): Promise<readonly Purpose[]> {
  if (record.kind === 'ladder' && record.event.kind === 'reminded') {
    const { opening, mark } = record.event;
    const level = row.state.approval?.level;
    // A late one may be found by the vote that ended it, or before the people were asked at all.
    const waits = isOpen(row.state) && level?.opening === opening && level.told;
    return waits ? [{ kind: 'reminder', opening, mark }] : [];
  }
  if (record.kind !== 'closed' || !isToldEnd(record.verdict)) return [];
  const notifyOn = row.state.approval?.chain.notifyOn;
  const targets = record.verdict === 'cancelled' ? [] : (notifyOn?.[record.verdict] ?? []);
  return [{ kind: 'ended' }, ...(await noticesTo(tx, row, targets))];
}

/**
 * Asks channels for what this step calls for: a reminder, the end. Cards follow the version by themselves.
 * Nothing is asked for before the people of a level were told: there is no card to hang it on.
 */
export async function stageMessages(
  tx: Tx,
  row: StoredExecution,
  records: readonly ExecutionRecord[],
): Promise<void> {
  const { id, version, approval } = row.state;
  if (approval?.announced !== true) return;
  for (const record of records)
    for (const purpose of await purposesOf(tx, row, record))
      tx.putMessage({ execution: id, purpose, version });
}

/** Asks for the card, the call to the level's people in its thread, and copies to whoever is on call. */
export function stageOpening(tx: Tx, row: StoredExecution, onCall: readonly PrincipalId[]): void {
  const { id, version, approval } = row.state;
  if (approval === undefined || !isOpen(row.state)) return;
  const { opening, why } = approval.level;
  const copies = onCall.map((person): Purpose => ({ kind: 'copy', person }));
  const all: readonly Purpose[] = [{ kind: 'card' }, { kind: 'opened', opening, why }, ...copies];
  for (const purpose of all) tx.putMessage({ execution: id, purpose, version });
}
