import { must } from '../support/cast';
import { FIRST_START_LIMIT_MS } from '../support/running-product';
import { type Person, type SlackProduct, startSlackProduct } from '../support/slack-product';
import { type SlackScene, slackScene } from '../support/slack-scene';

const LIMIT_MS = 90_000;
const RATIONALE = 'Matches ticket 4711';

describe('what happens elsewhere, as Slack shows it', () => {
  let product: SlackProduct;
  let scene: SlackScene;
  let alice: Person;
  let carol: Person;

  beforeAll(async () => {
    product = await startSlackProduct('socket');
    scene = slackScene(product.slack);
    alice = await product.person('alice', 'desk');
    carol = await product.person('carol', 'desk', { isLinked: false });
    const level = '{ approvers: { any_of: [{ role: desk }] }, timeout: 5m }';
    await product.ladder('plain', [level]);
    await product.ladder('proven', [level], ['assurance: [{ risk_at_least: 0, require: linked }]']);
  }, FIRST_START_LIMIT_MS);
  afterAll(() => product?.stop(), 60_000);

  const linkCode = async (account: string): Promise<string> => {
    const input = { user: account, channel: product.channel };
    await product.slack.command({ ...input, command: '/approvals', text: 'link' });
    const told = await scene.toldPrivately(account, 'Your code:');
    return /Your code: (\S+)/.exec(told)?.[1] ?? '';
  };

  it(
    'an approval by REST closes the open card with the name',
    async () => {
      const { executionId: id } = await product.ask('plain');
      const card = await scene.cardSaying(id, 'L1 approval needed');
      const path = `/v1/approvals/${id}/approve`;
      must(await carol.rest.post(path, { rationale: RATIONALE }), 200);
      const closed = await scene.cardSaying(id, '✅ Approved');
      expect(closed.renderedText).toContain('carol');
      expect(closed.renderedText).toContain(RATIONALE);
      expect(closed.renderedText).not.toContain('[Approve]');
      await scene.clickStale(alice.account, card, 'reject');
      const told = await scene.viewOf(alice.account, ({ title }) => title === 'Not open');
      expect(told.renderedText).toContain('carol decided this');
    },
    LIMIT_MS,
  );

  it(
    'a kill switch for the agent voids what waits, and the cards say so; lifting brings nothing back',
    async () => {
      const open = await Promise.all([product.ask('plain'), product.ask('plain', 451)]);
      const ids = open.map(({ executionId }) => executionId);
      for (const id of ids) await scene.cardSaying(id, 'L1 approval needed');
      const kill = { scope: 'agent', target: 'support-bot', reason: 'It loops' };
      const engaged = must(
        await product.admin.post<{ id: string }>('/v1/kill-switches', kill),
        201,
      );
      for (const id of ids) {
        const card = await scene.cardSaying(id, '🛑 Stopped by a kill switch');
        expect(card.renderedText).not.toContain('[Approve]');
        expect((await product.read(id)).status).toBe('killed');
      }
      must(await product.admin.delete(`/v1/kill-switches/${engaged.id}?reason=checked`), 200);
      for (const id of ids) expect((await product.read(id)).status).toBe('killed');
    },
    LIMIT_MS,
  );

  it(
    'an account counts for more once its person has linked it with a code, and for nothing before',
    async () => {
      const { executionId: id } = await product.ask('proven');
      const card = await scene.cardSaying(id, 'L1 approval needed');
      // The admin vouched for Alice's account: that is not enough here.
      await scene.openForm(alice.account, card, 'approve');
      await scene.submit(alice.account, RATIONALE);
      const refused = await scene.viewOf(alice.account, ({ title }) => title === 'Not recorded');
      expect(refused.renderedText).toContain('linked');
      await scene.click(carol.account, card, 'approve');
      await scene.viewOf(carol.account, ({ title }) => title === 'Not open');
      expect((await product.read(id)).approval?.votes).toEqual([]);

      const code = await linkCode(carol.account);
      const redeem = () =>
        carol.rest.post<{ assurance: string; principal: string }>('/v1/channels/slack/links', {
          code,
        });
      expect(must(await redeem(), 201)).toMatchObject({
        ...{ assurance: 'linked', principal: 'user:carol' },
      });
      await scene.openForm(carol.account, card, 'approve');
      await scene.submit(carol.account, RATIONALE);
      await scene.viewOf(carol.account, ({ title }) => title === 'Approved');
      const closed = await scene.cardSaying(id, '✅ Approved');
      expect(closed.renderedText).toContain('@carol');
      const counted = (await product.events(id)).filter(({ type }) => type === 'vote.counted');
      expect(counted.map(({ actor }) => actor)).toEqual(['user:carol']);
      // One code, one link.
      const stolen = await alice.rest.post('/v1/channels/slack/links', { code });
      expect(stolen.body.code).toBe('link_code_invalid');
    },
    LIMIT_MS,
  );

  it('broke no rule of Slack, and left a chain that verifies', async () => {
    expect(product.slack.violations()).toEqual([]);
    const integrity = await product.admin.get('/v1/audit/integrity');
    expect(must(integrity, 200)).toMatchObject({ state: 'VALID', breaks: [] });
  });
});
