import { createHmac } from 'node:crypto';
import type { WebClient } from '@slack/web-api';
import { createVirtualClock, type VirtualClock } from '../../src/slack-local/clock';
import { startFakeSlack } from '../../src/slack-local/fake-slack';
import type { FakeSlack } from '../../src/slack-local/surface';
import { webClient } from './bolt-app';
import { type Received, type RequestUrl, startRequestUrl } from './request-url';
import { approvalCard, rationaleModal } from './sample-blocks';

const errorOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: { data?: { error?: string } }) => error.data?.error ?? 'no answer',
  );

describe('what people do', () => {
  let clock: VirtualClock;
  let app: RequestUrl;
  let slack: FakeSlack;
  let client: WebClient;
  let user: string;
  let channel: string;
  let ts: string;
  beforeEach(async () => {
    clock = createVirtualClock();
    app = await startRequestUrl();
    slack = await startFakeSlack({ clock, deliver: { url: app.url } });
    client = webClient(slack);
    user = slack.addUser({ id: 'U1', name: 'alice' }).id;
    channel = slack.addChannel({ id: 'C1', name: 'general' }).id;
    ts =
      (await client.chat.postMessage({ channel, text: 'Card', blocks: approvalCard() })).ts ?? '';
  });
  afterEach(async () => {
    await slack.close();
    await app.close();
  });

  const last = () => app.received.at(-1)?.payload ?? {};
  const approve = (more = {}) =>
    slack.click({ user, channel, ts, actionId: 'cs:approve', ...more });
  const trigger = async (): Promise<string> => {
    await approve();
    return String(last()['trigger_id']);
  };
  const openModal = async (more = {}): Promise<string> => {
    const view = { ...rationaleModal(), ...more };
    return (await client.views.open({ trigger_id: await trigger(), view })).view?.id ?? '';
  };

  describe('presses', () => {
    it('reach only what stands in the blocks as they are now', async () => {
      await client.chat.update({ channel, ts, text: 'Decided', blocks: [] });
      expect(await approve()).toEqual({ acked: false, ackMs: 0, error: 'element_not_found' });
      expect(app.received).toEqual([]);
      const stale = { user, channel, ts, actionId: 'cs:approve', blocks: approvalCard() };
      expect(await slack.clickStale(stale)).toMatchObject({ acked: true });
      expect(last()).toMatchObject({ actions: [{ value: 'v1.exec.1' }], message: { ts } });
    });

    it('end at a confirm dialog that is denied', async () => {
      expect(await approve({ confirm: false })).toMatchObject({ error: 'confirm_denied' });
      expect(app.received).toEqual([]);
    });

    it('carry the option picked, and no other', async () => {
      const pick = (option: string) =>
        slack.click({ user, channel, ts, actionId: 'cs:more', option });
      expect(await pick('nonsense')).toMatchObject({ error: 'option_not_found' });
      expect(await pick('delegate')).toMatchObject({ acked: true });
      expect(last()).toMatchObject({
        actions: [{ type: 'overflow', selected_option: { value: 'delegate' } }],
      });
    });

    it('on a deleted message, or in a conversation of another, reach nobody', async () => {
      const other = slack.addUser({ name: 'bob' }).id;
      const direct = await client.chat.postMessage({
        channel: other,
        text: 'a',
        blocks: approvalCard(),
      });
      const press = {
        user,
        channel: direct.channel ?? '',
        ts: direct.ts ?? '',
        actionId: 'cs:approve',
      };
      expect(await slack.click(press)).toMatchObject({ error: 'message_not_found' });
      slack.deleteMessage(channel, ts);
      expect(await approve()).toMatchObject({ error: 'message_not_found' });
      expect(app.received).toEqual([]);
    });

    it('tell the workspace a person is of, beside the one the app is in', async () => {
      const guest = slack.addUser({ name: 'eve', teamId: 'T0OTHER', isStranger: true });
      await slack.click({ user: guest.id, channel, ts, actionId: 'cs:reject' });
      expect(last()).toMatchObject({ user: { team_id: 'T0OTHER' }, team: { id: slack.teamId } });
    });

    it('on a note that one person sees come without the message', async () => {
      const note = await client.chat.postEphemeral({
        channel,
        user,
        text: 'n',
        blocks: approvalCard(),
      });
      await slack.click({ user, channel, ts: note.message_ts ?? '', actionId: 'cs:reject' });
      expect(last()).toMatchObject({ container: { is_ephemeral: true } });
      expect(last()).not.toHaveProperty('message');
    });

    it('are signed as Slack signs them, in its content type', async () => {
      await approve();
      const { headers = {}, raw = '' }: Partial<Received> = app.received[0] ?? {};
      const stamp = String(headers['x-slack-request-timestamp']);
      const digest = createHmac('sha256', slack.signingSecret).update(`v0:${stamp}:${raw}`);
      expect(headers['x-slack-signature']).toBe(`v0=${digest.digest('hex')}`);
      expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
      expect(Math.abs(Number(stamp) - Date.now() / 1000)).toBeLessThan(5);
    });

    it('can come again with the same payload, or forged', async () => {
      await approve();
      expect(await slack.redeliver()).toMatchObject({ acked: true });
      expect(app.received[1]?.raw).toBe(app.received[0]?.raw);
      const body = app.received[0]?.raw ?? '';
      const headers = {
        ...slack.sign(body, 1),
        'content-type': 'application/x-www-form-urlencoded',
      };
      expect(await slack.deliverRaw({ url: app.url, body, headers })).toEqual({
        status: 200,
        body: '',
      });
      expect(app.received[2]?.headers['x-slack-request-timestamp']).toBe('1');
    });

    it.each([500, 404, 201])('answered with %i count as lost', async (status) => {
      app.reply = () => ({ status });
      expect(await approve()).toMatchObject({ acked: false, error: `http_${String(status)}` });
      expect(slack.violations()).toEqual([
        `interactive block_actions was not acknowledged: http_${String(status)}`,
      ]);
    });
  });

  describe('triggers', () => {
    const open = (id: string) =>
      errorOf(client.views.open({ trigger_id: id, view: rationaleModal() }));

    it('open one modal, within three seconds', async () => {
      const early = await trigger();
      expect(await open(early)).toBe('ok');
      expect(await open(early)).toBe('exchanged_trigger_id');
      const late = await trigger();
      clock.advance(3000);
      expect(await open(late)).toBe('ok');
      const tooLate = await trigger();
      clock.advance(3001);
      expect(await open(tooLate)).toBe('expired_trigger_id');
    });

    it('are not spent on a view that Slack refuses', async () => {
      const id = await trigger();
      const broken = { ...rationaleModal(), callback_id: 'x'.repeat(256) };
      expect(await errorOf(client.views.open({ trigger_id: id, view: broken }))).toBe(
        'invalid_arguments',
      );
      expect(await open(id)).toBe('ok');
    });
  });

  describe('modals', () => {
    it('stack three high', async () => {
      await openModal({
        blocks: [
          ...rationaleModal().blocks,
          {
            type: 'actions',
            elements: [
              { type: 'button', action_id: 'deeper', text: { type: 'plain_text', text: 'More' } },
            ],
          },
        ],
      });
      const push = async (): Promise<string> => {
        const viewId = slack.views(user)[0]?.id ?? '';
        await slack.clickView({ user, viewId, actionId: 'deeper' });
        expect(last()).toMatchObject({
          container: { type: 'view', view_id: viewId },
          view: { id: viewId },
        });
        return errorOf(
          client.views.push({ trigger_id: String(last()['trigger_id']), view: rationaleModal() }),
        );
      };
      expect([await push(), await push(), await push()]).toEqual([
        'ok',
        'ok',
        'push_limit_reached',
      ]);
      expect(slack.views(user)).toHaveLength(3);
    });

    it('are updated by id and hash, while they are open', async () => {
      const viewId = await openModal({ external_id: 'exec' });
      const { hash = '' } = slack.views(user)[0] ?? {};
      const update = (more: object) =>
        errorOf(
          client.apiCall('views.update', {
            view: { ...rationaleModal(), external_id: 'exec' },
            ...more,
          }),
        );
      expect(await update({ view_id: viewId, hash })).toBe('ok');
      expect(await update({ view_id: viewId, hash })).toBe('hash_conflict');
      expect(await update({ external_id: 'exec' })).toBe('ok');
      expect(
        await errorOf(
          client.views.publish({
            user_id: user,
            view: { type: 'home', external_id: 'exec', blocks: [] },
          }),
        ),
      ).toBe('duplicate_external_id');
      await slack.closeView(user, viewId);
      expect(await update({ view_id: viewId })).toBe('not_found');
    });

    it('say that they were closed only when asked to', async () => {
      await slack.closeView(user, await openModal());
      expect(last()['type']).toBe('block_actions');
      await slack.closeView(user, await openModal({ notify_on_close: true }));
      expect(last()).toMatchObject({ type: 'view_closed', is_cleared: false });
    });

    const values = { reason: { text: 'a long enough reason' }, seen: { box: ['yes'] } };

    it.each([
      ['nothing', undefined, 0],
      ['clear', { response_action: 'clear' }, 0],
      ['update', { response_action: 'update', view: rationaleModal() }, 1],
      ['push', { response_action: 'push', view: rationaleModal() }, 2],
    ])('answered with %s', async (_name, body, left) => {
      const viewId = await openModal();
      app.reply = () => ({ body });
      expect(await slack.submitView({ user, viewId, values })).toMatchObject({ acked: true });
      expect(slack.views(user)).toHaveLength(left);
      expect(last()).toMatchObject({
        type: 'view_submission',
        view: {
          private_metadata: '{"exec":"exec"}',
          state: {
            values: {
              reason: { text: { type: 'plain_text_input', value: 'a long enough reason' } },
              seen: { box: { type: 'checkboxes', selected_options: [{ value: 'yes' }] } },
            },
          },
        },
      });
    });

    it.each([
      ['errors of no input', { response_action: 'errors', errors: { nowhere: 'No' } }],
      ['a view Slack refuses', { response_action: 'update', view: { type: 'modal' } }],
      ['an unknown action', { response_action: 'explode' }],
    ])('answered with %s stay, and it is a violation', async (_name, body) => {
      const viewId = await openModal();
      app.reply = () => ({ body });
      const result = await slack.submitView({ user, viewId, values });
      expect(result.error).toBeDefined();
      expect(slack.violations()).toHaveLength(1);
      expect(slack.views(user)).toHaveLength(1);
    });

    it('that another person opened are out of reach', async () => {
      const viewId = await openModal();
      const other = slack.addUser({ name: 'bob' }).id;
      expect(await slack.submitView({ user: other, viewId, values })).toMatchObject({
        error: 'view_not_found',
      });
    });
  });

  describe('response addresses', () => {
    const respond = async (body: object): Promise<number> => {
      const url = String(last()['response_url']);
      return (await slack.deliverRaw({ url, body: JSON.stringify(body) })).status;
    };

    it('work five times within half an hour', async () => {
      await approve();
      const statuses = [];
      for (let count = 0; count < 6; count += 1) statuses.push(await respond({ text: 'more' }));
      expect(statuses).toEqual([200, 200, 200, 200, 200, 404]);
      expect(slack.ephemerals(user)).toHaveLength(5);
      await approve();
      clock.advance(30 * 60_000 + 1);
      expect(await respond({ text: 'late' })).toBe(404);
    });

    it('replace and delete the message that was pressed', async () => {
      await approve();
      expect(await respond({ replace_original: true, text: 'Recording…' })).toBe(200);
      expect(slack.messages(channel)).toMatchObject([
        { ts, renderedText: 'Recording…', blocks: [] },
      ]);
      expect(await respond({ delete_original: true })).toBe(200);
      expect(slack.messages(channel)).toEqual([]);
    });

    it('refuse blocks as the Web API does', async () => {
      await approve();
      expect(await respond({ blocks: [{ type: 'header' }] })).toBe(400);
    });
  });

  describe('events', () => {
    it('come in their envelope, and once more when nobody answered', async () => {
      app.reply = () => ({ status: app.received.length === 1 ? 500 : 200 });
      expect(await slack.sendEvent({ type: 'user_change', user: { id: user } })).toMatchObject({
        acked: true,
      });
      const [first, second] = app.received;
      expect(first?.payload).toMatchObject({
        type: 'event_callback',
        team_id: slack.teamId,
        event: { type: 'user_change' },
      });
      expect(second?.payload['event_id']).toBe(first?.payload['event_id']);
      expect(first?.headers['x-slack-retry-num']).toBeUndefined();
      expect(second?.headers['x-slack-retry-num']).toBe('1');
    });
  });

  describe('installing', () => {
    const consent = async (): Promise<string> => {
      const query = new URLSearchParams({
        client_id: slack.clientId,
        redirect_uri: 'http://127.0.0.1:9/back',
        state: 's1',
      });
      const url = new URL(`/oauth/v2/authorize?${query.toString()}`, slack.apiUrl);
      const answer = await fetch(url, { redirect: 'manual' });
      const back = new URL(answer.headers.get('location') ?? 'http://none');
      expect(back.searchParams.get('state')).toBe('s1');
      return back.searchParams.get('code') ?? '';
    };
    const access = (more: object) =>
      webClient(slack, '').oauth.v2.access({
        client_id: slack.clientId,
        client_secret: slack.clientSecret,
        ...more,
      });

    it('gives a token for a code, once, to whom it was meant for', async () => {
      const code = await consent();
      const redirect_uri = 'http://127.0.0.1:9/back';
      expect(await errorOf(access({ code, redirect_uri: 'http://evil.test' }))).toBe(
        'bad_redirect_uri',
      );
      const installed = await access({ code, redirect_uri });
      expect(installed.team?.id).toBe(slack.teamId);
      expect((await webClient(slack, installed.access_token ?? '').auth.test()).ok).toBe(true);
      expect(await errorOf(access({ code, redirect_uri }))).toBe('code_already_used');
      expect(await errorOf(access({ code: 'guess' }))).toBe('invalid_code');
      expect(await errorOf(access({ code, client_secret: 'x' }))).toBe('bad_client_secret');
    });

    it('renews a token: the old one ends, its renewal counts once', async () => {
      const rotating = await startFakeSlack({ clock, tokenRotation: true });
      try {
        const renew = (refresh_token: string) =>
          webClient(rotating, '').oauth.v2.access({
            client_id: rotating.clientId,
            client_secret: rotating.clientSecret,
            grant_type: 'refresh_token',
            refresh_token,
          });
        const query = new URLSearchParams({
          client_id: rotating.clientId,
          redirect_uri: 'http://127.0.0.1:9/back',
        });
        const answer = await fetch(
          new URL(`/oauth/v2/authorize?${query.toString()}`, rotating.apiUrl),
          {
            redirect: 'manual',
          },
        );
        const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? '';
        const first = await webClient(rotating, '').oauth.v2.access({
          client_id: rotating.clientId,
          client_secret: rotating.clientSecret,
          code,
          redirect_uri: 'http://127.0.0.1:9/back',
        });
        expect(first.expires_in).toBe(43_200);
        const second = await renew(first.refresh_token ?? '');
        const test = (token = '') => errorOf(webClient(rotating, token).auth.test());
        expect(await test(first.access_token)).toBe('token_revoked');
        expect(await test(second.access_token)).toBe('ok');
        expect(await errorOf(renew(first.refresh_token ?? ''))).toBe('invalid_refresh_token');
        clock.advance(43_200_000);
        expect(await test(second.access_token)).toBe('token_expired');
      } finally {
        await rotating.close();
      }
    });
  });
});
