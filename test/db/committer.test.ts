import type { Caller } from '../../src/app/caller';
import type { Unit } from '../../src/app/commit-ports';
import { DomainError } from '../../src/core/errors';
import type { ExecutionView } from '../../src/core/execution/view';
import { DEFAULT_TENANT } from '../../src/core/ids';
import { refusal, submitRefund } from '../support/executions';
import { createTestInstallation, type TestInstallation } from '../support/installation';

const note = (outcome: string): Unit<number> => ({
  work: (tx) =>
    tx.audit({ type: 'settings.changed', actor: { kind: 'system', id: 'system:test' }, outcome }),
});
const all = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

let installation: TestInstallation;
let bot: Caller;

const sequencesOf = async (type: string, where = ''): Promise<number[]> =>
  (
    await installation.sql<{ seq: string }>(
      `SELECT seq FROM audit_events WHERE tenant = 'default' AND type = $1 ${where} ORDER BY seq`,
      [type],
    )
  ).map(({ seq }) => Number(seq));

/** Transactions that wrote the chain: rows of one transaction share xmin. */
const transactionsSince = async (seq: number): Promise<number> => {
  const [row] = await installation.sql<{ count: number }>(
    `SELECT count(DISTINCT xmin::text)::int AS count FROM audit_events WHERE tenant = 'default' AND seq > $1`,
    [seq],
  );
  return row?.count ?? 0;
};
const head = async (): Promise<number> => {
  const [row] = await installation.sql<{ seq: string }>(
    `SELECT seq FROM tenant_heads WHERE tenant = 'default'`,
  );
  return Number(row?.seq);
};

beforeAll(async () => {
  installation = await createTestInstallation();
  bot = await installation.agent('support-bot');
  await installation.person('ann', { approverRoles: ['support-manager'] });
});
afterAll(async () => {
  expect((await installation.verify()).state).toBe('VALID');
  await installation.stop();
});

describe('group commit', () => {
  it('lets concurrent submits share transactions and chains every one without a gap', async () => {
    const before = await head();
    const views = await all(64, () => submitRefund(installation.core, bot, 45));
    expect(views.every((view) => view.verdict === 'ALLOW' && view.mayRun)).toBe(true);
    expect(new Set(views.map((view) => view.executionId)).size).toBe(64);
    expect(await head()).toBe(before + 64);
    expect(await transactionsSince(before)).toBeLessThanOrEqual(4);
    expect(await installation.verify()).toMatchObject({ state: 'VALID', size: before + 64 });
  });

  it('chains what two processes commit at the same time in one order without a gap', async () => {
    const twin = await installation.twin();
    const before = await head();
    await all(100, (index) =>
      submitRefund(index % 2 === 0 ? installation.core : twin, bot, index < 50 ? 45 : 450),
    );
    expect(await head()).toBe(before + 100);
    expect((await installation.verify()).state).toBe('VALID');
  });

  it('answers each unit with the sequence number its own row got', async () => {
    const outcomes = Array.from({ length: 40 }, (_, index) => `mark-${String(index)}`);
    const answers = await Promise.all(
      outcomes.map((outcome) => installation.core.committer.commit(DEFAULT_TENANT, note(outcome))),
    );
    for (const [index, outcome] of outcomes.entries())
      expect(await sequencesOf('settings.changed', `AND outcome = '${outcome}'`)).toEqual([
        answers[index],
      ]);
  });

  it('runs the units of one key one after another, each seeing what the last committed', async () => {
    const seen = await all(20, () =>
      installation.core.committer.commit(DEFAULT_TENANT, {
        key: 'counter',
        lane: 'exclusive',
        work: async (tx) => {
          const stored = tx.nextSeq();
          await tx.registry.putList('counter', [String(stored)]);
          tx.audit({ type: 'list.changed', actor: { kind: 'system', id: 'system:test' } });
          return stored;
        },
      }),
    );
    expect(new Set(seen).size).toBe(20);
  });
});

