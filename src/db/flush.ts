import type { SealedPayload, StoredExecution } from '../app/ports';
import { isCard, purposeKey } from '../app/channel-ports';
import type { NewMessage, VoteRow } from '../app/commit-ports';
import type { OutboxJob } from '../app/ports';
import type { ChainHead, ChainRow } from '../core/audit/chain';
import type { AuditEvent } from '../core/audit/event';
import { requestColumn, rowDueAt, rowStatus } from './execution-row';

/** Everything one unit of work wants written, in its own order. */
export interface Staged {
  readonly events: AuditEvent[];
  readonly inserted: StoredExecution[];
  readonly updated: StoredExecution[];
  readonly payloads: SealedPayload[];
  readonly votes: VoteRow[];
  readonly jobs: OutboxJob[];
  readonly changed: { readonly id: string; readonly version: number }[];
  readonly messages: (NewMessage & { readonly id: string })[];
  bumpEpoch: boolean;
}

export const emptyStaged = (): Staged => ({
  events: [],
  inserted: [],
  updated: [],
  payloads: [],
  votes: [],
  jobs: [],
  changed: [],
  messages: [],
  bumpEpoch: false,
});

export function absorb(into: Staged, from: Staged): void {
  into.events.push(...from.events);
  into.inserted.push(...from.inserted);
  into.updated.push(...from.updated);
  into.payloads.push(...from.payloads);
  into.votes.push(...from.votes);
  into.jobs.push(...from.jobs);
  into.changed.push(...from.changed);
  into.messages.push(...from.messages);
  into.bumpEpoch ||= from.bumpEpoch;
}

export const isEmpty = (staged: Staged): boolean =>
  !staged.bumpEpoch &&
  [
    staged.events,
    staged.inserted,
    staged.updated,
    staged.payloads,
    staged.votes,
    staged.jobs,
    staged.messages,
  ].every((list) => list.length === 0);

/** One part of the flush: the SQL of a data-modifying WITH entry over arrays, and its arrays. */
interface Part {
  readonly name: string;
  readonly sql: (first: number) => string;
  readonly values: readonly unknown[];
}

const column = <T>(rows: readonly T[], pick: (row: T) => unknown): unknown[] => rows.map(pick);

function unnest(types: readonly string[], first: number): string {
  return `unnest(${types.map((type, index) => `$${String(first + index)}::${type}[]`).join(', ')})`;
}

function auditPart(rows: readonly ChainRow[]): Part {
  const types = [
    'bigint',
    'double precision',
    'uuid',
    'text',
    'text',
    'text',
    'text',
    'uuid',
    'text',
    'text',
    'bytea',
    'bytea',
    'bytea',
  ];
  return {
    name: 'audit',
    sql: (first) =>
      `INSERT INTO audit_events (tenant, seq, ts, id, type, actor_kind, actor_id, agent, execution, action, outcome, header, body, leaf_hash)
       SELECT $1, seq, 'epoch'::timestamptz + ts * interval '1 millisecond', id, type, actor_kind, actor_id, agent, execution, action, outcome, header, body, leaf_hash
         FROM ${unnest(types, first)} AS e(seq, ts, id, type, actor_kind, actor_id, agent, execution, action, outcome, header, body, leaf_hash)`,
    values: [
      column(rows, (row) => row.seq),
      column(rows, (row) => row.tsMs),
      column(rows, (row) => row.id),
      column(rows, (row) => row.type),
      column(rows, (row) => row.index.actorKind),
      column(rows, (row) => row.index.actorId),
      column(rows, (row) => row.index.agent),
      column(rows, (row) => row.index.execution),
      column(rows, (row) => row.index.action),
      column(rows, (row) => row.index.outcome),
      column(rows, (row) => row.header),
      column(rows, (row) => row.body),
      column(rows, (row) => row.leafHash),
    ],
  };
}

function backlogPart(events: readonly AuditEvent[]): Part {
  return {
    name: 'backlog',
    sql: (first) =>
      `INSERT INTO audit_backlog (tenant, event) SELECT $1, event FROM ${unnest(['jsonb'], first)} AS b(event)`,
    values: [column(events, (event) => JSON.stringify(event))],
  };
}

