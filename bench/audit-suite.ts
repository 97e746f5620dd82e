import type { SealedPayload } from '../src/app/ports';
import { appendEvents, genesisHead, type ChainHead, type ChainRow } from '../src/core/audit/chain';
import { auditEvent, type AuditEventDraft } from '../src/core/audit/event';
import { agentId, DEFAULT_TENANT, eventId, executionId } from '../src/core/ids';
import { AGENT, withDatabase, type DatabaseBench } from './database-bench';
import { timedMs } from './measure';
import { rounded, type SuiteResult } from './result';

const BATCH = 64;
const BATCHES = 20;
const ROUNDS = 30;
const WARM_ROUNDS = 3;
const ROWS = BATCH * BATCHES;
/** Bytes of ciphertext: arguments and context of ordinary size. */
const PAYLOAD_BYTES = [240, 120] as const;

interface Sample {
  readonly draft: Omit<AuditEventDraft, 'id' | 'tsMs'>;
  readonly payloads: readonly SealedPayload[];
}

/** A decision's audit row with its two payload rows, as `submit` writes them. */
function makeSample({ crypto }: DatabaseBench): Sample {
  const execution = executionId(crypto.uuidv7());
  const payloads = PAYLOAD_BYTES.map((bytes, index): SealedPayload => ({
    id: eventId(crypto.uuidv7()),
    execution,
    kind: index === 0 ? 'arguments' : 'context',
    commitment: crypto.randomBytes(32),
    wrappedKey: crypto.randomBytes(60),
    ciphertext: crypto.randomBytes(bytes),
  }));
  return {
    draft: {
      type: 'decision.made',
      actor: { kind: 'agent', id: `agent:${AGENT}`, assurance: 'issued', address: '127.0.0.1' },
      agent: agentId(AGENT),
      action: 'issue_refund',
      execution,
      policy: {
        results: [
          { policy: 'development', version: 1, effect: 'no_match' },
          { policy: 'refunds', version: 1, rule: 'default', effect: 'allow' },
        ],
      },
      outcome: 'ALLOW',
      context: {
        environment: 'prod',
        reasonCode: 'allowed',
        reason: 'No rule matched; the default of refunds is allow',
        status: 'executing',
        attempt: crypto.uuidv7(),
      },
      payloads: { arguments: 'ab'.repeat(32), context: 'cd'.repeat(32) },
    },
    payloads,
  };
}

const appendThroughFlush = (
  { core }: DatabaseBench,
  samples: readonly Sample[],
): Promise<unknown> =>
  Promise.all(
    samples.map(({ draft, payloads }) =>
      core.committer.commit(DEFAULT_TENANT, {
        work: (tx) => {
          tx.audit(draft);
          for (const payload of payloads) tx.insertPayload(payload);
        },
      }),
    ),
  );

const BARE_INSERT = `WITH payload_rows AS (
    INSERT INTO payloads (tenant, execution, id, kind, commitment, wrapped_key, ciphertext)
    SELECT 'bare', p.* FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::bytea[], $6::bytea[]) AS p)
  INSERT INTO audit_events (tenant, seq, ts, id, type, actor_kind, actor_id, agent, execution, action, outcome, header, body, leaf_hash)
  SELECT 'bare', e.* FROM unnest($7::bigint[], $8::timestamptz[], $9::uuid[], $10::text[], $11::text[], $12::text[], $13::text[], $14::uuid[], $15::text[], $16::text[], $17::bytea[], $18::bytea[], $19::bytea[]) AS e`;

interface Batch {
  readonly values: readonly unknown[];
}

