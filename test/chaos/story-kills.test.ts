import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { ExecutionView } from '../../src/core/execution/view';
import { type Cast, must, refund } from '../support/cast';
import { eventually } from '../support/eventually';
import {
  type KillableProduct,
  type Part,
  PARTS,
  startKillableProduct,
} from '../support/killable-product';
import { FIRST_START_LIMIT_MS } from '../support/running-product';
import { allowedUnderKill, readChain } from './audit-reader';
import { createJournal, type Journal } from './journal';
import { type Moment, MOMENTS, tellRefundStory } from './refund-story';

/** Told at once, each a little later than the one before, so that one kill meets several phases. */
const STORIES = 5;
const STAGGER_MS = 3;
const ONE_KILL_LIMIT_MS = 150_000;

const AIMS: readonly (readonly [Part, Moment])[] = PARTS.flatMap((part) =>
  MOMENTS.map((moment) => [part, moment] as const),
);

describe('I-4 I-8 kill -9 at each await of the story', () => {
  let chaos: KillableProduct;
  let cast: Cast;
  /** Of all tests so far; their workflows may still be finding a worker again. */
  const told: string[] = [];
  beforeAll(async () => {
    chaos = await startKillableProduct();
    ({ cast } = chaos.product);
  }, FIRST_START_LIMIT_MS);
  afterAll(() => chaos?.stop(), 60_000);

  it.each(AIMS)(
    'loses nothing and doubles nothing when %s is killed: %s',
    async (part, aim) => {
      const journal = createJournal();
      const aimed = meetAt(STORIES, async () => {
        await delay((STORIES * STAGGER_MS) / 2);
        await chaos.killAndRecover(part);
      });
      const telling = Array.from({ length: STORIES }, (_, index) =>
        tellRefundStory({
          cast,
          journal,
          reach: async (moment) => {
            if (moment !== aim) return;
            await aimed.arrive();
            await delay(index * STAGGER_MS);
          },
        }),
      );
      const ids = await Promise.all(telling);
      await aimed.done();
      for (const id of ids) await expectOneEnd(cast, journal, id);
      told.push(...ids);
      await expectValidChain(cast);
      // Verdicts, votes and releases are the database's: nobody waits for Temporal.
      if (part === 'temporal') expect(journal.repeats()).toBe(0);
      // A kill that nobody felt would prove nothing.
      if (part === 'node') expect(journal.repeats()).toBeGreaterThan(0);
    },
    ONE_KILL_LIMIT_MS,
  );

  it.each(PARTS)(
    'I-7 sequences no ALLOW after a kill switch that was in flight when %s was killed',
    async (part) => {
      const journal = createJournal();
      const [open, approved] = [await ask(cast), await ask(cast)];
      const vote = `/v1/approvals/${approved.approval?.id ?? ''}/approve`;
      must(await cast.alice.post(vote, { rationale: 'Matches ticket 4711' }), 200);
      const load = keepSubmitting(cast, journal);
      await delay(100);
      const engaging = engageReliably(cast, journal);
      await delay(2);
      const recovering = chaos.killAndRecover(part);
      const killId = await engaging;
      await recovering;
      await delay(300);
      const seen = await load.stop();

      expect(seen.length).toBeGreaterThan(0);
      const now = await journal.reliably('submit', () =>
        cast.bot.post<ExecutionView>('/v1/executions', refund(45)),
      );
      expect(must(now, 200)).toMatchObject({ verdict: 'DENY', mayRun: false });
      for (const voided of [open, approved]) {
        const path = `/v1/executions/${voided.executionId}`;
        const release = { argsDigest: voided.argsDigest, attemptId: randomUUID() };
        expect((await cast.bot.post(`${path}/release`, release)).body.code).toBe(
          'kill_switch_active',
        );
        expect(must(await cast.bot.get<ExecutionView>(path), 200).status).toBe('killed');
      }
      must(await cast.admin.delete(`/v1/kill-switches/${killId}?reason=over`), 200);
      expect(allowedUnderKill(await readChain(cast.admin))).toEqual([]);
      for (const view of seen) await expectStillTrue(cast, view);
      told.push(open.executionId, approved.executionId);
      await expectValidChain(cast);
    },
    ONE_KILL_LIMIT_MS,
  );

  it(
    'leaves no workflow without its end, each chained exactly once',
    async () => {
      expect(told.length).toBeGreaterThan(0);
      await expectWorkflowsEnded(cast, told);
      await expectValidChain(cast);
    },
    ONE_KILL_LIMIT_MS,
  );
});

