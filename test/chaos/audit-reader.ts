import { must } from '../support/cast';
import type { Rest } from '../support/rest';

export interface ChainedEvent {
  readonly seq: number;
  /** ISO 8601, by the database's clock. */
  readonly ts: string;
  readonly type: string;
  readonly actor: string;
  readonly body: unknown;
  readonly outcome?: string;
  readonly execution?: string;
}

/** Every event of the chain, or of one execution, oldest first. */
export async function readChain(admin: Rest, execution?: string): Promise<readonly ChainedEvent[]> {
  const events: ChainedEvent[] = [];
  const only = execution === undefined ? '' : `&executionId=${execution}`;
  let cursor: string | undefined;
  do {
    const from = cursor === undefined ? '' : `&cursor=${cursor}`;
    const answer = await admin.get<{ items: readonly ChainedEvent[]; nextCursor?: string }>(
      `/v1/audit/events?limit=200${only}${from}`,
    );
    const page = must(answer, 200);
    events.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return events.sort((a, b) => a.seq - b.seq);
}

/** What was allowed or released while a kill switch was engaged, by the order of the chain (I-7). */
export function allowedUnderKill(events: readonly ChainedEvent[]): readonly ChainedEvent[] {
  const leaks: ChainedEvent[] = [];
  let engaged = 0;
  for (const event of events) {
    if (event.type === 'kill.engaged') engaged += 1;
    else if (event.type === 'kill.lifted') engaged -= 1;
    else if (engaged > 0) {
      const allows = event.type === 'decision.made' && event.outcome === 'ALLOW';
      if (allows || event.type === 'execution.released') leaks.push(event);
    }
  }
  return leaks;
}
