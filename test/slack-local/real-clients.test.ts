import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startFakeSlack } from '../../src/slack-local/fake-slack';
import type { FakeSlack } from '../../src/slack-local/surface';
import { eventually } from '../support/eventually';
import { type HttpApp, type RunningApp, startHttpApp, startSocketApp, webClient } from './bolt-app';
import { approvalCard, rationaleModal } from './sample-blocks';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Running {
  readonly slack: FakeSlack;
  readonly bolt: RunningApp;
  readonly user: string;
  readonly channel: string;
}

async function start(mode: 'socket' | 'http'): Promise<Running> {
  const port = mode === 'http' ? await freePort() : 0;
  const slack = await startFakeSlack(
    mode === 'http' ? { deliver: { url: `http://127.0.0.1:${String(port)}/slack/events` } } : {},
  );
  const bolt = await (mode === 'http' ? startHttpApp(port, slack) : startSocketApp(slack));
  const { id: user } = slack.addUser({
    name: 'alice',
    realName: 'Alice',
    email: 'alice@acme.test',
  });
  const { id: channel } = slack.addChannel({ name: 'approvals' });
  return { slack, bolt, user, channel };
}

describe.each(['socket', 'http'] as const)('Bolt over %s', (mode) => {
  let running: Running;
  beforeEach(async () => {
    running = await start(mode);
  });
  afterEach(async () => {
    await running.bolt.stop();
    await running.slack.close();
  });

  const post = async (): Promise<string> => {
    const { slack, channel } = running;
    const posted = await webClient(slack).chat.postMessage({
      channel,
      text: 'Approval needed',
      blocks: approvalCard(),
      metadata: { event_type: 'cs_card', event_payload: { post_key: 'k1' } },
    });
    return posted.ts ?? '';
  };

  it('brings a press to the app and the update back to the card', async () => {
    const { slack, bolt, user, channel } = running;
    const seen: unknown[] = [];
    bolt.app.action('cs:approve', async ({ ack, body, client }) => {
      await ack();
      seen.push(body);
      if (body.type === 'block_actions')
        await client.chat.update({
          channel: body.channel?.id ?? '',
          ts: body.message?.ts ?? '',
          text: 'Approved',
          blocks: [{ type: 'section', text: { type: 'mrkdwn', text: `Approved by <@${user}>` } }],
        });
    });
    const ts = await post();
    expect(await slack.click({ user, channel, ts, actionId: 'cs:approve' })).toMatchObject({
      acked: true,
    });
    await eventually(async () => slack.messages(channel)[0]?.edited !== undefined);
    expect(slack.messages(channel)).toMatchObject([
      { ts, renderedText: 'Approved by @Alice', entities: { users: [user] } },
    ]);
    expect(seen).toMatchObject([
      {
        type: 'block_actions',
        user: { id: user, username: 'alice', team_id: slack.teamId },
        container: { type: 'message', channel_id: channel, message_ts: ts, is_ephemeral: false },
        channel: { id: channel, name: 'approvals' },
        message: { ts, metadata: { event_type: 'cs_card' } },
        actions: [{ action_id: 'cs:approve', block_id: 'cs:exec', value: 'v1.exec.1' }],
      },
    ]);
    expect(slack.violations()).toEqual([]);
  });

  it('opens a modal with the trigger, refuses a short reason and takes a good one', async () => {
    const { slack, bolt, user, channel } = running;
    const submitted: unknown[] = [];
    bolt.app.action('cs:approve', async ({ ack, body, client }) => {
      await ack();
      if (body.type === 'block_actions')
        await client.views.open({ trigger_id: body.trigger_id, view: rationaleModal() });
    });
    bolt.app.view('cs:rationale', async ({ ack, view }) => {
      const value = view.state.values['reason']?.['text']?.value ?? '';
      if (value.includes('because')) {
        submitted.push(view.state.values);
        await ack();
      } else await ack({ response_action: 'errors', errors: { reason: 'Say because.' } });
    });
    const ts = await post();
    await slack.click({ user, channel, ts, actionId: 'cs:approve' });
    await eventually(async () => slack.views(user).length === 1);
    const viewId = slack.views(user)[0]?.id ?? '';
    const fill = (text: string) =>
      slack.submitView({
        user,
        viewId,
        values: { reason: { text }, seen: { box: ['yes'] } },
      });
    expect(await fill('short')).toMatchObject({ acked: false, error: 'client_validation' });
    expect(await fill('a long enough reason')).toMatchObject({
      acked: true,
      errors: { reason: 'Say because.' },
    });
    expect(slack.views(user)[0]?.errors).toEqual({ reason: 'Say because.' });
    expect(await fill('because it matches')).toMatchObject({ acked: true });
    expect(slack.views(user)).toEqual([]);
    expect(submitted).toMatchObject([{ seen: { box: { selected_options: [{ value: 'yes' }] } } }]);
    expect(slack.violations()).toEqual([]);
  });

  it('runs a command, answers privately, and posts to the response address', async () => {
    const { slack, bolt, user, channel } = running;
    bolt.app.command('/approvals', async ({ ack, respond, command }) => {
      await ack(`You asked for ${command.text}`);
      await respond({ text: 'More', response_type: 'ephemeral' });
    });
    expect(
      await slack.command({ user, channel, command: '/approvals', text: 'mine' }),
    ).toMatchObject({ acked: true });
    await eventually(async () => slack.ephemerals(user).length === 2);
    expect(slack.ephemerals(user).map(({ renderedText }) => renderedText)).toEqual([
      'You asked for mine',
      'More',
    ]);
    expect(slack.messages(channel)).toEqual([]);
  });

  it('sends app_home_opened and shows what the app publishes', async () => {
    const { slack, bolt, user } = running;
    bolt.app.event('app_home_opened', async ({ event, client }) => {
      const blocks = [{ type: 'header', text: { type: 'plain_text', text: 'Nothing waits' } }];
      await client.views.publish({ user_id: event.user, view: { type: 'home', blocks } });
    });
    expect(await slack.openHome(user)).toMatchObject({ acked: true });
    await eventually(async () => slack.home(user) !== undefined);
    expect(slack.home(user)).toMatchObject({ type: 'home', renderedText: 'Nothing waits' });
  });

  it('tells of a press that nobody acknowledged within three seconds', async () => {
    const { slack, user, channel } = running;
    const ts = await post();
    const result = await slack.click({ user, channel, ts, actionId: 'cs:reject' });
    expect(result.acked).toBe(false);
    expect(result.ackMs).toBeGreaterThanOrEqual(2_900);
    expect(['timeout', 'http_404']).toContain(result.error);
    expect(slack.violations()).toHaveLength(1);
  });
});

describe('forged requests, against the real HTTP receiver', () => {
  it.each([
    ['signed by another', 'forged', 0, 401],
    ['six minutes old', undefined, -360, 401],
    ['as Slack sends it', undefined, 0, 200],
  ])('%s', async (_name, secret, shiftS, status) => {
    const { slack, bolt } = await start('http');
    try {
      bolt.app.action('cs:approve', async ({ ack }) => {
        await ack();
      });
      const payload = {
        type: 'block_actions',
        actions: [{ type: 'button', action_id: 'cs:approve' }],
      };
      const body = new URLSearchParams({
        payload: JSON.stringify({ ...payload, team: { id: slack.teamId }, user: { id: 'U1' } }),
      }).toString();
      const timestampS = Math.floor(Date.now() / 1000) + shiftS;
      const headers = {
        ...slack.sign(body, timestampS),
        ...(secret === undefined ? {} : { 'x-slack-signature': `v0=${'0'.repeat(64)}` }),
        'content-type': 'application/x-www-form-urlencoded',
      };
      const { url } = bolt as HttpApp;
      expect((await slack.deliverRaw({ url, body, headers })).status).toBe(status);
    } finally {
      await bolt.stop();
      await slack.close();
    }
  });
});