/** The same rows with nothing left to do: chained, hashed and laid out before the clock runs. */
function prepareBare(
  { crypto }: DatabaseBench,
  samples: readonly Sample[],
  head: ChainHead,
): { readonly batches: readonly Batch[]; readonly head: ChainHead } {
  const tsMs = Date.now();
  const events = samples.map(({ draft }) =>
    auditEvent({ ...draft, id: eventId(crypto.uuidv7()), tsMs }),
  );
  const chained = appendEvents(head, events, (bytes) => crypto.sha256(bytes));
  const batches = Array.from({ length: BATCHES }, (_, index): Batch => {
    const from = index * BATCH;
    const rows = chained.rows.slice(from, from + BATCH);
    const payloads = samples.slice(from, from + BATCH).flatMap((sample) => sample.payloads);
    const ofPayload = (pick: (payload: SealedPayload) => unknown): unknown[] => payloads.map(pick);
    const ofRow = (pick: (row: ChainRow) => unknown): unknown[] => rows.map(pick);
    return {
      values: [
        ofPayload(({ execution }) => execution),
        ofPayload(({ id }) => id),
        ofPayload(({ kind }) => kind),
        ofPayload(({ commitment }) => commitment),
        ofPayload(({ wrappedKey }) => wrappedKey),
        ofPayload(({ ciphertext }) => ciphertext),
        ofRow(({ seq }) => seq),
        ofRow((row) => new Date(row.tsMs).toISOString()),
        ofRow(({ id }) => id),
        ofRow(({ type }) => type),
        ofRow(({ index: copy }) => copy.actorKind),
        ofRow(({ index: copy }) => copy.actorId),
        ofRow(({ index: copy }) => copy.agent),
        ofRow(({ index: copy }) => copy.execution),
        ofRow(({ index: copy }) => copy.action),
        ofRow(({ index: copy }) => copy.outcome),
        ofRow(({ header }) => header),
        ofRow(({ body }) => body),
        ofRow(({ leafHash }) => leafHash),
      ],
    };
  });
  return { batches, head: chained.head };
}

/** One transaction a batch, all of it sent at once: begin, one prepared insert, commit. */
async function insertBare({ database }: DatabaseBench, batches: readonly Batch[]): Promise<void> {
  const client = await database.app.connect();
  try {
    for (const { values } of batches) {
      await Promise.all([
        client.query(`BEGIN; SELECT set_config('countersign.tenant', 'bare', true)`),
        client.query({ name: 'bare insert', text: BARE_INSERT, values: [...values] }),
        client.query('COMMIT'),
      ]);
    }
  } finally {
    client.release();
  }
}

/** The chained append of the product against a batched insert of the same rows into the same tables. */
export async function runAuditSuite(): Promise<SuiteResult> {
  return withDatabase(async (bench) => {
    let head = genesisHead('bare');
    const totals = { chainedMs: 0, bareMs: 0 };
    for (let round = -WARM_ROUNDS; round < ROUNDS; round += 1) {
      const samples = Array.from({ length: ROWS }, () => makeSample(bench));
      const others = Array.from({ length: ROWS }, () => makeSample(bench));
      const bare = prepareBare(bench, others, head);
      head = bare.head;
      const append = (): Promise<unknown> => appendThroughFlush(bench, samples);
      const insert = (): Promise<void> => insertBare(bench, bare.batches);
      const appendFirst = round % 2 === 0;
      const first = await timedMs<unknown>(appendFirst ? append : insert);
      const second = await timedMs<unknown>(appendFirst ? insert : append);
      if (round < 0) continue;
      totals.chainedMs += appendFirst ? first.ms : second.ms;
      totals.bareMs += appendFirst ? second.ms : first.ms;
    }
    const found = await bench.database.system.query<{ tenant: string; rows: number }>(
      `SELECT tenant, count(*) AS rows FROM audit_events WHERE type = 'decision.made' GROUP BY tenant ORDER BY tenant`,
    );
    const wanted = ROWS * (ROUNDS + WARM_ROUNDS);
    if (found.rows.length !== 2 || found.rows.some(({ rows }) => rows !== wanted))
      throw new Error(`not every row was written: ${JSON.stringify(found.rows)}`);
    const perSecond = (ms: number): number => (ROWS * ROUNDS * 1_000) / ms;
    return {
      tables: [
        {
          title: `Audit append: ${ROUNDS} alternating rounds of ${ROWS} events with two payload rows each, batches of ${BATCH}`,
          columns: ['', 'events/s'],
          rows: [
            [
              'append through the group commit: chained and hashed',
              rounded(perSecond(totals.chainedMs), 0),
            ],
            ['batched INSERT of rows prepared beforehand', rounded(perSecond(totals.bareMs), 0)],
          ],
        },
      ],
      bars: [
        {
          what: 'Audit append rate over the batched INSERT of the same rows',
          measured: rounded(totals.bareMs / totals.chainedMs),
          limit: 0.6,
          wanted: 'at least',
        },
      ],
    };
  });
}
