import { judgeReceiptBytes, receiptText } from '../../src/cli/receipt-file';
import { createReceiptVerifier } from '../../src/evidence/receipt-verifier';
import type { ExecutionView, PendingApproval } from '../../src/core/execution/view';
import type { FakeMessage } from '../../src/slack-local/surface';
import { must } from '../support/cast';
import { eventually } from '../support/eventually';
import { FIRST_START_LIMIT_MS } from '../support/running-product';
import { type Person, type SlackProduct, startSlackProduct } from '../support/slack-product';
import { type SlackScene, slackScene } from '../support/slack-scene';

const STORY_LIMIT_MS = 90_000;
const RATIONALE = 'Refund matches ticket 4711';
const TRAIL = [
  'decision.made REQUIRE_APPROVAL agent:support-bot',
  'approval.requested asked system:countersign',
  'approval.reminded reminded system:countersign',
  'approval.escalated level_timed_out system:countersign',
  'approval.escalated level_opened system:countersign',
  'approval.requested asked system:countersign',
  'access.refused unlinked slack:T0LOCAL/MALLORY',
  'vote.refused unlinked slack:T0LOCAL/MALLORY',
  'vote.counted approve user:carol',
  'approval.decided approved user:carol',
  'execution.released released agent:support-bot',
  'outcome.reported committed agent:support-bot',
  'execution.closed committed system:countersign',
];