describe('a unit that fails', () => {
  it('by a refusal of its own work fails alone', async () => {
    const before = await head();
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 5 }, () => submitRefund(installation.core, bot, 45)),
      installation.core.committer.commit(DEFAULT_TENANT, {
        work: (tx) => {
          tx.audit({ type: 'settings.changed', actor: { kind: 'system', id: 'system:test' } });
          throw new DomainError('conflict');
        },
      }),
    ]);
    const statuses = outcomes.map(({ status }) => status);
    expect(statuses.join()).toBe(`${'fulfilled,'.repeat(5)}rejected`);
    expect(await head()).toBe(before + 5);
  });

  it('by a statement that Postgres refuses fails alone, and nothing of it stays', async () => {
    const before = await head();
    const poisoned = installation.core.committer.commit(DEFAULT_TENANT, {
      work: (tx) => {
        tx.audit({ type: 'settings.changed', actor: { kind: 'system', id: 'system:test' } });
        tx.insertPayload({
          ...{ id: 'not-a-uuid' as never, execution: 'nor-this' as never, kind: 'result' },
          ...{ commitment: new Uint8Array(), wrappedKey: undefined, ciphertext: new Uint8Array() },
        });
      },
    });
    const good = all(20, () => submitRefund(installation.core, bot, 45));
    expect(await refusal(poisoned)).toBe('unavailable');
    expect((await good).every((view) => view.verdict === 'ALLOW')).toBe(true);
    expect(await head()).toBe(before + 20);
  });
});

describe('idempotency keys', () => {
  it('make one execution of fifty concurrent submits, in two processes, all answered alike', async () => {
    const twin = await installation.twin();
    const attemptId = 'one-attempt';
    const views = await all(50, (index) =>
      submitRefund(index % 2 === 0 ? installation.core : twin, bot, 45, {
        idempotencyKey: 'fifty',
        attemptId,
      }),
    );
    expect(new Set(views.map((view) => view.executionId)).size).toBe(1);
    expect(views.every((view) => view.mayRun)).toBe(true);
    const rows = await installation.sql(
      `SELECT id FROM executions WHERE idempotency_key = 'fifty'`,
    );
    expect(rows).toHaveLength(1);
    expect(
      await sequencesOf('decision.made', `AND execution = '${views[0]?.executionId ?? ''}'`),
    ).toHaveLength(1);
  });

  it('let exactly one of many attempts run', async () => {
    const settled = await Promise.allSettled(
      Array.from({ length: 30 }, (_, index) =>
        submitRefund(installation.core, bot, 45, {
          idempotencyKey: 'one-runs',
          attemptId: `attempt-${String(index)}`,
        }),
      ),
    );
    const runs = settled.filter(
      (each): each is PromiseFulfilledResult<ExecutionView> =>
        each.status === 'fulfilled' && each.value.mayRun,
    );
    expect(runs).toHaveLength(1);
    for (const each of settled)
      if (each.status === 'rejected')
        expect(each.reason).toMatchObject({ code: 'already_released' });
  });

  it('are refused for another request, and belong to one agent', async () => {
    const key = { idempotencyKey: 'reused' };
    const first = await submitRefund(installation.core, bot, 45, key);
    expect(await refusal(submitRefund(installation.core, bot, 46, key))).toBe(
      'idempotency_conflict',
    );
    const other = await installation.agent('other-bot');
    const second = await submitRefund(installation.core, other, 45, key);
    expect(second.executionId).not.toBe(first.executionId);
  });
});

describe('the epoch', () => {
  it('makes a decision that lost a race with a policy be made again under the new one', async () => {
    const twin = await installation.twin();
    const pending: Promise<ExecutionView>[] = [];
    let publishing = Promise.resolve();
    const stop =
      '{"rules":[{"id":"NO_REFUNDS","description":"Stop","match":{"tool_name":"issue_refund","environment":"*"},"outcome":"DENY"}],"defaults":{"outcome":"ALLOW"}}';
    for (let index = 0; index < 200; index += 1) {
      pending.push(submitRefund(index % 2 === 0 ? installation.core : twin, bot, 45));
      if (index === 80) publishing = installation.publish('no-refunds', stop);
      if (index % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await publishing;
    const views = await Promise.all(pending);
    const published = (await sequencesOf('policy.published')).at(-1);
    expect(published).toBeDefined();
    const verdicts = await installation.sql<{ seq: string; outcome: string }>(
      `SELECT seq, outcome FROM audit_events WHERE tenant = 'default' AND type = 'decision.made' AND execution = ANY($1)`,
      [views.map((view) => view.executionId)],
    );
    const wrong = verdicts.filter(
      ({ seq, outcome }) => outcome !== (Number(seq) < Number(published) ? 'ALLOW' : 'DENY'),
    );
    expect(wrong).toEqual([]);
    expect(new Set(verdicts.map(({ outcome }) => outcome))).toEqual(new Set(['ALLOW', 'DENY']));
    expect(views.filter((view) => view.verdict === 'DENY' && view.mayRun)).toEqual([]);
  });
});