function insertPart(rows: readonly StoredExecution[]): Part {
  const types = [
    'uuid',
    'text',
    'text',
    'text',
    'text',
    'integer',
    'jsonb',
    'jsonb',
    'jsonb',
    'text',
    'text',
    'uuid',
    'bigint',
    'bigint',
    'bigint',
    'boolean',
  ];
  return {
    name: 'insert',
    sql: (first) =>
      `INSERT INTO executions (tenant, id, agent, action, environment, status, version, state, decision, request, request_digest, idempotency_key, approval_id, decided_seq, decided_at, updated_at, due_at, start_pending)
       SELECT $1, id, agent, action, environment, status, version, state, decision, request, request_digest, idempotency_key, approval_id, decided_seq, decided_at, decided_at, due_at, start_pending
         FROM ${unnest(types, first)} AS e(id, agent, action, environment, status, version, state, decision, request, request_digest, idempotency_key, approval_id, decided_seq, decided_at, due_at, start_pending)`,
    values: [
      column(rows, (row) => row.state.id),
      column(rows, (row) => row.agent),
      column(rows, (row) => row.action),
      column(rows, (row) => row.environment),
      column(rows, rowStatus),
      column(rows, (row) => row.state.version),
      column(rows, (row) => JSON.stringify(row.state)),
      column(rows, (row) => JSON.stringify(row.decision)),
      column(rows, requestColumn),
      column(rows, (row) => row.requestDigest),
      column(rows, (row) => row.idempotencyKey ?? null),
      column(rows, (row) => row.state.approval?.approvalId ?? null),
      column(rows, (row) => row.state.decidedSeq),
      column(rows, (row) => row.decidedAtMs),
      column(rows, rowDueAt),
      column(rows, (row) => row.startPending),
    ],
  };
}

function updatePart(rows: readonly StoredExecution[]): Part {
  return {
    name: 'update',
    sql: (first) =>
      `UPDATE executions x SET status = e.status, version = e.version, state = e.state, updated_at = e.updated_at, due_at = e.due_at
         FROM ${unnest(['uuid', 'text', 'integer', 'jsonb', 'bigint', 'bigint'], first)} AS e(id, status, version, state, updated_at, due_at)
        WHERE x.tenant = $1 AND x.id = e.id`,
    values: [
      column(rows, (row) => row.state.id),
      column(rows, rowStatus),
      column(rows, (row) => row.state.version),
      column(rows, (row) => JSON.stringify(row.state)),
      column(rows, (row) => row.updatedAtMs),
      column(rows, rowDueAt),
    ],
  };
}

function payloadPart(rows: readonly SealedPayload[]): Part {
  return {
    name: 'payloads',
    sql: (first) =>
      `INSERT INTO payloads (tenant, execution, id, kind, commitment, wrapped_key, ciphertext)
       SELECT $1, p.* FROM ${unnest(['uuid', 'uuid', 'text', 'bytea', 'bytea', 'bytea'], first)} AS p`,
    values: [
      column(rows, (row) => row.execution),
      column(rows, (row) => row.id),
      column(rows, (row) => row.kind),
      column(rows, (row) => row.commitment),
      column(rows, (row) => row.wrappedKey ?? null),
      column(rows, (row) => row.ciphertext),
    ],
  };
}

function votePart(rows: readonly VoteRow[]): Part {
  const types = [
    'uuid',
    'uuid',
    'text',
    'integer',
    'text',
    'boolean',
    'text',
    'text',
    'text',
    'text',
    'text',
    'text',
    'bigint',
    'bigint',
  ];
  return {
    name: 'votes',
    sql: (first) =>
      `INSERT INTO votes (tenant, id, execution, principal, level, verdict, counted, refusal, assurance, surface, display_digest, rationale_commitment, command_id, at, audit_seq)
       SELECT $1, v.* FROM ${unnest(types, first)} AS v`,
    values: [
      column(rows, (row) => row.id),
      column(rows, (row) => row.execution),
      column(rows, (row) => row.principal),
      column(rows, (row) => row.level),
      column(rows, (row) => row.verdict),
      column(rows, (row) => row.counted),
      column(rows, (row) => row.refusal ?? null),
      column(rows, (row) => row.assurance),
      column(rows, (row) => row.surface),
      column(rows, (row) => row.displayDigest ?? null),
      column(rows, (row) => row.rationaleCommitment ?? null),
      column(rows, (row) => row.commandId),
      column(rows, (row) => row.atMs),
      column(rows, (row) => row.auditSeq),
    ],
  };
}

function jobPart(jobs: readonly OutboxJob[]): Part {
  return {
    name: 'jobs',
    sql: (first) =>
      `INSERT INTO outbox (tenant, job) SELECT $1, job FROM ${unnest(['jsonb'], first)} AS o(job)`,
    values: [column(jobs, (job) => JSON.stringify(job))],
  };
}

