import { randomUUID } from 'node:crypto';
import {
  isCard,
  purposeKey,
  type ChannelMessageStore,
  type MessagePurpose,
} from '../../src/app/channel-ports';
import { DEFAULT_TENANT, executionId, principalId, type ExecutionId } from '../../src/core/ids';
import { createChannelMessageStore } from '../../src/db/channel-message-store';
import { openDatabase, type Database } from '../../src/db/pool';
import { createMemoryMessageStore } from '../channels/memory-message-store';
import { createTestDatabase, TEST_ROLE_SECRET, type TestDatabase } from '../support/postgres';

const CARD = { kind: 'card' } as const;
const PLACE = { teamId: 'T1', channelId: 'C1', ts: '1.1' };
const LONG_MS = 60_000;
const SHORT_MS = 300;

interface Subject {
  readonly store: ChannelMessageStore;
  put(execution: ExecutionId, purpose: MessagePurpose, version: number): Promise<void>;
  /** Real time or not: afterwards short leases are over. */
  pass(): Promise<void>;
}

const id = (): ExecutionId => executionId(randomUUID());

let database: TestDatabase;
let sessions: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  sessions = openDatabase(database.adminUrl, TEST_ROLE_SECRET);
});
afterAll(async () => {
  await sessions.close();
  await database.drop();
});
beforeEach(async () => {
  await sessions.system.query('UPDATE channel_messages SET given_up = true');
});

const subjects: readonly [string, () => Subject][] = [
  [
    'in Postgres',
    () => ({
      store: createChannelMessageStore(sessions.system),
      put: async (execution, purpose, version) => {
        await sessions.system.query(
          `INSERT INTO channel_messages (tenant, id, execution, channel, purpose_key, purpose, is_card, desired_version, post_key)
           VALUES ($1, gen_random_uuid(), $2, 'slack', $3, $4, $5, $6, gen_random_uuid())
           ON CONFLICT (tenant, execution, channel, purpose_key) DO UPDATE
             SET desired_version = greatest(channel_messages.desired_version, excluded.desired_version) WHERE channel_messages.is_card`,
          [DEFAULT_TENANT, execution, purposeKey(purpose), purpose, isCard(purpose), version],
        );
      },
      pass: () => new Promise((resolve) => setTimeout(resolve, SHORT_MS + 50)),
    }),
  ],
  [
    'in memory',
    () => {
      let nowMs = 1_000;
      const store = createMemoryMessageStore(() => nowMs);
      return {
        store,
        put: async (execution, purpose, version) => void store.put(execution, purpose, version),
        pass: async () => void (nowMs += SHORT_MS + 50),
      };
    },
  ],
];

