import type { Browser } from 'playwright-core';
import { startFakeSlack } from '../../src/slack-local/fake-slack';
import type { FakeSlack } from '../../src/slack-local/surface';
import { type RunningApp, startSocketApp, webClient } from '../slack-local/bolt-app';
import { type PageServer, startPageServer } from '../slack-local/page-server';
import { approvalCard, rationaleModal } from '../slack-local/sample-blocks';
import { launchBrowser, openPage, type WatchedPage } from '../support/browser';

const SLOW_MS = 60_000;

jest.setTimeout(SLOW_MS);

/** Approve asks for a reason, Reject is refused in private, Details shows the arguments. */
function answerClicks({ app }: RunningApp, slack: FakeSlack): void {
  app.action('cs:approve', async ({ ack, body, client }) => {
    await ack();
    if (body.type === 'block_actions')
      await client.views.open({ trigger_id: body.trigger_id, view: rationaleModal() });
  });
  app.action('cs:reject', async ({ ack, body, client }) => {
    await ack();
    if (body.type !== 'block_actions') return;
    await client.chat.postEphemeral({
      channel: body.channel?.id ?? '',
      user: body.user.id,
      text: 'You are not an approver of this level. Ask the finance lead.',
    });
  });
  app.action('cs:more', async ({ ack, action, body, client }) => {
    await ack();
    if (body.type !== 'block_actions' || action.type !== 'overflow') return;
    await client.chat.postMessage({
      channel: body.channel?.id ?? '',
      thread_ts: body.message?.ts ?? '',
      text: `Picked: ${action.selected_option.value}, <@${body.user.id}>`,
    });
  });
  app.view('cs:rationale', async ({ ack, body, view, client }) => {
    const reason = view.state.values['reason']?.['text']?.value ?? '';
    if (reason.includes('later')) {
      await ack({ response_action: 'errors', errors: { reason: 'Decide now or reject.' } });
      return;
    }
    await ack();
    const [channel] = slack.channels();
    const [message] = slack.messages(channel?.id ?? '');
    const blocks = approvalCard().filter(({ type }) => type !== 'actions');
    await client.chat.update({
      channel: channel?.id ?? '',
      ts: message?.ts ?? '',
      text: 'Approved',
      blocks: [
        ...blocks,
        {
          type: 'context',
          elements: [{ type: 'mrkdwn', text: `✅ Approved by <@${body.user.id}>` }],
        },
      ],
    });
  });
  app.event('app_home_opened', async ({ event, client }) => {
    const blocks = [
      {
        type: 'header' as const,
        text: { type: 'plain_text' as const, text: 'Waiting for you: 1' },
      },
      ...approvalCard().slice(1, 3),
      {
        type: 'actions' as const,
        elements: [
          {
            type: 'button' as const,
            action_id: 'cs:approve',
            text: { type: 'plain_text' as const, text: 'Review' },
          },
        ],
      },
    ];
    await client.views.publish({ user_id: event.user, view: { type: 'home', blocks } });
  });
  app.command('/approvals', async ({ ack, command }) => {
    await ack(`Nothing waits for you (${command.text}).`);
  });
}

