import { createVerifier, type TreeHead, type VerifyResult } from '../core/audit/verify';
import type { TenantId } from '../core/ids';
import type { Cryptography } from './ports';
import type { AuditLog } from './read-ports';

const ROWS_A_READ = 2_000;

export interface VerifyDeps {
  readonly log: AuditLog;
  readonly crypto: Pick<Cryptography, 'sha256' | 'hmacSha256' | 'verifyCheckpointSignature'>;
}

export interface VerifyOptions {
  /** The last checkpoint believed before. */
  readonly trusted?: TreeHead;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Reads a whole log and judges it: links, bodies, columns, checkpoints, head. Streams; lists every break. */
export function createVerifyAudit(deps: VerifyDeps) {
  return async (tenant: TenantId, options: VerifyOptions = {}): Promise<VerifyResult> => {
    const verifier = createVerifier({
      log: tenant,
      sha256: (bytes) => deps.crypto.sha256(bytes),
      hmacSha256: deps.crypto.hmacSha256,
      verifySignature: deps.crypto.verifyCheckpointSignature,
      ...(options.trusted === undefined ? {} : { trusted: options.trusted }),
    });
    // Checkpoints first, then the head: the log may grow meanwhile, but a checkpoint that was there before covers
    // more rows than the head names only when rows were cut off. Rows behind this head are left for next time.
    for (const { note } of await deps.log.checkpoints(tenant)) verifier.checkpoint(note);
    const head = await deps.log.head(tenant);
    let seq = 0;
    for (;;) {
      const rows = await deps.log.rowsAfter(tenant, seq, ROWS_A_READ);
      const last = rows.at(-1);
      for (const row of rows) if (row.seq <= head.seq) verifier.row(row);
      if (last === undefined || last.seq >= head.seq) break;
      seq = last.seq;
      options.onProgress?.(seq, head.seq);
    }
    options.onProgress?.(head.seq, head.seq);
    return verifier.finish(head);
  };
}
