import type { PoolClient } from 'pg';

import type { RecordedVote } from '../app/read-ports';
import type { StoredRow } from '../core/audit/verify-row';
import { principalId, type ExecutionId, type TenantId } from '../core/ids';
import { AUDIT_COLUMNS, storedRowOf, type AuditColumns } from './audit-log';

type Session = Pick<PoolClient, 'query'>;

/** What says how a verdict came about. Refusals, which a stranger can cause at will, are left out. */
const TRAIL_TYPES = [
  'decision.made',
  'approval.escalated',
  'vote.counted',
  'approval.decided',
  'execution.expired',
  'execution.cancelled',
  'execution.killed',
];
const ROWS_MAX = 1_000;

/** Rows of the chain on one execution, in order. */
export async function readTrail(
  client: Session,
  tenant: TenantId,
  id: ExecutionId,
): Promise<readonly StoredRow[]> {
  const found = await client.query<AuditColumns>({
    name: 'execution trail',
    text: `SELECT ${AUDIT_COLUMNS} FROM audit_events
            WHERE tenant = $1 AND execution = $2 AND type = ANY($3) ORDER BY seq LIMIT $4`,
    values: [tenant, id, TRAIL_TYPES, ROWS_MAX],
  });
  return found.rows.map(storedRowOf);
}

interface VoteColumns {
  readonly principal: string;
  readonly level: number;
  readonly verdict: string;
  readonly assurance: string;
  readonly command_id: string;
  readonly audit_seq: number;
  readonly surface: string;
  readonly display_digest: string | null;
  readonly rationale_commitment: string | null;
}

/** Votes that were counted when they were cast, in the order they were cast. */
export async function readVotes(
  client: Session,
  tenant: TenantId,
  id: ExecutionId,
): Promise<readonly RecordedVote[]> {
  const found = await client.query<VoteColumns>({
    name: 'counted votes',
    text: `SELECT principal, level, verdict, assurance, command_id, audit_seq,
                  surface, display_digest, rationale_commitment
             FROM votes WHERE tenant = $1 AND execution = $2 AND counted ORDER BY audit_seq LIMIT $3`,
    values: [tenant, id, ROWS_MAX],
  });
  return found.rows.map((row) => ({
    principal: principalId(row.principal),
    level: row.level,
    verdict: row.verdict,
    assurance: row.assurance,
    commandId: row.command_id,
    auditSeq: row.audit_seq,
    surface: row.surface,
    ...(row.display_digest === null ? {} : { displayDigest: row.display_digest }),
    ...(row.rationale_commitment === null ? {} : { rationaleCommitment: row.rationale_commitment }),
  }));
}