/** Cards of a moved approval are behind from now on. */
function cardPart(rows: readonly StoredExecution[]): Part {
  return {
    name: 'cards',
    sql: (first) =>
      `UPDATE channel_messages m SET desired_version = e.version, given_up = false, next_attempt_at = least(m.next_attempt_at, clock_timestamp())
         FROM ${unnest(['uuid', 'integer'], first)} AS e(id, version)
        WHERE m.tenant = $1 AND m.execution = e.id AND m.is_card AND m.desired_version < e.version`,
    values: [column(rows, (row) => row.state.id), column(rows, (row) => row.state.version)],
  };
}

function messagePart(rows: Staged['messages']): Part {
  return {
    name: 'messages',
    sql: (first) =>
      `INSERT INTO channel_messages (tenant, id, execution, channel, purpose_key, purpose, is_card, desired_version, post_key)
       SELECT $1, id, execution, 'slack', purpose_key, purpose, is_card, version, id
         FROM ${unnest(['uuid', 'uuid', 'text', 'jsonb', 'boolean', 'integer'], first)} AS m(id, execution, purpose_key, purpose, is_card, version)
       ON CONFLICT (tenant, execution, channel, purpose_key) DO NOTHING`,
    values: [
      column(rows, (row) => row.id),
      column(rows, (row) => row.execution),
      column(rows, (row) => purposeKey(row.purpose)),
      column(rows, (row) => JSON.stringify(row.purpose)),
      column(rows, (row) => isCard(row.purpose)),
      column(rows, (row) => row.version),
    ],
  };
}

function notifyPart(changed: Staged['changed']): Part {
  return {
    name: 'notify',
    sql: (first) =>
      `SELECT count(pg_notify('countersign_execution', id || ' ' || version)) AS sent FROM ${unnest(['text', 'integer'], first)} AS c(id, version)`,
    values: [column(changed, (change) => change.id), column(changed, (change) => change.version)],
  };
}

export interface Flush {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Three letters tell the parts apart: Postgres cuts a name at 63 characters and takes two shapes for one. */
const statementName = (parts: readonly Part[], moves: boolean, bumpsEpoch: boolean): string =>
  [
    'flush',
    moves ? 'c' : 's',
    bumpsEpoch ? 'e' : '-',
    ...parts.map(({ name }) => name.slice(0, 3)),
  ].join(' ');

/**
 * The whole write of a batch as one statement: moves the head and inserts every row. Prepared once per shape
 * and connection, so the hot path plans nothing. `rows` undefined = the chain refused inserts: events go to
 * the backlog and the head does not move.
 */
export function flushStatement(
  tenant: string,
  staged: Staged,
  chained: { readonly rows: readonly ChainRow[]; readonly head: ChainHead } | undefined,
): Flush {
  const parts: Part[] = [];
  if (chained === undefined) parts.push(backlogPart(staged.events));
  else if (chained.rows.length > 0) parts.push(auditPart(chained.rows));
  if (staged.inserted.length > 0) parts.push(insertPart(staged.inserted));
  if (staged.updated.length > 0) parts.push(updatePart(staged.updated));
  const announced = staged.updated.filter((row) => row.state.approval?.announced === true);
  if (announced.length > 0) parts.push(cardPart(announced));
  if (staged.messages.length > 0) parts.push(messagePart(staged.messages));
  if (staged.payloads.length > 0) parts.push(payloadPart(staged.payloads));
  if (staged.votes.length > 0) parts.push(votePart(staged.votes));
  if (staged.jobs.length > 0) parts.push(jobPart(staged.jobs));
  if (staged.changed.length > 0) parts.push(notifyPart(staged.changed));
  const moves = chained !== undefined && chained.rows.length > 0;
  const values: unknown[] = [tenant, staged.bumpEpoch ? 1 : 0];
  const headSql = moves
    ? 'UPDATE tenant_heads SET seq = $3, hash = $4, last_ts = $5, epoch = epoch + $2 WHERE tenant = $1 RETURNING epoch'
    : 'UPDATE tenant_heads SET epoch = epoch + $2 WHERE tenant = $1 RETURNING epoch';
  if (moves) values.push(chained.head.seq, chained.head.hash, chained.head.lastTsMs);
  const withs = [`head AS (${headSql})`];
  for (const part of parts) {
    withs.push(`${part.name}_rows AS (${part.sql(values.length + 1)})`);
    values.push(...part.values);
  }
  const notified = staged.changed.length > 0 ? ', (SELECT sent FROM notify_rows) AS sent' : '';
  const epochNotice = staged.bumpEpoch
    ? `, pg_notify('countersign_epoch', $1 || ' ' || epoch)`
    : '';
  return {
    name: statementName(parts, moves, staged.bumpEpoch),
    text: `WITH ${withs.join(', ')} SELECT epoch${notified}${epochNotice} FROM head`,
    values,
  };
}