/** All stories wait for the last one; then the action starts beside them, once. */
function meetAt(count: number, action: () => Promise<void>) {
  let arrived = 0;
  let acting: Promise<void> | undefined;
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    arrive: async (): Promise<void> => {
      arrived += 1;
      if (arrived === count) {
        acting = action();
        acting.catch(() => undefined);
        open();
      }
      await opened;
    },
    done: async (): Promise<void> => {
      expect(acting).toBeDefined();
      await acting;
    },
  };
}

const ask = async (cast: Cast): Promise<ExecutionView> =>
  must(await cast.bot.post<ExecutionView>('/v1/executions', refund(450)), 202);

/** One decision, one counted vote, one verdict, one release, one outcome; the tool ran once. */
async function expectOneEnd(cast: Cast, journal: Journal, id: string): Promise<void> {
  const view = must(await cast.bot.get<ExecutionView>(`/v1/executions/${id}`), 200);
  expect(view.status).toBe('committed');
  expect(journal.runsOf(id)).toBe(1);
  const types = (await readChain(cast.admin, id)).map(({ type }) => type);
  const once = [
    'decision.made',
    'vote.counted',
    'approval.decided',
    'execution.released',
    'outcome.reported',
  ];
  const counts = once.map((type) => [type, types.filter((each) => each === type).length]);
  expect(counts).toEqual(once.map((type) => [type, 1]));
}

/** Every story is told to its end in Temporal too, where ops read it. */
async function expectWorkflowsEnded(cast: Cast, ids: readonly string[]): Promise<void> {
  const status = await cast.admin.get<{ temporal: { address: string } }>('/v1/status');
  const connection = await Connection.connect({ address: must(status, 200).temporal.address });
  try {
    const { workflow } = new Client({ connection, namespace: 'default' });
    for (const id of ids) {
      const isCompleted = async (): Promise<boolean> =>
        (await workflow.getHandle(`exec-${id}`).describe()).status.name === 'COMPLETED';
      await eventually(isCompleted, { limitMs: 60_000, what: `the end of workflow exec-${id}` });
      const types = (await readChain(cast.admin, id)).map(({ type }) => type);
      expect(types.filter((type) => type === 'execution.closed')).toHaveLength(1);
    }
  } finally {
    await connection.close();
  }
}

async function expectValidChain(cast: Cast): Promise<void> {
  const answer = await cast.admin.get<{ state: string; breaks: unknown[] }>('/v1/audit/integrity');
  expect(must(answer, 200)).toMatchObject({ state: 'VALID', breaks: [] });
}

/** An answer that was given stands: the same verdict is read afterwards. */
async function expectStillTrue(cast: Cast, seen: ExecutionView): Promise<void> {
  const path = `/v1/executions/${seen.executionId}`;
  const view = must(await cast.bot.get<ExecutionView>(path), 200);
  expect({ verdict: view.verdict, digest: view.argsDigest }).toEqual({
    verdict: seen.verdict,
    digest: seen.argsDigest,
  });
}

/** Small refunds one after the other, until told to stop; resolves to what was answered. */
function keepSubmitting(cast: Cast, journal: Journal) {
  let stopped = false;
  const seen: ExecutionView[] = [];
  const loop = async (): Promise<void> => {
    while (!stopped) {
      const ids = { idempotencyKey: randomUUID(), attemptId: randomUUID() };
      const answer = await journal.reliably('submit', () =>
        cast.bot.post<ExecutionView>('/v1/executions', refund(45, ids)),
      );
      seen.push(must(answer, 200));
    }
  };
  const loops = Promise.all([loop(), loop(), loop()]);
  loops.catch(() => undefined);
  return {
    stop: async (): Promise<readonly ExecutionView[]> => {
      stopped = true;
      await loops;
      return seen;
    },
  };
}

/** The body carries no id, so a client that got no answer looks whether its switch stands. */
async function engageReliably(cast: Cast, journal: Journal): Promise<string> {
  const reason = `Chaos ${randomUUID()}`;
  interface Kill {
    readonly id: string;
    readonly reason: string;
  }
  let first = true;
  const kill = await journal.reliably('kill', async (): Promise<Kill> => {
    if (!first) {
      const known = must(
        await cast.admin.get<{ items: readonly Kill[] }>('/v1/kill-switches'),
        200,
      ).items.find((each) => each.reason === reason);
      if (known !== undefined) return known;
    }
    first = false;
    return must(await cast.admin.post<Kill>('/v1/kill-switches', { reason }), 201);
  });
  return kill.id;
}
