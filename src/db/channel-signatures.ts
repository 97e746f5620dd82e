import type { Pool } from 'pg';

/** A signature is refused for its age after five minutes either way; ten leave room for both clocks. */
const KEPT = `interval '10 minutes'`;
const PRUNE_EVERY_MS = 60_000;

export interface SignatureStore {
  /** True the first time this hash comes in. */
  firstSight(hash: Uint8Array): Promise<boolean>;
}

/** Signatures that came in over HTTP, across processes, as the system role. */
export function createSignatureStore(system: Pool, monotonicMs: () => number): SignatureStore {
  let prunedAtMs = Number.NEGATIVE_INFINITY;
  return {
    firstSight: async (hash) => {
      if (monotonicMs() - prunedAtMs >= PRUNE_EVERY_MS) {
        prunedAtMs = monotonicMs();
        await system.query(
          `DELETE FROM channel_signatures WHERE received_at < clock_timestamp() - ${KEPT}`,
        );
      }
      const made = await system.query({
        name: 'signature seen',
        text: 'INSERT INTO channel_signatures (hash) VALUES ($1) ON CONFLICT DO NOTHING',
        values: [hash],
      });
      return made.rowCount === 1;
    },
  };
}
