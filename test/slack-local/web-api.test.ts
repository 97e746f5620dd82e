import type { WebClient } from '@slack/web-api';
import { createVirtualClock, type VirtualClock } from '../../src/slack-local/clock';
import { startFakeSlack } from '../../src/slack-local/fake-slack';
import type { FakeSlack } from '../../src/slack-local/surface';
import { webClient } from './bolt-app';
import { approvalCard, rationaleModal } from './sample-blocks';

type Json = Readonly<Record<string, unknown>>;

/** The error code of a refused call, `ok` for one that was taken. */
async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    const { data, retryAfter, code } = error as {
      data?: { error?: string };
      retryAfter?: number;
      code?: string;
    };
    if (retryAfter !== undefined) return `ratelimited ${String(retryAfter)}`;
    return data?.error ?? code ?? 'thrown';
  }
}

/** One call that is refused or taken, by its answer. */
const REFUSALS: readonly (readonly [string, Json, string])[] = [
  ['chat.postMessage', { channel: 'C1' }, 'no_text'],
  ['chat.postMessage', { channel: 'C404', text: 'a' }, 'channel_not_found'],
  ['chat.postMessage', { channel: 'C2', text: 'a' }, 'is_archived'],
  ['chat.postMessage', { channel: 'C3', text: 'a' }, 'not_in_channel'],
  ['chat.postMessage', { channel: '#general', text: 'a' }, 'ok'],
  ['chat.postMessage', { channel: 'U9', text: 'a' }, 'channel_not_found'],
  ['chat.postMessage', { channel: 'C1', blocks: '[{' }, 'invalid_blocks_format'],
  ['chat.postMessage', { channel: 'C1', text: 'a', blocks: [{ type: 'x' }] }, 'invalid_blocks'],
  [
    'chat.postMessage',
    { channel: 'C1', text: 'a', metadata: { event_type: 'e' } },
    'invalid_metadata_format',
  ],
  ['chat.update', { channel: 'C1', ts: '1.1', text: 'a' }, 'message_not_found'],
  ['chat.update', { channel: 'general', ts: '1.1', text: 'a' }, 'channel_not_found'],
  ['chat.postEphemeral', { channel: 'C1', user: 'U404', text: 'a' }, 'user_not_in_channel'],
  ['chat.postEphemeral', { channel: 'C4', user: 'U1', text: 'a' }, 'user_not_in_channel'],
  ['chat.postEphemeral', { channel: 'C1', user: 'U1', text: 'a' }, 'ok'],
  ['chat.delete', { channel: 'C1', ts: '1.1' }, 'message_not_found'],
  ['chat.getPermalink', { channel: 'C1', message_ts: '1.1' }, 'message_not_found'],
  ['reactions.add', { channel: 'C1', timestamp: '1.1', name: 'eyes' }, 'message_not_found'],
  ['conversations.open', { users: 'U404' }, 'user_not_found'],
  ['conversations.open', { users: 'U9' }, 'user_disabled'],
  ['conversations.open', { users: 'U1' }, 'ok'],
  ['conversations.history', { channel: 'C404' }, 'channel_not_found'],
  ['conversations.history', { channel: 'C3' }, 'not_in_channel'],
  ['conversations.history', { channel: 'C1', cursor: 'mine' }, 'invalid_cursor'],
  ['conversations.history', { channel: 'C1', limit: 5000 }, 'invalid_limit'],
  ['conversations.replies', { channel: 'C1', ts: '1.1' }, 'thread_not_found'],
  ['users.info', { user: 'U404' }, 'user_not_found'],
  ['users.lookupByEmail', { email: 'nobody@acme.test' }, 'users_not_found'],
  ['users.lookupByEmail', { email: 'Alice@acme.test' }, 'ok'],
  ['usergroups.users.list', { usergroup: 'S404' }, 'no_such_subteam'],
  ['views.open', { trigger_id: 'none', view: rationaleModal() }, 'invalid_trigger_id'],
  ['views.open', { trigger_id: 'none', view: { type: 'modal' } }, 'invalid_arguments'],
  ['views.update', { view_id: 'V404', view: rationaleModal() }, 'not_found'],
  ['views.publish', { user_id: 'U404', view: { type: 'home', blocks: [] } }, 'user_not_found'],
  ['chat.meltDown', {}, 'unknown_method'],
  ['apps.connections.open', {}, 'not_allowed_token_type'],
];

