import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Caller } from '../../src/app/caller';
import { createVerifyAudit } from '../../src/app/verify-audit';
import { DEFAULT_TENANT } from '../../src/core/ids';
import { loadOrCreateKeys } from '../../src/evidence/keys';
import { createCryptography } from '../../src/main/cryptography';
import { castVote, release, submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

/** Stands in for what an agent or a person wrote: it may be found nowhere in the database. */
const CANARY = 'kanarienvogel-4711';
let installation: TestInstallation;
let bot: Caller;
let ann: Caller;

beforeAll(async () => {
  installation = await createTestInstallation();
  const { useCases } = installation.core;
  bot = await installation.agent('support-bot');
  ann = await installation.person('ann', { approverRoles: ['support-manager'] });
  for (let index = 0; index < 5; index += 1) await submitRefund(installation.core, bot, 45);
  await installation.checkpoint();
  const args = { amount: 450, note: CANARY, deep: [{ secret: `${CANARY}-deep` }] };
  const asked = await submitRefund(installation.core, bot, 0, {
    ...{ args, context: { reason: CANARY, user: `${CANARY}@example.com` } },
    ...{ justification: CANARY, exceptionRequested: true, attemptId: 'a' },
  });
  const vote = { approvalId: asked.executionId, verdict: 'approve', rationale: CANARY } as const;
  await useCases.castVote(ann, vote);
  await useCases.castVote(ann, { ...vote, verdict: 'reject' }).catch(() => undefined);
  await release(installation.core, bot, asked, 'a');
  await useCases.reportOutcome(bot, {
    ...{ executionId: asked.executionId, status: 'failed', attemptId: 'a' },
    ...{ result: { text: CANARY }, error: CANARY },
  });
  await castVote(
    installation.core,
    ann,
    (await submitRefund(installation.core, bot, 450)).executionId,
  );
});
afterAll(async () => {
  await installation.stop();
});

/** Every row of every table as text, one line a row, headed by its table. */
async function dump(): Promise<readonly string[]> {
  const tables = await installation.sql<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
  );
  const lines: string[] = [];
  for (const { name } of tables) {
    const rows = await installation.sql<{ line: string }>(`SELECT t::text AS line FROM ${name} t`);
    lines.push(...rows.map(({ line }) => `${name} ${line}`));
  }
  return lines;
}

const spellings = (text: string): readonly string[] => [
  text,
  Buffer.from(text).toString('hex'),
  Buffer.from(text).toString('base64').replace(/=+$/, '').slice(0, -2),
];

describe('what agents and people write', () => {
  it('stands in no table but encrypted: arguments, context, justification, rationale, result', async () => {
    const lines = await dump();
    const kinds = await installation.sql<{ kind: string }>(
      'SELECT DISTINCT kind FROM payloads ORDER BY 1',
    );
    expect(kinds.map(({ kind }) => kind)).toEqual([
      'arguments',
      'context',
      'justification',
      'rationale',
      'result',
    ]);
    const found = lines.filter((line) => spellings(CANARY).some((text) => line.includes(text)));
    expect(found).toEqual([]);
    expect(lines.length).toBeGreaterThan(50);
  });

  it('stands in no table either when a rule compares it', async () => {
    await installation.publish(
      'compare',
      `
apiVersion: countersign/v1
kind: Policy
metadata: { id: compare, version: 1 }
rules:
  - { id: named, match: { action: write_note }, when: { field: args.customer, equals: nobody }, then: deny, reason: Not them }
  - { id: listed, match: { action: write_note }, when: { field: context.reason, contains: zzz }, then: deny, reason: Not this }
defaults: { outcome: allow }
`,
    );
    await submitRefund(installation.core, bot, 0, {
      ...{ action: 'write_note', args: { customer: CANARY }, context: { reason: CANARY } },
    });
    const found = (await dump()).filter((line) =>
      spellings(CANARY).some((text) => line.includes(text)),
    );
    expect(found).toEqual([]);
  });

  it('is answered to the people who decide, so it was kept', async () => {
    const asked = await submitRefund(installation.core, bot, 0, {
      args: { amount: 450, note: CANARY },
    });
    const shown = await installation.core.useCases.readApproval(ann, asked.executionId);
    expect(shown.args).toEqual({ amount: 450, note: CANARY });
  });
});

