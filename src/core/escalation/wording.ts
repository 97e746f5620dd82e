import type { ChainLevel, Ladder } from './chain';
import type { OpenLevel } from './approval-state';

/** What the clock does at the open level's deadline, as people read it after the time itself. */
export function whatHappensNext(ladder: Ladder, { index }: Pick<OpenLevel, 'index'>): string {
  const level = ladder.levels[index];
  const next = ladder.levels[index + 1];
  const action: ChainLevel['onTimeout'] =
    level === undefined || (level.onTimeout === 'escalate' && next === undefined)
      ? ladder.onFinalTimeout
      : level.onTimeout;
  switch (action) {
    case 'escalate':
      return `it goes up to ${next?.name ?? 'the next level'}`;
    case 'reject':
      return 'it ends as expired';
    case 'approve':
      return ladder.advance === 'each_level' && next !== undefined
        ? `this level passes by silence, because the chain says so, and it goes up to ${next.name}`
        : 'it is approved by silence, because the chain says so';
    case 'park':
      return 'it is parked until somebody decides';
  }
}