describe.each(['socket', 'http'] as const)('the ladder in Slack, over %s', (mode) => {
  let product: SlackProduct;
  let scene: SlackScene;
  let alice: Person;
  let carol: Person;
  let dora: Person;
  let mallory: string;

  beforeAll(async () => {
    product = await startSlackProduct(mode);
    scene = slackScene(product.slack);
    alice = await product.person('alice', 'support-manager');
    carol = await product.person('carol', 'head-of-support');
    dora = await product.person('dora', 'another-role');
    mallory = product.slack.addUser({ name: 'mallory' }).id;
    await product.onCall('support', 'dora');
    await product.ladder(
      'refund',
      [
        '{ name: L1, approvers: { any_of: [{ role: support-manager }] }, timeout: 4s, reminders: [50%] }',
        '{ name: L2, approvers: { any_of: [{ role: head-of-support }, { on_call: support }] }, timeout: 5m }',
      ],
      ['rationale: { approve: required, reject: optional, min_length: 10 }'],
    );
  }, FIRST_START_LIMIT_MS);
  afterAll(() => product?.stop(), 60_000);

  /** L1 is asked, reminded, and silent; answers the card once it stands at L2. */
  const climb = async (id: string): Promise<FakeMessage> => {
    const first = await scene.cardSaying(id, 'L1 approval needed');
    expect(first.channel).toBe(product.channel);
    expect(first.renderedText).toContain('"amount": 450');
    const called = await scene.noteSaying(id, 'L1 is asked');
    expect(called.entities.users).toEqual([alice.account]);
    await scene.noteSaying(id, 'Reminder: L1');

    const [card, copy] = await scene.copiesSaying(id, 2, 'L2 approval needed');
    if (card === undefined || copy === undefined) throw new Error('two cards were shown');
    expect(card.ts).toBe(first.ts);
    expect(card.renderedText).toContain('L1: timed out → L2: open');
    const home = product.slack.channels().find((channel) => channel.id === copy.channel);
    expect(home?.directWith).toBe(dora.account);
    const call = await scene.noteSaying(id, 'L2 is asked');
    expect([...call.entities.users].sort()).toEqual([carol.account, dora.account].sort());
    return card;
  };

  /** Approve asks for a form, which tells the stranger; Reject is one click, which answers in the channel. */
  const refuseStranger = async (id: string, card: FakeMessage): Promise<void> => {
    await scene.click(mallory, card, 'approve');
    const told = await scene.viewOf(mallory, ({ title }) => title === 'Not open');
    expect(told.renderedText).toContain('linked to nobody');
    expect(told.submit).toBeUndefined();
    await scene.click(mallory, card, 'reject');
    await scene.toldPrivately(mallory, 'linked to nobody');
    expect(await product.read(id)).toMatchObject({
      ...{ status: 'pending_approval', approval: { votes: [] } },
    });
  };

  const voteInForm = async (id: string, card: FakeMessage): Promise<void> => {
    const form = await scene.openForm(carol.account, card, 'approve');
    expect(form.renderedText).toContain('"amount": 450');
    const short = await scene.submit(carol.account, 'ok          ');
    expect(short.errors).toEqual({ rationale: 'Give a reason of at least 10 characters.' });
    expect((await product.read(id)).approval?.votes).toEqual([]);
    expect(await scene.submit(carol.account, RATIONALE)).toMatchObject({ acked: true });
    await scene.viewOf(carol.account, ({ title }) => title === 'Approved');
  };

  const expectClosed = async (id: string): Promise<void> => {
    for (const { renderedText } of await scene.copiesSaying(id, 2, '✅ Approved')) {
      expect(renderedText).toContain('@carol');
      expect(renderedText).toContain(RATIONALE);
      expect(renderedText).not.toContain('[Approve]');
    }
    await scene.noteSaying(id, '✅ Approved by carol');
    const inChannel = scene.cards(id).filter(({ channel }) => channel === product.channel);
    expect(inChannel).toHaveLength(1);
    expect(scene.thread(id)).toHaveLength(4);
  };

  const runOnce = async ({ executionId, argsDigest, attemptId }: ExecutionView): Promise<void> => {
    const path = `/v1/executions/${executionId}`;
    const released = await product.bot.post(`${path}/release`, {
      ...{ argsDigest, attemptId: attemptId ?? '' },
    });
    expect(must(released, 200)).toMatchObject({ mayRun: true });
    must(await product.bot.post(`${path}/outcome`, { status: 'committed' }), 200);
  };

  const expectReceipt = async (id: string, displayDigest: string): Promise<void> => {
    const path = `/v1/executions/${id}/receipt?wait=proof&waitMs=20000`;
    const receipt = must(await product.bot.get<object>(path), 200);
    const keys = await fetch(`${product.url}/.well-known/countersign-keys.json`);
    const verifier = createReceiptVerifier(await keys.text());
    if (verifier === undefined) throw new Error('no keys are published');
    const bytes = Buffer.from(receiptText(receipt));
    const judged = judgeReceiptBytes(bytes, verifier, { order_id: '4711', amount: 450 });
    expect(judged.checks.filter(({ result }) => result !== 'ok')).toEqual([]);
    expect(judged.body).toMatchObject({
      ...{ executionId: id, status: 'approved', decidedBy: 'user:carol' },
      approval: {
        displayDigest,
        votes: [{ by: 'user:carol', level: 2, surface: 'slack', assurance: 'issued' }],
      },
    });
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    expect(judgeReceiptBytes(bytes, verifier).state).toBe('INVALID');
  };

  const trailOf = async (id: string): Promise<readonly string[]> =>
    (await product.events(id)).map(({ type, outcome, actor }) =>
      [type, outcome, actor.replace(mallory, 'MALLORY')].join(' '),
    );

  it(
    'asks L1, reminds it, asks L2 by the clock, refuses a stranger, takes the vote, wakes the agent',
    async () => {
      const asked = await product.ask('refund');
      const id = asked.executionId;
      const waking = product.bot.get<ExecutionView>(`/v1/executions/${id}?waitMs=50000`);
      const card = await climb(id);
      const shown = must(await carol.rest.get<PendingApproval>(`/v1/approvals/${id}`), 200);
      await refuseStranger(id, card);
      await voteInForm(id, card);
      expect(must(await waking, 200)).toMatchObject({ status: 'approved', mayRun: false });
      await expectClosed(id);
      await runOnce(asked);
      await expectReceipt(id, shown.displayDigest ?? '');
      const isClosed = async (): Promise<boolean> => (await trailOf(id)).length === TRAIL.length;
      await eventually(isClosed, { what: 'the end of the workflow' }).catch(() => undefined);
      expect(await trailOf(id)).toEqual(TRAIL);
      await scene.copiesSaying(id, 2, 'Approved and done');
    },
    STORY_LIMIT_MS,
  );

  it('broke no rule of Slack, and left a chain that verifies', async () => {
    expect(product.slack.violations()).toEqual([]);
    const integrity = await product.admin.get('/v1/audit/integrity');
    expect(must(integrity, 200)).toMatchObject({ state: 'VALID', breaks: [] });
  });
});
