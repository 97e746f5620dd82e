import { randomBytes } from 'node:crypto';
import { remember } from './bounded-list';
import type { FakeClock } from './clock';
import { LIMITS, MEMORY } from './limits';

export interface Trigger {
  readonly user: string;
  readonly expiresAtMs: number;
  /** Whether the person acted within a modal. */
  readonly fromModal: boolean;
  exchanged: boolean;
}

/** Tokens that open one modal for one person within three seconds. */
export interface Triggers {
  issue(user: string, fromModal: boolean): string;
  /** The trigger while it may be spent, or Slack's error code; spending it is the caller's. */
  check(id: string): Trigger | 'invalid_trigger_id' | 'expired_trigger_id' | 'exchanged_trigger_id';
}

export function createTriggers(clock: FakeClock): Triggers {
  const issued = new Map<string, Trigger>();
  return {
    issue: (user, fromModal) => {
      const id = `${String(clock.nowMs())}.${randomBytes(24).toString('hex')}`;
      const expiresAtMs = clock.nowMs() + LIMITS.triggerMs;
      remember(issued, id, { user, fromModal, expiresAtMs, exchanged: false }, MEMORY.triggers);
      return id;
    },
    check: (id) => {
      const trigger = issued.get(id);
      if (trigger === undefined) return 'invalid_trigger_id';
      if (trigger.exchanged) return 'exchanged_trigger_id';
      return clock.nowMs() > trigger.expiresAtMs ? 'expired_trigger_id' : trigger;
    },
  };
}
