import type { ActResult } from '../../src/slack-local/surface';
import { must } from '../support/cast';
import { FIRST_START_LIMIT_MS } from '../support/running-product';
import { type Person, type SlackProduct, startSlackProduct } from '../support/slack-product';
import { type SlackScene, slackScene } from '../support/slack-scene';

const LIMIT_MS = 90_000;
/**
 * Over HTTP every press is a connection of its own, and the three seconds of the fake count from before it is
 * made: on a busy machine more of them would measure the test.
 */
const AT_ONCE = { socket: 100, http: 40 } as const;
const ONE_CLICK = ['rationale: { approve: optional, reject: optional }'];

describe.each(['socket', 'http'] as const)('clicks in Slack, over %s', (mode) => {
  let product: SlackProduct;
  let scene: SlackScene;
  let alice: Person;
  let carol: Person;

  beforeAll(async () => {
    product = await startSlackProduct(mode);
    scene = slackScene(product.slack);
    alice = await product.person('alice', 'first');
    carol = await product.person('carol', 'second');
    await product.ladder(
      'pair',
      ['{ approvers: { any_of: [{ role: first }, { role: second }] }, quorum: 2, timeout: 5m }'],
      ONE_CLICK,
    );
    await product.ladder(
      'single',
      ['{ approvers: { any_of: [{ role: first }, { role: second }] }, timeout: 5m }'],
      ONE_CLICK,
    );
    await product.ladder(
      'steps',
      [
        '{ approvers: { any_of: [{ role: first }] }, timeout: 3s }',
        '{ approvers: { any_of: [{ role: second }] }, timeout: 5m }',
      ],
      ONE_CLICK,
    );
  }, FIRST_START_LIMIT_MS);
  afterAll(() => product?.stop(), 60_000);

  const typesOf = async (id: string, type: string): Promise<readonly string[]> =>
    (await product.events(id))
      .filter((event) => event.type === type)
      .map(({ actor, outcome }) => `${actor} ${outcome ?? ''}`);
  /** Asks, and answers the id with the card that came of it. */
  const shownRequest = async (ladder: string) => {
    const { executionId: id } = await product.ask(ladder);
    const card = await scene.cardSaying(id, 'L1 approval needed');
    return { id, card };
  };
  const toldTo = (account: string): readonly string[] =>
    product.slack.ephemerals(account).map(({ renderedText }) => renderedText);

  /** Signatures count whole seconds, and the same one is never taken twice. */
  const again = async (nth = 1): Promise<ActResult> => {
    await new Promise((resume) => setTimeout(resume, 1_100));
    return product.slack.redeliver(nth);
  };

  it(
    `count once, however often one person presses: ${String(AT_ONCE[mode])} at once`,
    async () => {
      const { id, card } = await shownRequest('pair');
      const before = toldTo(alice.account).length;
      const acts = await Promise.all(
        Array.from({ length: AT_ONCE[mode] }, () => scene.click(alice.account, card, 'approve')),
      );
      expect(acts.filter(({ acked }) => !acked)).toEqual([]);
      await scene.shown('as many private answers', () =>
        toldTo(alice.account).length >= before + AT_ONCE[mode] ? true : undefined,
      );
      const answers = toldTo(alice.account).slice(before);
      expect(answers.filter((text) => !text.includes('Your approval is recorded'))).toEqual([]);
      expect(await typesOf(id, 'vote.counted')).toEqual(['user:alice approve']);
      expect(await product.read(id)).toMatchObject({
        ...{ status: 'pending_approval', approval: { votes: [{ by: 'user:alice' }] } },
      });
      await scene.cardSaying(id, '1 of 2 approvals');
    },
    LIMIT_MS,
  );

  it(
    'count once when Slack delivers them twice, again later, and again after a restart',
    async () => {
      const { id, card } = await shownRequest('pair');
      if (mode === 'socket') product.slack.faults.add({ kind: 'duplicate_envelope', times: 1 });
      await scene.click(alice.account, card, 'approve');
      if (mode === 'http') expect(await again()).toMatchObject({ acked: true });
      await scene.toldPrivately(alice.account, 'the same vote as before');
      expect(await again()).toMatchObject({ acked: true });
      await product.restart();
      expect(await again()).toMatchObject({ acked: true });
      await product.restart('SIGKILL');
      expect(await again()).toMatchObject({ acked: true });
      expect(await typesOf(id, 'vote.counted')).toEqual(['user:alice approve']);
      expect(await typesOf(id, 'vote.refused')).toEqual([]);
      await scene.click(carol.account, card, 'approve');
      await scene.cardSaying(id, '✅ Approved');
      expect(await again(2)).toMatchObject({ acked: true });
      expect(await typesOf(id, 'vote.counted')).toHaveLength(2);
      expect((await product.read(id)).status).toBe('approved');
    },
    LIMIT_MS,
  );

  it(
    'that overtake one another leave one verdict, and the other person is told whose it is',
    async () => {
      const { id, card } = await shownRequest('single');
      product.slack.faults.add({ kind: 'reorder' });
      const held = scene.click(alice.account, card, 'approve');
      await scene.click(carol.account, card, 'reject');
      await held;
      // Both came in at once, Carol's ahead; which is judged first is the database's to say.
      const counted = await typesOf(id, 'vote.counted');
      expect(['user:carol reject', 'user:alice approve']).toContain(counted.join());
      const byCarol = counted.join() === 'user:carol reject';
      const [late, told] = byCarol ? [alice, 'rejected by carol'] : [carol, 'approved by alice'];
      await scene.toldPrivately(late.account, `It was decided before: ${told}`);
      expect((await product.read(id)).status).toBe(byCarol ? 'rejected' : 'approved');
      const closed = await scene.cardSaying(id, byCarol ? '❌ Rejected' : '✅ Approved');
      expect(closed.renderedText).toContain(byCarol ? '@carol' : '@alice');
    },
    LIMIT_MS,
  );

  it(
    'count for nothing on a card of a level that is over; it is answered, and the card shown anew',
    async () => {
      const { id, card } = await shownRequest('steps');
      await scene.cardSaying(id, 'L2 approval needed');
      const updates = (): number =>
        product.slack.calls().filter(({ method }) => method === 'chat.update').length;
      for (const [who, told] of [
        [alice, 'level'],
        [carol, 'level'],
      ] as const) {
        const before = updates();
        expect(await scene.clickStale(who.account, card, 'approve')).toMatchObject({ acked: true });
        await scene.toldPrivately(who.account, told);
        await scene.shown('the card, shown again', () => (updates() > before ? true : undefined));
      }
      expect(await typesOf(id, 'vote.refused')).toEqual([
        'user:alice level_mismatch',
        'user:carol level_mismatch',
      ]);
      expect(await product.read(id)).toMatchObject({
        ...{ status: 'pending_approval', approval: { level: 2, votes: [] } },
      });
    },
    LIMIT_MS,
  );

  it('broke no rule of Slack, and left a chain that verifies', async () => {
    expect(product.slack.violations()).toEqual([]);
    const integrity = await product.admin.get('/v1/audit/integrity');
    expect(must(integrity, 200)).toMatchObject({ state: 'VALID', breaks: [] });
  });
});

