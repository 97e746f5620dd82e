import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Caller } from '../../src/app/caller';
import { createReadReceipt, type ReceiptView } from '../../src/app/read-receipt';
import { receiptBody, receiptView } from '../../src/contract/receipts';
import { verifyReceipt, type ReceiptJudgement } from '../../src/core/audit/verify-receipt';
import { isDomainError } from '../../src/core/errors';
import type { Json } from '../../src/core/json';
import { loadOrCreateKeys } from '../../src/evidence/keys';
import { createReceiptVerifier } from '../../src/evidence/receipt-verifier';
import type { PublicJwks } from '../../src/evidence/signing';
import type { CoreParts } from '../../src/main/core-parts';
import { createCryptography } from '../../src/main/cryptography';
import { castVote, letTimePass, refusal, release, submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';
import { createSecondTenant } from '../support/second-tenant';

const DENY_DELETE = { action: 'delete_customer', args: { customer: '7' } };
const HOUR_MS = 3_600_000;
const ARGS = { amount: 450, currency: 'USD' };

let installation: TestInstallation;
let bot: Caller;
let ann: Caller;
beforeAll(async () => {
  installation = await createTestInstallation();
  bot = await installation.agent('support-bot');
  ann = await installation.person('ann', { approverRoles: ['support-manager'] });
});
afterAll(() => installation.stop());

const read = (
  executionId: string,
  caller: Caller = bot,
  core: CoreParts = installation.core,
  waitMs = 0,
): Promise<ReceiptView> => core.useCases.readReceipt(caller, { executionId, waitMs });

const readBody = (value: Json) => {
  const body = receiptBody.safeParse(value);
  return body.success ? body.data : undefined;
};

const published = (dir: string): PublicJwks =>
  loadOrCreateKeys({ dir, create: false, env: {} }).publicKeys();

/** Judged as by somebody who has the file and the published keys alone. */
function judge(view: ReceiptView, keys: PublicJwks, args?: Json): ReceiptJudgement {
  const verifier = createReceiptVerifier(JSON.stringify(keys));
  if (verifier === undefined) throw new Error('no keys');
  const file = JSON.parse(JSON.stringify(view)) as Parameters<typeof verifyReceipt>[0];
  return verifyReceipt(file, { ...verifier, readBody, ...(args === undefined ? {} : { args }) });
}

const ask = () => submitRefund(installation.core, bot, 450);
const approve = async () => {
  const asked = await ask();
  await castVote(installation.core, ann, asked.executionId);
  return asked;
};
const cancel = ({ executionId }: { readonly executionId: string }) =>
  installation.core.useCases.cancelExecution(bot, { executionId, reason: 'no longer wanted' });

describe('the receipt of an approval', () => {
  it('proves who approved what, and with the salt which arguments', async () => {
    const asked = await approve();
    const view = await read(asked.executionId);
    expect(receiptView.safeParse(view).success).toBe(true);
    const keys = published(installation.keysDir);
    expect(judge(view, keys, ARGS).state).toBe('VALID');
    expect(judge(view, keys, { ...ARGS, amount: 451 }).state).toBe('INVALID');
    const [event] = await installation.sql<{ seq: string; body: Buffer }>(
      `SELECT seq, body FROM audit_events WHERE execution = $1 AND type = 'vote.counted'`,
      [asked.executionId],
    );
    const recorded = JSON.parse(event?.body.toString() ?? '') as {
      payloads: { rationale: string };
    };
    expect(view.body).toMatchObject({
      ...{ verdict: 'REQUIRE_APPROVAL', status: 'approved', reasonCode: 'approved' },
      ...{ decidedBy: 'user:ann', requestedBy: 'agent:support-bot', argsDigest: asked.argsDigest },
      approval: {
        ...{ chain: { id: 'standard', version: 1 }, level: 1, of: 1 },
        votes: [
          {
            ...{ by: 'user:ann', verdict: 'approve', level: 1 },
            ...{ assurance: 'issued', surface: 'api' },
            auditSeq: Number(event?.seq),
            rationaleCommitment: recorded.payloads.rationale,
          },
        ],
      },
    });
    expect(view.body.policies).toContainEqual(
      expect.objectContaining({ id: 'support', effect: 'require_approval' }),
    );
    expect(JSON.stringify(view)).not.toContain('Matches the ticket');
  });

  it('stays the same, byte for byte, on another process and after the run', async () => {
    const asked = await approve();
    const before = await read(asked.executionId);
    const twin = await installation.twin();
    await castVote(installation.core, ann, asked.executionId, 'reject').catch(() => undefined);
    const released = await release(installation.core, bot, asked);
    expect(released.status).toBe('executing');
    expect((await read(asked.executionId, bot, twin)).receipt).toBe(before.receipt);
    await installation.core.useCases.reportOutcome(bot, {
      ...{ executionId: asked.executionId, status: 'committed' },
    });
    expect((await read(asked.executionId, bot, twin)).receipt).toBe(before.receipt);
    expect((await read(asked.executionId, installation.admin)).receipt).toBe(before.receipt);
  });

  it.each([
    ['cancelled', cancel],
    [
      'outlived',
      ({ executionId }: { readonly executionId: string }) =>
        letTimePass(installation, executionId, 2 * HOUR_MS),
    ],
  ])('still says approved when the approval is %s before it was released', async (_how, end) => {
    const asked = await approve();
    const before = await read(asked.executionId);
    await end(asked);
    const after = await read(asked.executionId);
    expect(after.receipt).toBe(before.receipt);
    expect(after.body.status).toBe('approved');
    const view = await installation.core.useCases.awaitExecution(bot, { ...asked, waitMs: 0 });
    expect(view.status).not.toBe('approved');
  });

  it('gets its proof once a checkpoint covers it, the same one for everybody', async () => {
    await approve();
    await installation.checkpoint();
    const asked = await approve();
    const early = await read(asked.executionId);
    expect(early).toMatchObject({ proofPending: { why: expect.any(String) as unknown } });
    expect(early).not.toHaveProperty('proof');
    const waiting = read(asked.executionId, bot, installation.core, 20_000);
    const startedMs = performance.now();
    await submitRefund(installation.core, bot, 45);
    await installation.checkpoint();
    const view = await waiting;
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    const judged = judge(view, published(installation.keysDir), ARGS);
    expect(judged.state).toBe('VALID');
    expect(judged.checks.map(({ name, result }) => [name, result])).toEqual([
      ...['signature', 'body', 'salt', 'arguments', 'checkpoint', 'inclusion'].map((name) => [
        ...[name, 'ok'],
      ]),
    ]);
    await submitRefund(installation.core, bot, 45);
    await installation.checkpoint();
    const later = await read(asked.executionId, bot, await installation.twin());
    expect(later).toEqual(view);
  });

  it('gives up waiting for a proof when the time is over or nobody listens any more', async () => {
    const asked = await approve();
    const over = await read(asked.executionId, bot, installation.core, 50);
    expect(over).toHaveProperty('proofPending');
    const gone = new AbortController();
    const waiting = installation.core.useCases.readReceipt(bot, {
      ...{ executionId: asked.executionId, waitMs: 20_000, signal: gone.signal },
    });
    gone.abort();
    expect(await waiting).toHaveProperty('proofPending');
  });

  it('verifies by the retired key after a rotation, and new ones by the new key', async () => {
    const asked = await approve();
    const old = await read(asked.executionId);
    const dir = mkdtempSync(join(tmpdir(), 'cs-rotated-'));
    cpSync(installation.keysDir, dir, { recursive: true });
    const before = published(dir);
    writeFileSync(join(dir, 'retired-public-keys.json'), JSON.stringify(before), { mode: 0o600 });
    rmSync(join(dir, 'receipt-signing-key.pem'));
    const keys = loadOrCreateKeys({ dir, create: true, env: {} });
    const { core } = installation;
    const readAfter = createReadReceipt({
      ...{ committer: core.committer, snapshots: core.snapshots, reads: core.reads },
      ...{ log: core.auditLog, waiter: core.hub, crypto: createCryptography(keys) },
      ...{ monotonicMs: () => performance.now(), noteReceipt: () => undefined },
    });
    const young = await readAfter(bot, { executionId: asked.executionId, waitMs: 0 });
    rmSync(dir, { recursive: true });
    expect(young.receipt).not.toBe(old.receipt);
    expect(judge(old, keys.publicKeys()).state).toBe('VALID');
    expect(judge(young, keys.publicKeys()).state).toBe('VALID');
    expect(judge(young, before).state).toBe('UNVERIFIABLE');
  });
});

describe('every verdict has a receipt', () => {
  it.each([
    ['allowed', 'decision.made', () => submitRefund(installation.core, bot, 45)],
    ['denied', 'decision.made', () => submitRefund(installation.core, bot, 0, DENY_DELETE)],
    ['approved', 'approval.decided', approve],
    [
      'rejected',
      'approval.decided',
      async () => {
        const asked = await ask();
        await castVote(installation.core, ann, asked.executionId, 'reject');
        return asked;
      },
    ],
    [
      'expired',
      'execution.expired',
      async () => {
        const asked = await ask();
        await letTimePass(installation, asked.executionId, 2 * HOUR_MS);
        return asked;
      },
    ],
    [
      'cancelled',
      'execution.cancelled',
      async () => {
        const asked = await ask();
        await cancel(asked);
        return asked;
      },
    ],
    [
      'killed',
      'execution.killed',
      async () => {
        const asked = await ask();
        const { engageKillSwitch, liftKillSwitch } = installation.core.useCases;
        const kill = { scope: 'global', reason: 'drill', severity: 'info' } as const;
        const { id } = await engageKillSwitch(installation.admin, kill);
        await liftKillSwitch(installation.admin, { id, reason: 'over' });
        return asked;
      },
    ],
  ] as const)('%s', async (status, type, make) => {
    const { executionId } = await make();
    const view = await read(executionId);
    expect(view.body).toMatchObject({ status, audit: { closing: { type } } });
    await installation.checkpoint();
    const proven = await read(executionId, installation.admin);
    expect(proven.receipt).toBe(view.receipt);
    expect(judge(proven, published(installation.keysDir)).state).toBe('VALID');
    const shown = await installation.core.useCases.awaitExecution(bot, { executionId, waitMs: 0 });
    expect(shown.links.receipt).toBe(`/v1/executions/${executionId}/receipt`);
  });

  it('but an open one has none yet, and its refusal says when', async () => {
    const asked = await ask();
    const refused = await read(asked.executionId).catch((error: unknown) => error);
    if (!isDomainError(refused)) throw new Error('there was a receipt');
    expect(refused.code).toBe('approval_pending');
    expect(refused.details.extra).toMatchObject({
      ...{ executionId: asked.executionId, executionStatus: 'pending_approval' },
      deadline: asked.approval?.deadline,
    });
    expect(asked.links).not.toHaveProperty('receipt');
  });
});

describe('who gets a receipt', () => {
  it('whoever may read the execution; the salt goes to the submitting agent alone', async () => {
    const { executionId } = await approve();
    const other = await installation.agent('other-bot');
    const stranger = await createSecondTenant(installation);
    expect(await refusal(read(executionId, other))).toBe('execution_not_found');
    expect(await refusal(read(executionId, stranger))).toBe('execution_not_found');
    expect(await refusal(read(executionId, ann))).toBe('forbidden');
    expect(await read(executionId)).toHaveProperty('argsSalt');
    expect(await read(executionId, installation.admin)).not.toHaveProperty('argsSalt');
  });

  it('and after the arguments were erased the receipt stays, without the salt', async () => {
    const { executionId } = await approve();
    const before = await read(executionId);
    await installation.sql(`UPDATE payloads SET wrapped_key = NULL WHERE execution = $1`, [
      executionId,
    ]);
    const after = await read(executionId);
    expect(after.receipt).toBe(before.receipt);
    expect(after).not.toHaveProperty('argsSalt');
  });

  it('each reading stands in the chain, counted', async () => {
    const { executionId } = await approve();
    await read(executionId);
    await read(executionId);
    await read(executionId, installation.admin);
    await installation.core.notes.flush();
    const events = await installation.sql<{ actor_id: string; body: Buffer }>(
      `SELECT actor_id, body FROM audit_events WHERE execution = $1 AND type = 'receipt.issued' ORDER BY seq`,
      [executionId],
    );
    expect(
      events.map(({ actor_id, body }) => {
        const { context } = JSON.parse(body.toString()) as { context: { count: number } };
        return [actor_id, context.count];
      }),
    ).toEqual([
      ['agent:support-bot', 2],
      ['user:admin', 1],
    ]);
  });
});

describe('nothing is signed that the chain does not bear out', () => {
  it.each([
    ['a vote of somebody else', `UPDATE votes SET principal = 'user:eve' WHERE execution = $1`],
    ['another verdict of a vote', `UPDATE votes SET verdict = 'reject' WHERE execution = $1`],
    ['another assurance', `UPDATE votes SET assurance = 'webauthn' WHERE execution = $1`],
    ['another action', `UPDATE executions SET action = 'refund_all' WHERE id = $1`],
    ['another environment', `UPDATE executions SET environment = 'dev' WHERE id = $1`],
    [
      'another rule',
      `UPDATE executions SET decision = jsonb_set(decision, '{matched,0,rule}', '"NICE"') WHERE id = $1`,
    ],
    [
      'other arguments',
      `UPDATE executions SET state = jsonb_set(state, '{argsDigest}', '"00"') WHERE id = $1`,
    ],
    ['another level of a vote', `UPDATE votes SET level = 3 WHERE execution = $1`],
    ['another reason', `UPDATE votes SET rationale_commitment = 'ab' WHERE execution = $1`],
  ])('%s', async (_name, change) => {
    const { executionId } = await approve();
    await installation.sql(change, [executionId]);
    expect(await refusal(read(executionId))).toBe('internal');
  });

  it('a row of the chain with a changed body', async () => {
    const { executionId } = await approve();
    await installation.sql('ALTER TABLE audit_events DISABLE TRIGGER USER');
    await installation.sql(
      `UPDATE audit_events SET body = convert_to(replace(convert_from(body, 'UTF8'), 'user:ann', 'user:eve'), 'UTF8')
        WHERE execution = $1 AND type = 'approval.decided'`,
      [executionId],
    );
    expect(await refusal(read(executionId))).toBe('internal');
  });

  it('a verdict written without its row', async () => {
    const { executionId } = await ask();
    await installation.sql(
      `UPDATE executions SET status = 'approved', state = jsonb_set(state, '{verdict}', '"approved"') WHERE id = $1`,
      [executionId],
    );
    expect(await refusal(read(executionId))).toBe('unavailable');
  });
});
