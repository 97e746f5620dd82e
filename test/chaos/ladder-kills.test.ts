import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { Client as Postgres } from 'pg';
import type { ExecutionView } from '../../src/core/execution/view';
import { type Cast, introduceCast, must } from '../support/cast';
import { eventually } from '../support/eventually';
import { FIRST_START_LIMIT_MS } from '../support/running-product';
import {
  type Member,
  MEMBERS,
  type SeparateProduct,
  startSeparateProduct,
} from '../support/separate-product';
import { type ChainedEvent, readChain } from './audit-reader';
import { createDesk, type Desk } from './desk';
import { createJournal, type Journal } from './journal';
import { type ChainName, introduceLadder, REMINDED, type LinkedPeople } from './ladder-rules';

const ONE_KILL_LIMIT_MS = 120_000;
/** A lease of a message outlives its dead holder by a minute. */
const CARDS_LIMIT_MS = 100_000;
/** The bar: a timer fires this soon after it is due, or after everything is back. */
const TIMER_BAR_MS = 10_000;
/** The kill comes this long before the moment it is aimed at, which is the time to press and to post. */
const AHEAD_MS = 150;

/** What a story must have come to, in the chain and on its card. */
interface Told {
  readonly id: string;
  readonly status: 'committed' | 'cancelled' | 'rejected' | 'expired';
  readonly words: string;
  readonly levels: number;
}