describe('a crowd in Slack', () => {
  let product: SlackProduct;
  let scene: SlackScene;
  const people: Person[] = [];
  const CROWD = 20;

  beforeAll(async () => {
    product = await startSlackProduct('socket');
    scene = slackScene(product.slack);
    for (let number = 1; number <= CROWD; number += 1)
      people.push(await product.person(`person-${String(number)}`, 'crowd'));
    await product.ladder(
      'crowd',
      ['{ approvers: { any_of: [{ role: crowd }] }, quorum: 2, timeout: 5m }'],
      ONE_CLICK,
    );
  }, FIRST_START_LIMIT_MS);
  afterAll(() => product?.stop(), 60_000);

  it(
    'of 20 at once on a quorum of two: two count, the others are told the truth in private',
    async () => {
      const { executionId: id } = await product.ask('crowd');
      const card = await scene.cardSaying(id, 'L1 approval needed');
      await Promise.all(people.map(({ account }) => scene.click(account, card, 'approve')));
      const answers = await scene.shown('an answer to each', () => {
        const told = people.flatMap(({ account }) => product.slack.ephemerals(account));
        return told.length >= CROWD ? told.map(({ renderedText }) => renderedText) : undefined;
      });
      const votes = (await product.events(id)).filter(({ type }) => type === 'vote.counted');
      const voters = votes.map(({ actor }) => actor.replace('user:', ''));
      expect(new Set(voters).size).toBe(2);
      expect(answers).toHaveLength(CROWD);
      expect(answers.filter((text) => text.includes('Your approval is recorded'))).toHaveLength(2);
      const late = answers.filter((text) => !text.includes('Your approval is recorded'));
      const truth = `It was decided before: approved by ${voters[1] ?? ''}`;
      expect(late.filter((text) => !text.includes(truth))).toEqual([]);
      const closed = await scene.cardSaying(id, '✅ Approved');
      for (const voter of voters) expect(closed.renderedText).toContain(`@${voter}`);
      expect(product.slack.violations()).toEqual([]);
    },
    LIMIT_MS,
  );
});