describe('the local Slack page in a real browser', () => {
  let slack: FakeSlack;
  let bolt: RunningApp;
  let server: PageServer;
  let browser: Browser;
  let channel: string;
  let open: WatchedPage[] = [];
  beforeAll(async () => {
    [browser, slack] = await Promise.all([launchBrowser(), startFakeSlack()]);
    bolt = await startSocketApp(slack);
    answerClicks(bolt, slack);
    server = await startPageServer(slack, [
      { principal: 'user:carol', name: 'Carol Jones', email: 'carol@acme.test' },
    ]);
    slack.addUser({ name: 'alice', realName: 'Alice Moreau', email: 'alice@acme.test' });
    slack.addUser({ name: 'bob', realName: 'Bob Okafor', email: 'bob@acme.test' });
    channel = slack.addChannel({ name: 'approvals' }).id;
    slack.addChannel({ name: 'finance' });
    await webClient(slack).chat.postMessage({
      channel,
      text: 'Approval needed: refund of USD 820',
      blocks: approvalCard(),
    });
  }, SLOW_MS);
  afterEach(async () => {
    await Promise.all(open.map((page) => page.close()));
    open = [];
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await bolt?.stop();
    await slack?.close();
  }, SLOW_MS);

  const visit = async (options: { dark?: boolean; width?: number } = {}): Promise<WatchedPage> => {
    const watched = await openPage(browser, options);
    open.push(watched);
    await watched.page.goto(`${server.url}/login?ticket=${server.ticket}`);
    await watched.page.locator('article').first().waitFor();
    return watched;
  };
  const expectQuiet = (watched: WatchedPage): void => {
    expect(watched.errors()).toEqual([]);
    expect(watched.foreign([`http://${server.host}`])).toEqual([]);
  };

  it('shows the card as text, whatever an agent wrote into it', async () => {
    const watched = await visit();
    const card = watched.page.locator('article').first();
    const text = await card.innerText();
    for (const shown of [
      'L2 approval needed',
      'USD 820.00',
      'Why you',
      '<!channel> <https://evil.test|',
    ])
      expect(text).toContain(shown);
    expect(await card.locator('a, img, script, .mention').count()).toBe(0);
    await watched.shoot('slack-card');
    const dark = await visit({ dark: true });
    await dark.shoot('slack-card-dark');
    const phone = await visit({ width: 390 });
    expect(await phone.page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await phone.shoot('slack-card-phone');
    expectQuiet(watched);
    expectQuiet(dark);
  });

  it('asks first, opens the form, shows what is wrong, and the card changes', async () => {
    const watched = await visit();
    const { page } = watched;
    await page.getByRole('button', { name: /^Approve refund/ }).click();
    await page.locator('#confirm').getByText('goes out at once').waitFor();
    await watched.shoot('slack-confirm');
    await page.locator('#confirm').getByRole('button', { name: 'Back' }).click();
    expect(await page.locator('#modal[open]').count()).toBe(0);
    // By keyboard alone: the dialog's first choice has the focus.
    await page.getByRole('button', { name: /^Approve refund/ }).press('Enter');
    await page.locator('#confirm[open]').waitFor();
    await page.keyboard.press('Enter');
    const modal = page.locator('#modal');
    await modal.getByText('I reviewed the full arguments').waitFor();
    await watched.shoot('slack-modal');
    await modal.getByRole('button', { name: 'Approve' }).click();
    await modal.getByText('Please complete this required field.').first().waitFor();
    await modal.locator('textarea').fill('I will look at it later');
    await modal.locator('input[type=checkbox]').check();
    await modal.getByRole('button', { name: 'Approve' }).click();
    await modal.getByText('Decide now or reject.').waitFor();
    await watched.shoot('slack-modal-errors');
    await modal.locator('textarea').fill('Matches the complaint of ticket 4711');
    await modal.getByRole('button', { name: 'Approve' }).click();
    await page.locator('article').getByText('Approved by').waitFor();
    await page.locator('#modal:not([open])').waitFor({ state: 'attached' });
    expect(await page.locator('article .b-actions').count()).toBe(0);
    await watched.shoot('slack-approved');
    expectQuiet(watched);
    expect(slack.violations()).toEqual([]);
  });

  it('tells one person in private, in threads and by command', async () => {
    await webClient(slack).chat.postMessage({
      channel,
      text: 'Approval needed again',
      blocks: approvalCard(),
    });
    const watched = await visit({ dark: true });
    const { page } = watched;
    await page.selectOption('#me', { label: 'Bob Okafor' });
    const card = page.locator('#messages > article').last();
    await card.getByRole('button', { name: 'Reject' }).click();
    await page.getByText('Only visible to you').waitFor();
    await page.locator('summary').click();
    await watched.shoot('slack-menu-dark');
    await page.getByRole('button', { name: 'Delegate' }).click();
    await page.locator('.replies .mention.me').getByText('@Bob Okafor').waitFor();
    await page.fill('#text', '/approvals mine');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing waits for you (mine).').waitFor();
    await watched.shoot('slack-private-dark');
    await page.selectOption('#me', { label: 'Alice Moreau' });
    await page.locator('.replies').waitFor();
    expect(await page.getByText('Only visible to you').count()).toBe(0);
    expectQuiet(watched);
  });

  it('shows App Home, and opens a form from it', async () => {
    const watched = await visit({ dark: true });
    const { page } = watched;
    await page.getByRole('button', { name: 'App Home' }).click();
    await page.getByText('Waiting for you: 1').waitFor();
    expect(await page.locator('#composer').isVisible()).toBe(false);
    await watched.shoot('slack-home-dark');
    await page.getByRole('button', { name: 'Review' }).click();
    await page.locator('#modal textarea').waitFor();
    await watched.shoot('slack-modal-dark');
    await page.keyboard.press('Escape');
    await page.locator('#modal:not([open])').waitFor({ state: 'attached' });
    expectQuiet(watched);
  });

  it('adds a person, and says when a press reaches nobody', async () => {
    const watched = await visit();
    const { page } = watched;
    await page.getByRole('button', { name: 'Add a person' }).click();
    await page.getByRole('button', { name: 'Carol Jones' }).click();
    await watched.shoot('slack-person');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.locator('#me option', { hasText: 'Carol Jones' }).waitFor({ state: 'attached' });
    expect(await page.locator('#me').inputValue()).toBe(
      slack.users().find(({ email }) => email === 'carol@acme.test')?.id,
    );
    await page
      .locator('#messages > article')
      .getByRole('button', { name: 'Details' })
      .last()
      .click();
    await page.getByText('did not answer within 3 seconds').waitFor();
    await watched.shoot('slack-unanswered');
    expectQuiet(watched);
  });
});