describe('the Web API', () => {
  let slack: FakeSlack;
  let client: WebClient;
  let clock: VirtualClock;
  let alice: string;
  let general: string;
  beforeEach(async () => {
    clock = createVirtualClock();
    slack = await startFakeSlack({ clock });
    client = webClient(slack);
    alice = slack.addUser({ id: 'U1', name: 'alice', email: 'alice@acme.test' }).id;
    slack.addUser({ id: 'U9', name: 'gone', deleted: true });
    general = slack.addChannel({ id: 'C1', name: 'general' }).id;
    slack.addChannel({ id: 'C2', name: 'closed', isArchived: true });
    slack.addChannel({ id: 'C3', name: 'private', botIsMember: false });
    slack.addChannel({ id: 'C4', name: 'others', members: ['U9'] });
    slack.addUserGroup({ id: 'S1', handle: 'finance', users: ['U1'] });
  });
  afterEach(() => slack.close());

  const call = (method: string, args: Json): Promise<string> =>
    codeOf(client.apiCall(method, { ...args }));
  const post = async (args: Json = {}): Promise<string> => {
    const posted = await client.apiCall('chat.postMessage', {
      channel: 'C1',
      text: 'Hello',
      ...args,
    });
    return String({ ...posted }['ts' as never]);
  };
  const text = (length: number): Json => ({
    type: 'section',
    text: { type: 'plain_text', text: 'x'.repeat(length) },
  });

  it.each(REFUSALS.map(([method, args, answer]) => [method, answer, args] as const))(
    '%s: %s',
    async (method, expected, args) => {
      expect(await call(method, args)).toBe(expected);
      expect(slack.calls().at(-1)).toMatchObject({
        method,
        status: 200,
        ...(expected === 'ok' ? {} : { error: expected }),
      });
    },
  );

  it('refuses blocks of more than 13,000 characters in all', async () => {
    const blocks = (last: number): Json[] => [
      text(3000),
      text(3000),
      text(3000),
      text(3000),
      text(last),
    ];
    expect(await call('chat.postMessage', { channel: 'C1', text: 'a', blocks: blocks(1000) })).toBe(
      'ok',
    );
    expect(await call('chat.postMessage', { channel: 'C1', text: 'a', blocks: blocks(1001) })).toBe(
      'msg_blocks_too_long',
    );
  });

  it('says where blocks are wrong', async () => {
    const blocks = [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }];
    await expect(
      client.apiCall('chat.postMessage', { channel: 'C1', blocks }),
    ).rejects.toMatchObject({
      data: {
        error: 'invalid_blocks',
        response_metadata: {
          messages: [
            '[ERROR] must be no more than 150 characters [json-pointer:/blocks/0/text/text]',
          ],
        },
      },
    });
  });

  it('keeps blocks that an update leaves out, and drops them for an empty list', async () => {
    const ts = await post({ blocks: approvalCard() });
    await client.chat.update({ channel: general, ts, text: 'Decided' });
    expect(slack.messages(general)[0]?.renderedText).toContain('[Approve]');
    await client.chat.update({ channel: general, ts, text: 'Decided', blocks: [] });
    expect(slack.messages(general)[0]).toMatchObject({ blocks: [], renderedText: 'Decided' });
    expect(slack.messages(general)[0]?.edited?.user).toBe(slack.botUserId);
  });

  it('lets the app change and delete its own messages alone', async () => {
    const { ts } = slack.say({ user: alice, channel: general, text: 'mine' });
    expect(await call('chat.update', { channel: general, ts, text: 'ours' })).toBe(
      'cant_update_message',
    );
    expect(await call('chat.delete', { channel: general, ts })).toBe('cant_delete_message');
    const own = await post();
    expect(await call('chat.delete', { channel: general, ts: own })).toBe('ok');
    expect(slack.messages(general).map((message) => message.text)).toEqual(['mine']);
  });

  it('keeps an ephemeral out of the history, and from being updated', async () => {
    const { message_ts: ts } = await client.chat.postEphemeral({
      channel: general,
      user: alice,
      text: 'psst',
    });
    expect((await client.conversations.history({ channel: general })).messages).toEqual([]);
    expect(await call('chat.update', { channel: general, ts, text: 'loud' })).toBe(
      'message_not_found',
    );
    expect(slack.ephemerals(alice)).toMatchObject([{ ts, renderedText: 'psst', channel: general }]);
  });

  it('shows metadata to those who ask for it, and threads apart from the channel', async () => {
    const ts = await post({
      metadata: { event_type: 'cs_card', event_payload: { post_key: 'k' } },
    });
    await post({ thread_ts: ts, text: 'reply' });
    const plain = await client.conversations.history({ channel: general });
    expect(plain.messages).toMatchObject([{ ts, reply_count: 1 }]);
    expect(plain.messages?.[0]?.metadata).toBeUndefined();
    const full = await client.conversations.history({
      channel: general,
      include_all_metadata: true,
    });
    expect(full.messages?.[0]?.metadata).toEqual({
      event_type: 'cs_card',
      event_payload: { post_key: 'k' },
    });
    const thread = await client.conversations.replies({ channel: general, ts });
    expect(thread.messages?.map((message) => message.text)).toEqual(['Hello', 'reply']);
  });

  it('pages with cursors and cuts by time', async () => {
    const stamps = [await post(), await post(), await post()];
    const first = await client.conversations.history({ channel: general, limit: 2 });
    const cursor = first.response_metadata?.next_cursor ?? '';
    const second = await client.conversations.history({ channel: general, limit: 2, cursor });
    const seen = [...(first.messages ?? []), ...(second.messages ?? [])].map(({ ts }) => ts);
    expect(seen).toEqual([...stamps].reverse());
    expect(second.has_more).toBe(false);
    const since = await client.conversations.history({ channel: general, oldest: stamps[1] ?? '' });
    expect(since.messages?.map(({ ts }) => ts)).toEqual([stamps[2]]);
  });

  it('opens one conversation with a person, also by a post to the person', async () => {
    const { channel } = await client.conversations.open({ users: alice });
    const posted = await client.chat.postMessage({ channel: alice, text: 'Hello' });
    expect(posted.channel).toBe(channel?.id);
    expect(channel?.id).toMatch(/^D/);
  });

  it('shows addresses of people only with the scope for it', async () => {
    expect((await client.users.info({ user: alice })).user?.profile?.email).toBe('alice@acme.test');
    slack.setBotScopes(['users:read', 'chat:write']);
    expect((await client.users.info({ user: alice })).user?.profile?.email).toBeUndefined();
    expect(await call('users.lookupByEmail', { email: 'alice@acme.test' })).toBe('missing_scope');
  });

  it.each([
    ['', 'not_authed'],
    ['xoxb-wrong', 'invalid_auth'],
  ])('answers the token "%s" with %s', async (token, error) => {
    expect(await codeOf(webClient(slack, token).auth.test())).toBe(error);
  });

  it('answers a spoilt token, and the app token out of place', async () => {
    expect(await codeOf(webClient(slack, slack.appToken).auth.test())).toBe(
      'not_allowed_token_type',
    );
    slack.failBotToken('token_revoked');
    expect(await call('auth.test', {})).toBe('token_revoked');
    slack.failBotToken(undefined);
    expect(await call('auth.test', {})).toBe('ok');
  });

  describe('rate limits, on the clock of the fake', () => {
    it('let a burst of five through to a channel, then one a second', async () => {
      for (let count = 0; count < 5; count += 1) expect(await codeOf(post())).toBe('ok');
      expect(await codeOf(post())).toBe('ratelimited 1');
      slack.addChannel({ id: 'C5', name: 'elsewhere' });
      expect(await codeOf(post({ channel: 'C5' }))).toBe('ok');
      // The same channel by its name is the same channel.
      expect(await codeOf(post({ channel: '#general' }))).toBe('ratelimited 1');
      clock.advance(1000);
      expect(await codeOf(post())).toBe('ok');
      expect(await codeOf(post())).toBe('ratelimited 1');
      expect(slack.calls().at(-1)).toMatchObject({ status: 429, error: 'ratelimited' });
    });

    it.each([
      ['chat.update', 50, { channel: 'C1', ts: '1.1', text: 'a' }],
      ['usergroups.users.list', 20, { usergroup: 'S1' }],
      ['users.info', 100, { user: 'U1' }],
    ])('%s: %i a minute', async (method, perMinute, args) => {
      for (let count = 0; count < perMinute; count += 1)
        expect(await call(method, args)).not.toMatch(/^ratelimited/);
      const [, waitS] = (await call(method, args)).split(' ');
      expect(Number(waitS)).toBe(Math.ceil(60 / perMinute));
      clock.advance(Number(waitS) * 1000);
      expect(await call(method, args)).not.toMatch(/^ratelimited/);
    });
  });

  describe('faults', () => {
    const history = async (): Promise<number> =>
      (await client.conversations.history({ channel: general })).messages?.length ?? -1;

    it.each([
      ['429', 'ratelimited 7', 0],
      ['500', 'slack_webapi_http_error', 0],
      ['html_503', 'slack_webapi_http_error', 0],
      ['drop_before', 'slack_webapi_request_error', 0],
      ['drop_after_accept', 'slack_webapi_request_error', 1],
      ['malformed', 'unknown', 1],
      ['error', 'channel_is_limited', 0],
    ] as const)('%s', async (kind, seen, stored) => {
      slack.faults.add({
        method: 'chat.postMessage',
        kind,
        retryAfterS: 7,
        error: 'channel_is_limited',
      });
      const code = await codeOf(post());
      if (seen === 'unknown') expect(code).not.toBe('ok');
      else expect(code).toBe(seen);
      expect(await history()).toBe(stored);
      expect(await codeOf(post())).toBe('ok');
    });

    it('strike from the nth call on, so many times', async () => {
      slack.faults.add({ method: '*', kind: 'error', error: 'fatal_error', nth: 2, times: 2 });
      const seen = [];
      for (let count = 0; count < 4; count += 1)
        seen.push(await call('users.info', { user: 'U1' }));
      expect(seen).toEqual(['ok', 'fatal_error', 'fatal_error', 'ok']);
    });

    it('slow: the answer comes late', async () => {
      slack.faults.add({ method: 'auth.test', kind: 'slow', delayMs: 300 });
      const startedMs = performance.now();
      expect(await call('auth.test', {})).toBe('ok');
      expect(performance.now() - startedMs).toBeGreaterThanOrEqual(290);
    });

    it('down: nothing answers until it is over', async () => {
      slack.faults.add({ kind: 'down' });
      expect(await call('auth.test', {})).toBe('slack_webapi_request_error');
      slack.faults.clear();
      expect(await call('auth.test', {})).toBe('ok');
    });
  });
});