describe.each(subjects)('messages that channels owe, %s', (_name, make) => {
  let subject: Subject;
  let store: ChannelMessageStore;
  beforeEach(() => {
    subject = make();
    store = subject.store;
  });
  const claimOne = async (holder: string, leaseMs = LONG_MS) => {
    const [message, ...others] = await store.claim(holder, 8, leaseMs);
    expect(others).toEqual([]);
    if (message === undefined) throw new Error('nothing was claimed');
    return message;
  };

  it('gives a message to one of many that ask', async () => {
    const executions = Array.from({ length: 12 }, id);
    for (const execution of executions) await subject.put(execution, CARD, 1);
    const claims = await Promise.all(
      ['a', 'b', 'c', 'd'].map((holder) => store.claim(holder, 5, LONG_MS)),
    );
    const taken = claims.flat().map(({ execution }) => execution);
    expect(new Set(taken).size).toBe(taken.length);
    const rest = await store.claim('e', 20, LONG_MS);
    expect([...taken, ...rest.map(({ execution }) => execution)].sort()).toEqual(
      [...executions].sort(),
    );
    expect(await store.claim('f', 20, LONG_MS)).toEqual([]);
  });

  it('keeps where a message stands and what it shows', async () => {
    const execution = id();
    await subject.put(execution, CARD, 3);
    const message = await claimOne('a');
    expect(message).toMatchObject({ execution, purpose: CARD, desiredVersion: 3, attempts: 0 });
    expect(message.renderedVersion).toBe(0);
    expect(message).not.toHaveProperty('place');
    expect(await store.cardPlace(DEFAULT_TENANT, execution)).toBeUndefined();
    expect(await store.isPosting(execution)).toBe(false);
    expect(await store.posting(message, 'a')).toBe(true);
    expect(await store.isPosting(execution)).toBe(true);
    const place = { ...PLACE, ts: randomUUID() };
    await store.posted(message, 'a', place);
    expect(await store.isPosting(execution)).toBe(false);
    expect(await store.cardPlace(DEFAULT_TENANT, execution)).toEqual(place);
    expect(await store.messageAt(place)).toMatchObject({ execution, id: message.id, place });
    expect(await store.messageAt({ ...place, channelId: 'C2' })).toBeUndefined();
    await subject.put(execution, CARD, 5);
    expect(await store.rendered(message, 'a', 3)).toBe(5);
    await store.release(message, 'a');
    expect(await claimOne('b')).toMatchObject({ renderedVersion: 3, desiredVersion: 5, place });
  });

  it('never goes back to an older version', async () => {
    await subject.put(id(), CARD, 4);
    const message = await claimOne('a');
    expect(await store.rendered(message, 'a', 4)).toBe(4);
    expect(await store.rendered(message, 'a', 2)).toBe(4);
    await store.release(message, 'a');
    expect(await store.claim('b', 8, LONG_MS)).toEqual([]);
  });

  it('takes nothing from a holder whose lease was lost', async () => {
    const execution = id();
    await subject.put(execution, CARD, 1);
    const message = await claimOne('a', SHORT_MS);
    await subject.pass();
    expect(await store.posting(message, 'a')).toBe(false);
    await store.posted(message, 'a', { ...PLACE, ts: randomUUID() });
    expect(await store.rendered(message, 'a', 1)).toBe(0);
    await store.failed(message, 'a', { why: 'late' });
    expect(await store.cardPlace(DEFAULT_TENANT, execution)).toBeUndefined();
    const again = await claimOne('b');
    expect(again).toMatchObject({ attempts: 0, renderedVersion: 0 });
    expect(await store.posting(again, 'a')).toBe(false);
    await store.release(again, 'a');
    expect(await store.claim('c', 8, LONG_MS)).toEqual([]);
    expect(await store.posting(again, 'b')).toBe(true);
  });

  it('remembers the first post whose fate is not known, until it is', async () => {
    await subject.put(id(), CARD, 1);
    const first = await claimOne('a', SHORT_MS);
    await store.posting(first, 'a');
    await subject.pass();
    const second = await claimOne('b');
    const sinceMs = second.postingSinceMs;
    expect(sinceMs).toEqual(expect.any(Number));
    await store.posting(second, 'b');
    await store.failed(second, 'b', { why: 'ambiguous', retryInMs: 0 });
    const third = await claimOne('c');
    expect(third).toMatchObject({ postingSinceMs: sinceMs, attempts: 1, failure: 'ambiguous' });
    await store.failed(third, 'c', { why: 'refused', retryInMs: 0, notPosted: true });
    const fourth = await claimOne('d');
    expect(fourth).not.toHaveProperty('postingSinceMs');
    await store.posting(fourth, 'd');
    await store.posted(fourth, 'd', { ...PLACE, ts: randomUUID() });
    await store.release(fourth, 'd');
    const fifth = await claimOne('e');
    expect(fifth).not.toHaveProperty('postingSinceMs');
    expect(fifth).toMatchObject({ attempts: 0 });
    expect(await store.posting(fifth, 'e')).toBe(false);
  });

  it('waits before the next try, and gives up when told', async () => {
    await subject.put(id(), CARD, 1);
    const message = await claimOne('a');
    await store.failed(message, 'a', { why: 'unavailable', retryInMs: SHORT_MS });
    expect(await store.claim('a', 8, LONG_MS)).toEqual([]);
    await subject.pass();
    const before = await store.backlog();
    await store.failed(await claimOne('a'), 'a', { why: 'channel_not_found' });
    await subject.pass();
    expect(await store.claim('a', 8, LONG_MS)).toEqual([]);
    const after = await store.backlog();
    expect(after.behind).toBe(before.behind - 1);
    expect(after.givenUp).toBe(before.givenUp + 1);
  });

  it('posts anew what was deleted', async () => {
    const execution = id();
    await subject.put(execution, CARD, 2);
    const message = await claimOne('a');
    await store.posting(message, 'a');
    const place = { ...PLACE, ts: randomUUID() };
    await store.posted(message, 'a', place);
    await store.rendered(message, 'a', 1);
    await store.failed(message, 'a', { why: 'gone', retryInMs: 0, forgetPlace: true });
    expect(await store.messageAt(place)).toBeUndefined();
    const again = await claimOne('a');
    expect(again).not.toHaveProperty('place');
    expect(again).toMatchObject({ renderedVersion: 0 });
  });

  it('holds the notes of a thread until their card shows as much, then gives them in order', async () => {
    const execution = id();
    await subject.put(execution, { kind: 'opened', opening: 1, why: 'first' }, 1);
    await subject.put(execution, { kind: 'ended' }, 1);
    expect(await store.claim('a', 8, LONG_MS)).toEqual([]);
    expect(await store.backlog()).toMatchObject({ behind: 0 });
    await subject.put(execution, CARD, 1);
    const card = await claimOne('a');
    expect(card.purpose).toEqual(CARD);
    expect(await store.claim('a', 8, LONG_MS)).toEqual([]);
    await store.posting(card, 'a');
    await store.posted(card, 'a', { ...PLACE, ts: randomUUID() });
    // Until it was brought up to date nobody knows whether it was deleted.
    expect(await store.claim('b', 8, LONG_MS)).toEqual([]);
    await store.rendered(card, 'a', 1);
    const opened = await claimOne('b');
    expect(opened.purpose).toEqual({ kind: 'opened', opening: 1, why: 'first' });
    expect(await store.claim('b', 8, LONG_MS)).toEqual([]);
    await store.rendered(opened, 'b', 1);
    expect((await claimOne('b')).purpose).toEqual({ kind: 'ended' });
  });

  it('writes a note once, and copies do not wait for the card', async () => {
    const execution = id();
    const copy = { kind: 'copy', person: principalId('user:alice') } as const;
    await subject.put(execution, copy, 1);
    expect((await claimOne('a')).purpose).toEqual(copy);
    const notice = {
      kind: 'notice',
      target: { kind: 'channel', channel: 'finance' },
    } as const;
    await subject.put(execution, notice, 1);
    const note = await claimOne('a');
    expect(note.purpose).toEqual(notice);
    await store.rendered(note, 'a', 1);
    await store.release(note, 'a');
    await subject.put(execution, notice, 7);
    expect(await store.claim('a', 8, LONG_MS)).toEqual([]);
  });
});
