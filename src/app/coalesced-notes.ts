import type { AuditEventDraft } from '../core/audit/event';
import { SYSTEM_TENANT, type TenantId } from '../core/ids';
import { actorOf, executionFields } from './audit-records';
import type { Caller } from './caller';
import type { Logger, StoredExecution } from './ports';
import type { Committer } from './commit-ports';

/** Beyond this many different sources in one interval the rest share one row: a flood cannot fill the chain. */
const SOURCES_MAX = 500;

const AUTHENTICATION = { kind: 'system', id: 'system:authentication' } as const;

const EVIDENCE = { kind: 'system', id: 'system:evidence' } as const;

interface Note {
  readonly tenant: TenantId;
  readonly draft: Omit<AuditEventDraft, 'id' | 'tsMs' | 'context'>;
  readonly context: Readonly<Record<string, string>>;
  count: number;
}

export interface CoalescedNotes {
  noteFailedLogin(keyPrefix: string, address: string | undefined): void;
  noteEvaluation(caller: Caller, verdict: string): void;
  noteReceipt(caller: Caller, row: StoredExecution): void;
  /** Writes what gathered; called every interval and at a clean stop. */
  flush(): Promise<void>;
}

type Uncounted = Omit<Note, 'count'>;

/** Who read the receipt of what, and the same of readers past the limit. */
function receiptNotes(
  caller: Caller,
  row: StoredExecution,
): { readonly own: Uncounted; readonly many: Uncounted } {
  const { tenant } = caller;
  const draft = { type: 'receipt.issued', actor: actorOf(caller), outcome: 'issued' } as const;
  const several = { ...draft, actor: EVIDENCE, outcome: 'several' };
  return {
    own: { tenant, draft: { ...draft, ...executionFields(row) }, context: {} },
    many: { tenant, draft: several, context: { source: 'many' } },
  };
}

/** Events that a stranger can cause at will are counted per source and interval, then chained as one row each. */
export function createCoalescedNotes(deps: {
  readonly committer: Committer;
  readonly logger: Logger;
}): CoalescedNotes {
  let notes = new Map<string, Note>();
  const add = (
    kind: string,
    source: string,
    note: Omit<Note, 'count'>,
    shared: Omit<Note, 'count'>,
  ): void => {
    const key = `${kind} ${source}`;
    const sources = [...notes.keys()].filter((each) => each.startsWith(`${kind} `)).length;
    const fits = notes.has(key) || sources < SOURCES_MAX;
    const slot = fits ? key : `${kind} of ${note.tenant}`;
    const known = notes.get(slot);
    if (known === undefined) notes.set(slot, { ...(fits ? note : shared), count: 1 });
    else known.count += 1;
  };
  return {
    noteFailedLogin: (keyPrefix, address) => {
      const shown = address ?? 'unknown';
      const draft = {
        type: 'auth.failed',
        actor: AUTHENTICATION,
        outcome: 'unauthenticated',
      } as const;
      const note = { tenant: SYSTEM_TENANT, draft, context: { keyPrefix, address: shown } };
      add('login', `${keyPrefix} ${shown}`, note, { ...note, context: { source: 'many' } });
    },
    noteEvaluation: (caller, verdict) => {
      const draft = {
        type: 'decision.evaluated',
        actor: actorOf(caller),
        outcome: verdict,
      } as const;
      const note = { tenant: caller.tenant, draft, context: {} };
      const many = {
        ...note,
        draft: { ...draft, actor: AUTHENTICATION, outcome: 'several' },
        context: { source: 'many' },
      };
      add('evaluate', `${caller.credentialId} ${verdict}`, note, many);
    },
    noteReceipt: (caller, row) => {
      const { own, many } = receiptNotes(caller, row);
      add('receipt', `${caller.credentialId} ${row.state.id}`, own, many);
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