describe('I-6 I-8 the ladder and its cards under kill -9', () => {
  let product: SeparateProduct;
  let cast: Cast;
  let desk: Desk;
  let people: LinkedPeople;
  const journal: Journal = createJournal();
  const told: Told[] = [];
  /** Presses of cards that are known only when the lease of a dead process has run out. */
  const finishing: Promise<void>[] = [];
  const later = (work: () => Promise<void>): void => {
    const one = work();
    one.catch(() => undefined);
    finishing.push(one);
  };

  beforeAll(async () => {
    product = await startSeparateProduct();
    cast = await introduceCast(product.admin);
    people = await introduceLadder(cast, product.slack);
    desk = createDesk(product.slack, product.channel);
  }, FIRST_START_LIMIT_MS);
  afterAll(() => product?.stop(), 60_000);

  let seen = 0;
  /** What the workspace found against the app since the last look. */
  const violations = (): readonly string[] => {
    const found = product.slack.violations().slice(seen);
    seen += found.length;
    return found;
  };
  /** Every press is acknowledged in time whoever else is dead. */
  const expectNoViolation = (killed: Member): void => {
    const found = violations();
    expect(
      killed === 'channels' ? found.filter((text) => !NOBODY_THERE.test(text)) : found,
    ).toEqual([]);
  };
  const submit = async (chain: ChainName): Promise<ExecutionView> => {
    const ids = { idempotencyKey: randomUUID(), attemptId: randomUUID() };
    const body = { agent: 'support-bot', action: `refund_${chain}`, args: { amount: 450 }, ...ids };
    return must(
      await journal.reliably('submit', () => cast.bot.post<ExecutionView>('/v1/executions', body)),
      202,
    );
  };
  /** Waits for the verdict, takes the release once, runs the tool, reports. */
  const run = async (view: ExecutionView): Promise<void> => {
    const path = `/v1/executions/${view.executionId}`;
    await journal.reliably('wait', async () => {
      for (;;) {
        const now = await cast.bot.get<ExecutionView>(`${path}?waitMs=20000`);
        if (now.status !== 202) return now;
      }
    });
    const attempts = [randomUUID(), randomUUID()];
    const answers = await Promise.all(
      attempts.map((attemptId) =>
        journal.reliably('release', () =>
          cast.bot.post<ExecutionView>(`${path}/release`, {
            argsDigest: view.argsDigest,
            attemptId,
          }),
        ),
      ),
    );
    const winners = answers.filter(({ status, body }) => status === 200 && body.mayRun);
    for (const { body } of winners) journal.runTool(body.executionId);
    await report(view, winners[0]?.body.attemptId ?? '');
  };
  const report = async (view: ExecutionView, attemptId: string): Promise<void> => {
    const done = await journal.reliably('outcome', () =>
      cast.bot.post<ExecutionView>(`/v1/executions/${view.executionId}/outcome`, {
        status: 'committed',
        attemptId,
      }),
    );
    expect(must(done, 200).status).toBe('committed');
  };
  const tell = ({ executionId: id }: ExecutionView, end: Omit<Told, 'id'>): void => {
    told.push({ id, ...end });
  };

  it.each(MEMBERS)(
    'posts, reminds and escalates once when %s is killed',
    async (member) => {
      const reminded = await submit('reminded');
      const remindsMs = deadlineOf(reminded) - REMINDED.levelMs + REMINDED.afterMs;
      await desk.openCard(reminded.executionId);
      await until(remindsMs - AHEAD_MS);
      product.slack.faults.add({ kind: 'drop_after_accept', method: 'chat.postMessage' });
      const accepted = desk.nextCard();
      const asking = Promise.all([submit('patient'), submit('patient')]);
      asking.catch(() => undefined);
      await accepted;
      const backMs = await killAndRecover(product, member);
      product.slack.faults.clear();
      const [approved, cancelled] = await asking;

      later(async () => {
        const who = people.helpers[member];
        await desk.pressUntilRecorded(who, approved.executionId, 'cs:approve');
        await run(approved);
        await eventOf(cast, reminded, isLevelOpened(2));
        await desk.pressUntilRecorded(who, reminded.executionId, 'cs:approve');
        await run(reminded);
      });
      later(async () => {
        // Before its people were told there would be no card to speak of.
        await desk.openCard(cancelled.executionId);
        const path = `/v1/executions/${cancelled.executionId}/cancel`;
        await journal.reliably('cancel', () => cast.bot.post(path, { reason: 'Not needed' }));
      });
      expectSoon(await eventOf(cast, reminded, isReminder), remindsMs, backMs);
      tell(approved, { status: 'committed', words: 'Approved and done', levels: 1 });
      tell(cancelled, { status: 'cancelled', words: 'Cancelled', levels: 1 });
      tell(reminded, { status: 'committed', words: 'Approved and done', levels: 2 });
      expectNoViolation(member);
      await expectValidChain(cast);
    },
    ONE_KILL_LIMIT_MS,
  );

  it.each(MEMBERS)(
    'counts what was clicked in time, and nothing else, when %s is killed',
    async (member) => {
      const [pressed, closing] = [await submit('patient'), await submit('patient')];
      await Promise.all([pressed, closing].map((each) => desk.openCard(each.executionId)));
      const [late, silent] = await Promise.all([submit('late'), submit('silent')]);
      const dueMs = deadlineOf(late);
      const lastMs = deadlineOf(silent) + 4_000;
      const path = `/v1/approvals/${closing.executionId}/approve`;
      must(
        await cast.carol.post(path, { rationale: 'Matches', argsDigest: closing.argsDigest }),
        200,
      );
      const attemptId = randomUUID();
      const release = { argsDigest: closing.argsDigest, attemptId };
      must(await cast.bot.post(`/v1/executions/${closing.executionId}/release`, release), 200);
      journal.runTool(closing.executionId);
      await desk.openCard(late.executionId);
      await until(dueMs - AHEAD_MS);
      const reporting = report(closing, attemptId);
      reporting.catch(() => undefined);
      await desk.pressOnce(people.alice, pressed.executionId, 'cs:approve');
      await product.kill(member);
      await until(dueMs + 50);
      const refusing = desk.press(people.carol, late.executionId, 'cs:approve');
      refusing.catch(() => undefined);
      await product.recover(member);
      const backMs = Date.now();

      await reporting;
      expect(await refusing).toMatch(/moved to another level|cannot decide this request/);
      await desk.press(people.alice, pressed.executionId, 'cs:approve');
      await run(pressed);
      expectSoon(await eventOf(cast, silent, isEnd), lastMs, backMs);
      await desk.pressUntilRecorded(people.dave, late.executionId, 'cs:reject');
      expect(await votesOf(cast, late)).toEqual(['user:dave']);
      expect(await votesOf(cast, pressed)).toEqual(['user:alice']);
      tell(pressed, { status: 'committed', words: 'Approved and done', levels: 1 });
      tell(closing, { status: 'committed', words: 'Approved and done', levels: 1 });
      tell(late, { status: 'rejected', words: 'Rejected', levels: 2 });
      tell(silent, { status: 'expired', words: 'Expired', levels: 2 });
      expectNoViolation(member);
      await expectValidChain(cast);
    },
    ONE_KILL_LIMIT_MS,
  );

  it(
    'leaves one card for each with its true end, and no message, note or workflow behind',
    async () => {
      expect(told).toHaveLength(MEMBERS.length * 7);
      await Promise.all(finishing);
      await expectNothingOwed(product);
      for (const each of told) {
        await expectOneStory(cast, journal, each);
        expectOneCard(desk, each);
      }
      await expectWorkflowsEnded(product, told);
      expect(violations()).toEqual([]);
      await expectValidChain(cast);
    },
    CARDS_LIMIT_MS + 60_000,
  );
});

/** Who took the press was killed, or is not there: the person sees Slack's own warning and presses again. */
const NOBODY_THERE = /was not acknowledged: (?:no_connection|timeout)$/;

const until = async (atMs: number): Promise<void> => {
  await delay(Math.max(0, atMs - Date.now()));
};

const deadlineOf = ({ approval }: ExecutionView): number => Date.parse(approval?.deadline ?? '');

/** @returns when everything was back, by the clock of this machine */
async function killAndRecover(product: SeparateProduct, member: Member): Promise<number> {
  await product.kill(member);
  await product.recover(member);
  return Date.now();
}

