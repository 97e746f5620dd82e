import { setTimeout as delay } from 'node:timers/promises';
import type { FakeMessage } from '../../src/slack-local/surface';
import { must } from '../support/cast';
import { eventually } from '../support/eventually';
import { FIRST_START_LIMIT_MS } from '../support/running-product';
import { type Person, type SlackProduct, startSlackProduct } from '../support/slack-product';
import { type SlackScene, slackScene } from '../support/slack-scene';

const LIMIT_MS = 90_000;
const ONE_CLICK = ['rationale: { approve: optional, reject: optional }'];
const RETRY_AFTER_S = 3;

describe('trouble with Slack', () => {
  let product: SlackProduct;
  let scene: SlackScene;
  let alice: Person;
  let carol: Person;

  beforeAll(async () => {
    product = await startSlackProduct('socket');
    scene = slackScene(product.slack);
    alice = await product.person('alice', 'first');
    carol = await product.person('carol', 'second');
    const [l1, l2] = ['first', 'second'].map(
      (role) => `approvers: { any_of: [{ role: ${role} }] }`,
    );
    await product.ladder(
      'slow',
      [`{ ${l1 ?? ''}, timeout: 4s, reminders: [50%] }`, `{ ${l2 ?? ''}, timeout: 5m }`],
      ONE_CLICK,
    );
    await product.ladder(
      'pair',
      ['{ approvers: { any_of: [{ role: first }, { role: second }] }, quorum: 2, timeout: 5m }'],
      ONE_CLICK,
    );
  }, FIRST_START_LIMIT_MS);
  afterAll(() => product?.stop(), 60_000);
  afterEach(() => {
    product.slack.faults.clear();
  });

  const callsOf = (method: string) =>
    product.slack.calls().filter((call) => call.method === method);
  const inChannel = (id: string): readonly FakeMessage[] =>
    scene.cards(id).filter(({ channel }) => channel === product.channel);
  const approve = (person: Person, card: FakeMessage) =>
    scene.click(person.account, card, 'approve');

  it(
    'down while the timer runs: the level ends in time, one card of the truth comes after',
    async () => {
      product.slack.faults.add({ kind: 'down' });
      const { executionId: id } = await product.ask('slow');
      const climbed = async (): Promise<boolean> => (await product.read(id)).approval?.level === 2;
      await eventually(climbed, { limitMs: 20_000, what: 'level 2' });
      const escalated = (await product.events(id)).find(
        ({ outcome }) => outcome === 'level_timed_out',
      );
      expect(escalated).toBeDefined();
      expect(scene.cards(id)).toEqual([]);
      // Longer than a few of its tries.
      await delay(4_000);
      product.slack.faults.clear();
      const card = await scene.cardSaying(id, 'L2 approval needed');
      const call = await scene.noteSaying(id, 'L2 is asked');
      expect(call.entities.users).toEqual([carol.account]);
      // Nobody is called to a level that was over before they could see it.
      expect(scene.thread(id)).toHaveLength(1);
      await eventually(async () => product.slack.sockets() > 0, { limitMs: 40_000 });
      expect(await approve(carol, card)).toMatchObject({ acked: true });
      await scene.cardSaying(id, '✅ Approved');
      expect(inChannel(id)).toHaveLength(1);
      expect((await product.read(id)).status).toBe('approved');
    },
    LIMIT_MS,
  );

  it(
    '429: nothing is sent to that channel before Retry-After is over',
    async () => {
      const before = callsOf('chat.postMessage').length;
      product.slack.faults.add({
        ...{ method: 'chat.postMessage', kind: '429', retryAfterS: RETRY_AFTER_S },
      });
      const { executionId: id } = await product.ask('pair');
      await scene.cardSaying(id, 'L1 approval needed');
      await scene.noteSaying(id, 'L1 is asked');
      const [first, second] = callsOf('chat.postMessage').slice(before);
      expect(first?.status).toBe(429);
      expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(RETRY_AFTER_S * 1_000);
      expect(inChannel(id)).toHaveLength(1);
    },
    LIMIT_MS,
  );

  it(
    'a post that is taken and whose answer is lost: one card, found by its key',
    async () => {
      const looked = callsOf('conversations.history').length;
      product.slack.faults.add({ method: 'chat.postMessage', kind: 'drop_after_accept' });
      const { executionId: id } = await product.ask('pair');
      const card = await scene.cardSaying(id, 'L1 approval needed');
      await scene.noteSaying(id, 'L1 is asked');
      expect(callsOf('conversations.history').length).toBeGreaterThan(looked);
      await approve(alice, card);
      await scene.cardSaying(id, '1 of 2 approvals');
      await approve(carol, card);
      await scene.cardSaying(id, '✅ Approved');
      expect(inChannel(id)).toHaveLength(1);
    },
    LIMIT_MS,
  );

  it(
    'a card that somebody deleted: posted anew, and the vote goes on there',
    async () => {
      const { executionId: id } = await product.ask('pair');
      const card = await scene.cardSaying(id, 'L1 approval needed');
      await approve(alice, card);
      await scene.cardSaying(id, '1 of 2 approvals');
      product.slack.deleteMessage(card.channel, card.ts);
      // Whatever changes the request finds it gone; here a vote that comes in elsewhere.
      const rejected = await carol.rest.post(`/v1/approvals/${id}/approve`, { rationale: 'fine' });
      must(rejected, 200);
      const anew = await scene.cardSaying(id, '✅ Approved');
      expect(anew.ts).not.toBe(card.ts);
      expect(anew.renderedText).toContain('@carol');
      expect(inChannel(id)).toHaveLength(1);
    },
    LIMIT_MS,
  );

  it('broke no rule of Slack, and left a chain that verifies', async () => {
    expect(product.slack.violations()).toEqual([]);
    const integrity = await product.admin.get('/v1/audit/integrity');
    expect(must(integrity, 200)).toMatchObject({ state: 'VALID', breaks: [] });
  });
});
