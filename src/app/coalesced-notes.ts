import type { AuditEventDraft } from '../core/audit/event';
import { SYSTEM_TENANT, type TenantId } from '../core/ids';
import { actorOf } from './audit-records';
import type { Caller } from './caller';
import type { Logger } from './ports';
import type { Committer } from './commit-ports';

/** Beyond this many different sources in one interval the rest share one row: a flood cannot fill the chain. */
const SOURCES_MAX = 500;

interface Note {
  readonly tenant: TenantId;
  readonly draft: Omit<AuditEventDraft, 'id' | 'tsMs' | 'context'>;
  readonly context: Readonly<Record<string, string>>;
  count: number;
}

export interface CoalescedNotes {
  noteFailedLogin(keyPrefix: string, address: string | undefined): void;
  noteEvaluation(caller: Caller, verdict: string): void;
  /** Writes what gathered; called every interval and at a clean stop. */
  flush(): Promise<void>;
}

/** Events that a stranger can cause at will are counted per source and interval, then chained as one row each. */
export function createCoalescedNotes(deps: {
  readonly committer: Committer;
  readonly logger: Logger;
}): CoalescedNotes {
  let notes = new Map<string, Note>();
  const add = (key: string, fallback: string, note: Omit<Note, 'count'>): void => {
    const slot = notes.size < SOURCES_MAX || notes.has(key) ? key : fallback;
    const known = notes.get(slot);
    if (known === undefined) notes.set(slot, { ...note, count: 1 });
    else known.count += 1;
  };
  return {
    noteFailedLogin: (keyPrefix, address) => {
      const shown = address ?? 'unknown';
      add(`login ${keyPrefix} ${shown}`, 'login overflow', {
        tenant: SYSTEM_TENANT,
        draft: {
          type: 'auth.failed',
          actor: { kind: 'system', id: 'system:authentication' },
          outcome: 'unauthenticated',
        },
        context: { keyPrefix, address: shown },
      });
    },
    noteEvaluation: (caller, verdict) => {
      add(`evaluate ${caller.credentialId} ${verdict}`, 'evaluate overflow', {
        tenant: caller.tenant,
        draft: { type: 'decision.evaluated', actor: actorOf(caller), outcome: verdict },
        context: {},
      });
    },
    flush: async () => {
      const gathered = notes;
      notes = new Map();
      for (const note of gathered.values()) {
        try {
          await deps.committer.commit(note.tenant, {
            work: (tx) =>
              void tx.audit({ ...note.draft, context: { ...note.context, count: note.count } }),
          });
        } catch (error) {
          deps.logger.warn(
            { error: String(error), type: note.draft.type },
            'A coalesced audit row waits for the next interval',
          );
          notes.set(`retry ${String(notes.size)}`, note);
        }
      }
    },
  };
}
