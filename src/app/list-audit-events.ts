import { DomainError } from '../core/errors';
import type { JsonObject } from '../core/json';
import { requirePermission, type Caller } from './caller';
import type { RegistryReads } from './read-ports';

export interface AuditEventView {
  readonly seq: number;
  readonly ts: string;
  readonly id: string;
  readonly type: string;
  readonly actor: string;
  readonly agent?: string;
  readonly execution?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly body: JsonObject;
  readonly leafHash: string;
}

export interface AuditFilter {
  readonly executionId?: string;
  readonly type?: string;
  readonly cursor?: string;
  readonly limit: number;
}

/** Newest first; the cursor is the sequence number to go on below. */
export function createListAuditEvents(deps: { readonly reads: RegistryReads }) {
  return async (
    caller: Caller,
    filter: AuditFilter,
  ): Promise<{ items: AuditEventView[]; nextCursor?: string }> => {
    requirePermission(caller, 'audit:read');
    if (filter.cursor !== undefined && !/^\d{1,15}$/.test(filter.cursor)) {
      throw new DomainError('validation_failed', {
        problems: [{ path: 'cursor', message: 'is not a cursor of this list' }],
      });
    }
    const rows = await deps.reads.auditEvents(caller.tenant, {
      limit: filter.limit,
      ...(filter.executionId === undefined ? {} : { execution: filter.executionId }),
      ...(filter.type === undefined ? {} : { type: filter.type }),
      ...(filter.cursor === undefined ? {} : { before: Number(filter.cursor) }),
    });
    const items = rows.map(({ tsMs, body, leafHash, ...rest }) => ({
      ...rest,
      ts: new Date(tsMs).toISOString(),
      body: JSON.parse(new TextDecoder().decode(body)) as JsonObject,
      leafHash: Buffer.from(leafHash).toString('hex'),
    }));
    const last = items.at(-1);
    return items.length === filter.limit && last !== undefined
      ? { items, nextCursor: String(last.seq) }
      : { items };
  };
}
