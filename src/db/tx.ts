import type { PoolClient } from 'pg';

import type { SealedPayload, StoredExecution } from '../app/ports';
import type { Tx, VoteRow } from '../app/commit-ports';
import { auditEvent } from '../core/audit/event';
import { eventId, principalId, type ExecutionId, type TenantId } from '../core/ids';
import { chatAccountActive, isChatCredential } from './channel-identity-writes';
import { readApprovers } from './approver-reads';
import { EXECUTION_COLUMNS, fromRow, type ExecutionRow } from './execution-row';
import { emptyStaged, type Staged } from './flush';
import { createRegistryWrites } from './registry-writes';
import { readVoidable } from './voidable-executions';

export interface TxStart {
  readonly tenant: TenantId;
  readonly nowMs: number;
  /** Sequence of the head plus events staged before this unit. */
  readonly seq: number;
  readonly uuid: () => string;
}

export async function readPayloads(
  client: Pick<PoolClient, 'query'>,
  tenant: TenantId,
  execution: ExecutionId,
): Promise<SealedPayload[]> {
  const found = await client.query<{
    id: string;
    kind: SealedPayload['kind'];
    commitment: Buffer;
    wrapped_key: Buffer | null;
    ciphertext: Buffer;
  }>({
    name: 'payloads',
    text: 'SELECT id, kind, commitment, wrapped_key, ciphertext FROM payloads WHERE tenant = $1 AND execution = $2',
    values: [tenant, execution],
  });
  return found.rows.map((row) => ({
    id: eventId(row.id),
    execution,
    kind: row.kind,
    commitment: row.commitment,
    wrappedKey: row.wrapped_key ?? undefined,
    ciphertext: row.ciphertext,
  }));
}

type TxReads = Pick<
  Tx,
  | 'execution'
  | 'executionByKey'
  | 'payloads'
  | 'voteByCommand'
  | 'approvers'
  | 'credentialActive'
  | 'agentRegistration'
  | 'voidableExecutions'
>;

/** Reads of the open transaction: they see everything committed before the head was locked. */
function createReads(client: PoolClient, tenant: TenantId, nowMs: number): TxReads {
  const one = async (
    name: string,
    where: string,
    values: unknown[],
  ): Promise<StoredExecution | undefined> => {
    const found = await client.query<ExecutionRow>({
      name,
      text: `SELECT ${EXECUTION_COLUMNS} FROM executions WHERE tenant = $1 AND ${where}`,
      values: [tenant, ...values],
    });
    return found.rows[0] === undefined ? undefined : fromRow(found.rows[0]);
  };
  return {
    execution: (id) => one('execution', 'id = $2', [id]),
    executionByKey: (agent, key) =>
      one('execution by key', 'agent = $2 AND idempotency_key = $3', [agent, key]),
    payloads: (execution) => readPayloads(client, tenant, execution),
    voteByCommand: async (principal, commandId) => {
      const found = await client.query<VoteColumns>({
        name: 'vote by command',
        text: 'SELECT id, execution, principal, level, verdict, counted, refusal, assurance, surface, display_digest, rationale_commitment, command_id, at, audit_seq FROM votes WHERE tenant = $1 AND principal = $2 AND command_id = $3',
        values: [tenant, principal, commandId],
      });
      return found.rows[0] === undefined ? undefined : voteOf(found.rows[0]);
    },
    approvers: (selectors, about) => readApprovers(client, tenant, selectors, nowMs, about),
    credentialActive: async (id) => {
      if (isChatCredential(id)) return chatAccountActive(client, tenant, id);
      const found = await client.query({
        name: 'credential active',
        text: `SELECT 1 FROM credentials c LEFT JOIN principals p ON p.tenant = c.tenant AND p.id = c.principal
                WHERE c.id = $1 AND c.tenant = $2 AND c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > clock_timestamp()) AND coalesce(p.status, 'active') = 'active'`,
        values: [id, tenant],
      });
      return found.rowCount === 1;
    },
    agentRegistration: async (agent) => {
      const found = await client.query<{ owner: string; registered_by: string; minters: string[] }>(
        {
          name: 'agent registration',
          text: `SELECT a.owner, a.registered_by, array(SELECT DISTINCT c.enrolled_by FROM credentials c WHERE c.tenant = a.tenant AND c.principal = 'agent:' || a.id) AS minters
                 FROM agents a WHERE a.tenant = $1 AND a.id = $2`,
          values: [tenant, agent],
        },
      );
      const row = found.rows[0];
      return (
        row && {
          owner: row.owner,
          registeredBy: principalId(row.registered_by),
          keyMinters: row.minters.map(principalId),
        }
      );
    },
    voidableExecutions: (scan) => readVoidable(client, tenant, scan),
  };
}

/** The open transaction of one unit; its writes stay in `staged` until the batch is flushed. */
export function createTx(
  client: PoolClient,
  start: TxStart,
): { readonly tx: Tx; readonly staged: Staged } {
  const staged = emptyStaged();
  const { tenant, nowMs } = start;
  const tx: Tx = {
    tenant,
    nowMs,
    ...createReads(client, tenant, nowMs),
    nextSeq: () => start.seq + staged.events.length + 1,
    audit: (event) => {
      staged.events.push(auditEvent({ ...event, id: eventId(start.uuid()), tsMs: nowMs }));
      return start.seq + staged.events.length;
    },
    insertExecution: (row) => void staged.inserted.push(row),
    updateExecution: (row) => void staged.updated.push(row),
    insertPayload: (payload) => void staged.payloads.push(payload),
    insertVote: (vote) => void staged.votes.push(vote),
    enqueue: (job) => void staged.jobs.push(job),
    notifyChanged: (id, version) => void staged.changed.push({ id, version }),
    putMessage: (message) => void staged.messages.push({ ...message, id: start.uuid() }),
    bumpEpoch: () => {
      staged.bumpEpoch = true;
    },
    registry: createRegistryWrites(client, tenant),
  };
  return { tx, staged };
}

interface VoteColumns {
  readonly id: string;
  readonly execution: string;
  readonly principal: string;
  readonly level: number;
  readonly verdict: VoteRow['verdict'];
  readonly counted: boolean;
  readonly refusal: string | null;
  readonly assurance: string;
  readonly surface: VoteRow['surface'];
  readonly display_digest: string | null;
  readonly rationale_commitment: string | null;
  readonly command_id: string;
  readonly at: number;
  readonly audit_seq: number;
}

const voteOf = (row: VoteColumns): VoteRow => ({
  id: eventId(row.id),
  execution: row.execution as ExecutionId,
  principal: principalId(row.principal),
  level: row.level,
  verdict: row.verdict,
  counted: row.counted,
  assurance: row.assurance,
  surface: row.surface,
  commandId: row.command_id,
  atMs: row.at,
  auditSeq: row.audit_seq,
  ...(row.refusal === null ? {} : { refusal: row.refusal }),
  ...(row.display_digest === null ? {} : { displayDigest: row.display_digest }),
  ...(row.rationale_commitment === null ? {} : { rationaleCommitment: row.rationale_commitment }),
});