describe('the stored chain', () => {
  const judge = createJudge;
  let trusted: Awaited<ReturnType<TestInstallation['verify']>>;

  beforeAll(async () => {
    trusted = await installation.verify();
    await installation.sql('ALTER TABLE audit_events DISABLE TRIGGER USER');
    await installation.sql('ALTER TABLE audit_checkpoints DISABLE TRIGGER USER');
    await installation.sql('CREATE TABLE kept_events AS SELECT * FROM audit_events');
    await installation.sql('CREATE TABLE kept_heads AS SELECT * FROM tenant_heads');
    await installation.sql('CREATE TABLE kept_checkpoints AS SELECT * FROM audit_checkpoints');
  });
  afterEach(async () => {
    for (const text of [
      'DELETE FROM audit_events',
      'INSERT INTO audit_events SELECT * FROM kept_events',
      'DELETE FROM audit_checkpoints',
      'INSERT INTO audit_checkpoints SELECT * FROM kept_checkpoints',
      'UPDATE tenant_heads h SET seq = k.seq, hash = k.hash, last_ts = k.last_ts FROM kept_heads k WHERE k.tenant = h.tenant',
    ])
      await installation.sql(text);
    expect((await judge()).state).toBe('VALID');
  });

  function createJudge() {
    const { auditLog } = installation.core;
    return createVerifyAudit({ log: auditLog, crypto: installation.crypto })(DEFAULT_TENANT);
  }
  const randomSeq = () => 1 + Math.floor(Math.random() * trusted.size);
  const edit = async (assignment: string, seq: number) => {
    const rows = await installation.sql(
      `UPDATE audit_events SET ${assignment} WHERE tenant = 'default' AND seq = $1 RETURNING seq`,
      [seq],
    );
    expect(rows).toHaveLength(1);
  };

  it('is VALID up to its end, and covered by a signed checkpoint', () => {
    expect(trusted).toMatchObject({ state: 'VALID', checkpointSize: trusted.size, breaks: [] });
  });

  it.each([
    [
      'header',
      `header = set_byte(header, length(header) / 2, get_byte(header, length(header) / 2) # 1)`,
    ],
    ['body', `body = set_byte(body, length(body) / 2, get_byte(body, length(body) / 2) # 1)`],
    ['leaf_hash', `leaf_hash = set_byte(leaf_hash, 5, get_byte(leaf_hash, 5) # 1)`],
    ['id', `id = gen_random_uuid()`],
    ['type', `type = type || 'x'`],
    ['actor_kind', `actor_kind = 'auditor'`],
    ['actor_id', `actor_id = actor_id || 'x'`],
    ['agent', `agent = coalesce(agent, '') || 'x'`],
    ['execution', `execution = gen_random_uuid()`],
    ['action', `action = coalesce(action, '') || 'x'`],
    ['outcome', `outcome = coalesce(outcome, '') || 'x'`],
    ['ts by an hour', `ts = ts + interval '1 hour'`],
    ['ts by a millisecond', `ts = ts - interval '1 millisecond'`],
    ['ts by a microsecond', `ts = ts + interval '1 microsecond'`],
  ])('with one change in %s of a row is TAMPERED', async (_column, assignment) => {
    const seq = randomSeq();
    await edit(assignment, seq);
    const result = await judge();
    expect([
      result.state,
      result.breaks.some((each) => each.seq === seq || /^seq/.test(assignment)),
    ]).toEqual(['TAMPERED', true]);
  });

  it.each([
    ['given to another tenant', `tenant = 'elsewhere'`],
    ['moved behind the end', 'seq = seq + 100000'],
  ])('with a row %s has a GAP', async (_name, assignment) => {
    await edit(assignment, Math.max(1, randomSeq() - 1));
    expect((await judge()).state).toBe('GAP');
  });

  it('with rows missing in the middle has a GAP, and the rows are named', async () => {
    await installation.sql(`DELETE FROM audit_events WHERE tenant = 'default' AND seq IN (4, 5)`);
    const result = await judge();
    expect(result.state).toBe('GAP');
    expect(result.breaks[0]).toMatchObject({ seq: 4, kind: 'missing_rows' });
  });

  const cutTail = async (rows: number) => {
    const last = trusted.size - rows;
    await installation.sql(`DELETE FROM audit_events WHERE tenant = 'default' AND seq > $1`, [
      last,
    ]);
    return last;
  };
  const rewindHead = (last: number) =>
    installation.sql(
      `UPDATE tenant_heads SET seq = $1, hash = (SELECT leaf_hash FROM audit_events WHERE tenant = 'default' AND seq = $1)
        WHERE tenant = 'default'`,
      [last],
    );

  it('with its tail cut is TRUNCATED', async () => {
    await cutTail(3);
    expect((await judge()).state).toBe('TRUNCATED');
  });

  it('with its tail cut and the head row set back is TRUNCATED by the signed checkpoint', async () => {
    await rewindHead(await cutTail(3));
    expect((await judge()).state).toBe('TRUNCATED');
  });

  it('with tail, head and checkpoints set back is TRUNCATED for whoever remembers a checkpoint', async () => {
    const last = await cutTail(3);
    await rewindHead(last);
    await installation.sql('DELETE FROM audit_checkpoints WHERE size > $1', [last]);
    const verify = createVerifyAudit({
      ...{ log: installation.core.auditLog, crypto: installation.crypto },
    });
    const remembered = trusted.checkpoint;
    expect(remembered).toBeDefined();
    expect(
      (await verify(DEFAULT_TENANT, remembered === undefined ? {} : { trusted: remembered })).state,
    ).toBe('TRUNCATED');
  });

  it('with a rewritten last row and a matching head is TAMPERED by the signed checkpoint', async () => {
    const seq = trusted.size;
    await edit(`body = convert_to(replace(convert_from(body, 'UTF8'), '"', '"'), 'UTF8')`, seq);
    await installation.sql(`DELETE FROM audit_events WHERE tenant = 'default' AND seq = $1`, [seq]);
    await installation.sql(
      `INSERT INTO audit_events SELECT tenant, $1, ts, id, type, actor_kind, actor_id, agent, execution, action, outcome, header, body, leaf_hash
         FROM audit_events WHERE tenant = 'default' AND seq = $1::bigint - 1`,
      [seq],
    );
    await rewindHead(seq);
    expect((await judge()).state).toBe('TAMPERED');
  });

  it('with a changed checkpoint is TAMPERED', async () => {
    await installation.sql(
      `UPDATE audit_checkpoints SET note = replace(note, E'\\n' || size || E'\\n', E'\\n' || (size - 1) || E'\\n') WHERE tenant = 'default'`,
    );
    expect((await judge()).state).toBe('TAMPERED');
  });

  it('with checkpoints of unknown keys is UNVERIFIABLE', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'cs-other-keys-'));
    const other = createCryptography(loadOrCreateKeys({ dir, create: true, env: {} }));
    const verify = createVerifyAudit({ log: installation.core.auditLog, crypto: other });
    expect((await verify(DEFAULT_TENANT)).state).toBe('UNVERIFIABLE');
    rmSync(dir, { recursive: true });
  });
});

describe('verification beside a growing log', () => {
  it('stays VALID while others append and sign checkpoints', async () => {
    const fresh = await createTestInstallation();
    try {
      const agent = await fresh.agent('support-bot');
      let growing = true;
      const load = (async () => {
        while (growing) {
          await Promise.all(Array.from({ length: 10 }, () => submitRefund(fresh.core, agent, 45)));
          await fresh.checkpoint();
        }
      })();
      const verify = createVerifyAudit({ log: fresh.core.auditLog, crypto: fresh.crypto });
      const states: string[] = [];
      for (let index = 0; index < 25; index += 1) states.push((await verify(DEFAULT_TENANT)).state);
      growing = false;
      await load;
      expect(new Set(states)).toEqual(new Set(['VALID']));
    } finally {
      await fresh.stop();
    }
  });
});
