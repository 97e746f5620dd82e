import { bytesEqual, hexOf, textOf } from '../core/audit/bytes';
import { parseCheckpointNote } from '../core/audit/checkpoint';
import { collectInclusion } from '../core/audit/inclusion';
import type { ReceiptProof } from '../core/audit/receipt-proof';
import type { StoredRow } from '../core/audit/verify-row';
import { DomainError } from '../core/errors';
import type { TenantId } from '../core/ids';
import type { Cryptography } from './ports';
import type { AuditLog } from './read-ports';

const LEAVES_A_READ = 5_000;

export interface ProofDeps {
  readonly log: Pick<AuditLog, 'coveringCheckpoint' | 'leavesAfter'>;
  readonly crypto: Pick<Cryptography, 'sha256'>;
}

/**
 * Proof that a row stands in its log, under the first signed checkpoint that covers it: every process
 * gives the same one. Reads only leaves between that checkpoint and the one before. Undefined while no
 * checkpoint covers the row.
 */
export function createProveInclusion({ log, crypto }: ProofDeps) {
  return async (
    tenant: TenantId,
    row: Pick<StoredRow, 'seq' | 'header' | 'leafHash'>,
  ): Promise<ReceiptProof | undefined> => {
    const covering = await log.coveringCheckpoint(tenant, row.seq);
    if (covering === undefined) return undefined;
    const index = row.seq - 1;
    const { size, note, before } = covering;
    const collector = collectInclusion(index, size, before, (bytes) => crypto.sha256(bytes));
    for (let seq = before.size; seq < size;) {
      const leaves = await log.leavesAfter(tenant, seq, Math.min(LEAVES_A_READ, size - seq));
      if (leaves.length === 0) throw broken(`the log ends at ${String(seq)}, before ${note}`);
      const own = leaves[index - seq];
      if (own !== undefined && !bytesEqual(own, row.leafHash)) {
        throw broken(`row ${String(row.seq)} has another leaf hash than its execution's row`);
      }
      leaves.forEach(collector.take);
      seq += leaves.length;
    }
    const path = collector.path();
    const parsed = parseCheckpointNote(note);
    const [signature] = parsed.ok ? parsed.signatures : [];
    if (path === undefined || signature === undefined) throw broken('a checkpoint is malformed');
    return {
      header: textOf(row.header),
      leafHash: hexOf(row.leafHash),
      index,
      path: path.map(hexOf),
      checkpoint: note,
      checkpointKeyId: signature.keyId,
    };
  };
}

const broken = (why: string): DomainError =>
  new DomainError('internal', { internal: `no inclusion proof: ${why}` });