type Wanted = (event: ChainedEvent) => boolean;
const isReminder: Wanted = ({ type }) => type === 'approval.reminded';
const isEnd: Wanted = ({ type }) => type === 'execution.expired';
const isLevelOpened =
  (level: number): Wanted =>
  ({ outcome, body }) =>
    outcome === 'level_opened' && JSON.stringify(body).includes(`"level":${String(level)}`);

/** Waits for it in the chain, which changes nothing: a look at the execution would apply what is due. */
async function eventOf(
  cast: Cast,
  { executionId }: ExecutionView,
  wanted: Wanted,
): Promise<ChainedEvent> {
  let found: readonly ChainedEvent[] = [];
  await eventually(
    async () => {
      found = (await readChain(cast.admin, executionId)).filter(wanted);
      return found.length > 0;
    },
    { limitMs: 30_000, what: `an event of ${executionId}` },
  );
  const [event] = found;
  if (event === undefined || found.length > 1) throw new Error('it happened twice');
  return event;
}

function expectSoon(event: ChainedEvent, dueMs: number, backMs: number): void {
  const atMs = Date.parse(event.ts);
  expect(atMs).toBeGreaterThanOrEqual(dueMs);
  expect(atMs - Math.max(dueMs, backMs)).toBeLessThan(TIMER_BAR_MS);
}

/** Who was counted, in order. */
async function votesOf(cast: Cast, { executionId }: ExecutionView): Promise<readonly string[]> {
  const events = await readChain(cast.admin, executionId);
  return events.filter(({ type }) => type === 'vote.counted').map(({ actor }) => actor);
}

/** Every end once, every level opened once and in time, and the tool run as often as was allowed. */
async function expectOneStory(cast: Cast, journal: Journal, story: Told): Promise<void> {
  const view = must(await cast.bot.get<ExecutionView>(`/v1/executions/${story.id}`), 200);
  expect(view.status).toBe(story.status);
  const ran = story.status === 'committed' ? 1 : 0;
  expect(journal.runsOf(story.id)).toBe(ran);
  const events = await readChain(cast.admin, story.id);
  const count = (wanted: Wanted): number => events.filter(wanted).length;
  const ENDS = ['approval.decided', 'execution.expired', 'execution.cancelled'];
  expect({
    decisions: count(({ type }) => type === 'decision.made'),
    ends: count(({ type }) => ENDS.includes(type)),
    escalated: count(({ outcome }) => outcome === 'level_opened'),
    releases: count(({ type }) => type === 'execution.released'),
    outcomes: count(({ type }) => type === 'outcome.reported'),
    closes: count(({ type }) => type === 'execution.closed'),
  }).toEqual({
    ...{
      decisions: 1,
      ends: 1,
      escalated: story.levels - 1,
      releases: ran,
      outcomes: ran,
      closes: 1,
    },
  });
}

function expectOneCard(desk: Desk, { id, words, levels }: Told): void {
  const cards = desk.cards(id);
  expect(cards).toHaveLength(1);
  expect(cards[0]?.renderedText).toContain(words);
  expect(JSON.stringify(cards[0]?.blocks)).not.toContain('cs:approve');
  const notes = desk.notes(id).map(({ renderedText }) => renderedText);
  const ends = notes.filter((text) => !/ is asked \(level |^Reminder: /.test(text));
  expect(ends).toHaveLength(1);
  expect(new Set(notes).size).toBe(notes.length);
  expect(notes.length).toBeLessThanOrEqual(levels + 2);
}

async function expectNothingOwed({ databaseUrl }: SeparateProduct): Promise<void> {
  const client = new Postgres({ connectionString: databaseUrl });
  await client.connect();
  try {
    const isDone = async (): Promise<boolean> => {
      const { rows } = await client.query(
        'SELECT id FROM channel_messages WHERE rendered_version < desired_version OR given_up',
      );
      return rows.length === 0;
    };
    await eventually(isDone, { limitMs: CARDS_LIMIT_MS, what: 'every message shown' });
  } finally {
    await client.end();
  }
}

async function expectWorkflowsEnded(
  { temporalAddress }: SeparateProduct,
  stories: readonly Told[],
): Promise<void> {
  const connection = await Connection.connect({ address: temporalAddress });
  try {
    const { workflow } = new Client({ connection, namespace: 'default' });
    for (const { id } of stories) {
      const isCompleted = async (): Promise<boolean> =>
        (await workflow.getHandle(`exec-${id}`).describe()).status.name === 'COMPLETED';
      await eventually(isCompleted, { limitMs: 30_000, what: `the end of workflow exec-${id}` });
    }
  } finally {
    await connection.close();
  }
}

async function expectValidChain(cast: Cast): Promise<void> {
  const answer = await cast.admin.get<{ state: string; breaks: unknown[] }>('/v1/audit/integrity');
  expect(must(answer, 200)).toMatchObject({ state: 'VALID', breaks: [] });
}
