import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PostTarget } from '../../src/app/channel-ports';
import type { ApprovalCard } from '../../src/core/escalation/card';
import { executionId } from '../../src/core/ids';
import { createSlackGateway } from '../../src/slack/gateway';
import { startFakeSlack } from '../../src/slack-local/fake-slack';
import type { ApiFaultKind, FakeSlack } from '../../src/slack-local/surface';
import {
  channelGatewayConformance,
  type VendorFault,
  type VendorStage,
} from '../conformance/channel-gateway';
import { card, closedCard, EXECUTION, vote } from './card-builders';
import { elementsOf } from './reading';

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const METHODS = { post: 'chat.postMessage', update: 'chat.update' } as const;
const FAULTS: Readonly<Record<VendorFault, ApiFaultKind>> = {
  done_but_answer_lost: 'drop_after_accept',
  done_but_answer_malformed: 'malformed',
  server_error: 'html_503',
  rate_limited: '429',
};
const NOTE = {
  kind: 'reminder',
  levelName: 'finance',
  approvers: 'role finance',
  deadline: '2026-09-10T12:26:00Z',
  thenWhat: 'escalates to L3',
  mentions: [],
} as const;

const addressOf = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
};

/** Where nobody listens any more. */
async function deadAddress(): Promise<string> {
  const server = createServer();
  const address = await addressOf(server);
  await new Promise((resolve) => server.close(resolve));
  return address;
}

const directChannel = (slack: FakeSlack): string =>
  slack.channels().find(({ directWith }) => directWith !== undefined)?.id ?? '';

async function stage(): Promise<VendorStage> {
  const slack = await startFakeSlack();
  const { id: channel } = slack.addChannel({ name: 'approvals' });
  const { id: userId, teamId } = slack.addUser({ name: 'alice' });
  const { botToken, apiUrl } = slack;
  const gateway = createSlackGateway({
    logger,
    settings: { botToken, apiUrl, channel: '#approvals' },
  });
  const unreachable = createSlackGateway({
    logger,
    settings: { botToken, apiUrl: await deadAddress(), channel },
  });
  return {
    gateway,
    unreachable,
    person: { kind: 'person', teamId, userId },
    retryAfterS: 7,
    messages: (target: PostTarget) =>
      slack
        .messages(
          target.kind === 'person'
            ? directChannel(slack)
            : target.kind === 'thread'
              ? target.of.channelId
              : channel,
        )
        .map(({ ts, threadTs, renderedText, blocks }) => ({
          ts,
          ...(threadTs === undefined ? {} : { threadTs }),
          reading: renderedText,
          buttons: elementsOf(blocks).length,
        })),
    fail: (call, fault) => {
      slack.faults.add({ method: METHODS[call], kind: FAULTS[fault], retryAfterS: 7 });
    },
    delete: ({ channelId, ts }) => {
      slack.deleteMessage(channelId, ts);
    },
    close: () => slack.close(),
  };
}

channelGatewayConformance('Slack', {
  card: (over?: Partial<ApprovalCard>) => card(over),
  closed: closedCard('rejected', { reason: 'Wrong customer.' }),
  note: NOTE,
  stage,
});

describe('the Slack gateway', () => {
  let slack: FakeSlack;
  beforeEach(async () => {
    slack = await startFakeSlack();
  });
  afterEach(async () => {
    await slack.close();
  });

  const gateway = (channel: string) =>
    createSlackGateway({
      logger,
      settings: { botToken: slack.botToken, apiUrl: slack.apiUrl, channel },
    });
  const post = (channel: string, target: PostTarget = { kind: 'channel' }) =>
    gateway(channel).post({
      postKey: 'k1',
      execution: executionId(EXECUTION),
      target,
      content: { kind: 'card', card: card() },
    });

  it('sends ids as metadata and nothing else', async () => {
    const { id } = slack.addChannel({ name: 'approvals' });
    await post(id);
    expect(slack.messages(id)[0]?.metadata).toEqual({
      event_type: 'countersign_card',
      event_payload: { post_key: 'k1', execution: EXECUTION },
    });
  });

  it('always sends blocks and text with an update, since left-out blocks keep their buttons', async () => {
    const { id } = slack.addChannel({ name: 'approvals' });
    const posted = await post(id);
    if (!posted.ok) throw new Error('not posted');
    await gateway(id).update(posted.value, { kind: 'card', card: closedCard('expired') });
    const [update] = slack.calls().filter(({ method }) => method === 'chat.update');
    expect(update?.args).toMatchObject({
      parse: 'none',
      text: '⌛ Expired: payments.refund by refund-bot.',
    });
    expect(elementsOf(slack.messages(id)[0]?.blocks ?? [])).toEqual([]);
    expect(slack.violations()).toEqual([]);
  });

  it.each(['approvals', '#approvals'])('finds the channel “%s” by its name, once', async (name) => {
    const { id } = slack.addChannel({ name: 'approvals' });
    const one = gateway(name);
    const input = {
      execution: executionId(EXECUTION),
      target: { kind: 'channel' },
      content: { kind: 'card', card: card() },
    } as const;
    expect(await one.post({ ...input, postKey: 'k1' })).toMatchObject({ ok: true });
    await one.find({ postKey: 'k1', target: input.target, sinceMs: Date.now() });
    expect(slack.messages(id)).toHaveLength(1);
    const asked = slack.calls().filter(({ method }) => method === 'conversations.list');
    expect(asked).toHaveLength(1);
  });

  it('posts to the channel a chain names', async () => {
    slack.addChannel({ name: 'approvals' });
    const { id } = slack.addChannel({ name: 'finance' });
    await post('approvals', { kind: 'channel', name: 'finance' });
    expect(slack.messages(id)).toHaveLength(1);
  });

  it.each<[string, () => string, string]>([
    ['a channel that is not there', () => '#nowhere', 'channel_not_found'],
    ['an id that is not there', () => 'C0NOWHERE', 'channel_not_found'],
    [
      'a channel the bot is not in',
      () => slack.addChannel({ name: 'secret', botIsMember: false }).id,
      'not_in_channel',
    ],
    [
      'an archived channel',
      () => slack.addChannel({ name: 'old', isArchived: true }).id,
      'is_archived',
    ],
  ])('is refused %s for good', async (_, channel, code) => {
    expect(await post(channel())).toEqual({ ok: false, failure: { kind: 'refused', code } });
  });

  it.each(['token_revoked', 'account_inactive'] as const)('is refused with %s', async (code) => {
    const { id } = slack.addChannel({ name: 'approvals' });
    slack.failBotToken(code);
    expect(await post(id)).toEqual({ ok: false, failure: { kind: 'refused', code } });
  });

  it('does not post any more when it took too long to get ready', async () => {
    const { id } = slack.addChannel({ name: 'approvals' });
    slack.faults.add({ method: 'auth.test', kind: 'slow', delayMs: 4_200 });
    const failure = { kind: 'unavailable', why: 'slow_to_prepare' };
    expect(await post(id)).toEqual({ ok: false, failure });
    expect(slack.messages(id)).toEqual([]);
  });

  it('mentions people whose account the card knows, and only names the others', async () => {
    const { id } = slack.addChannel({ name: 'approvals' });
    const { id: alice, teamId } = slack.addUser({ name: 'alice' });
    const settings = { botToken: slack.botToken, apiUrl: slack.apiUrl, channel: id };
    const gateway = createSlackGateway({ logger, settings });
    for (const [postKey, accounts] of [
      ['k1', { 'user:alice': { teamId, userId: alice } }],
      ['k2', {}],
    ] as const) {
      await gateway.post({
        postKey,
        execution: executionId(EXECUTION),
        target: { kind: 'channel' },
        content: { kind: 'card', card: card({ votes: [vote()], accounts }) },
      });
    }
    expect(slack.messages(id).map(({ entities }) => entities.users)).toEqual([[alice], []]);
    expect(slack.messages(id)[1]?.renderedText).toContain('Alice ✅ approved');
  });

  it('makes one call and no more, whatever goes wrong', async () => {
    const { id } = slack.addChannel({ name: 'approvals' });
    for (const kind of ['500', '429', 'drop_before', 'malformed'] as const) {
      slack.faults.add({ method: 'chat.postMessage', kind });
      const before = slack.calls().filter(({ method }) => method === 'chat.postMessage').length;
      expect(await post(id)).toMatchObject({ ok: false });
      const after = slack.calls().filter(({ method }) => method === 'chat.postMessage').length;
      expect([0, 1]).toContain(after - before);
    }
  });
});

describe('looking a message up', () => {
  const metadata = {
    event_type: 'countersign_card',
    event_payload: { post_key: 'k1', execution: EXECUTION },
  };
  const historyOf = async (messages: readonly object[]) => {
    const answers: Readonly<Record<string, object>> = {
      '/auth.test': { ok: true, team_id: 'T1', bot_id: 'B0OURS', user_id: 'U0BOT' },
      '/conversations.history': { ok: true, messages, has_more: false },
    };
    const server = createServer((req, res) => {
      req.resume();
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify(answers[req.url ?? ''] ?? { ok: false, error: 'unknown_method' }));
    });
    const apiUrl = await addressOf(server);
    const found = await createSlackGateway({
      logger,
      settings: { botToken: 'xoxb-1', apiUrl, channel: 'C1' },
    }).find({ postKey: 'k1', target: { kind: 'channel' }, sinceMs: 0 });
    await new Promise((resolve) => server.close(resolve));
    return found;
  };

  it.each<[string, object, string | undefined]>([
    ['ours', { ts: '1.1', bot_id: 'B0OURS', metadata }, '1.1'],
    [
      'of another app that copied our metadata',
      { ts: '1.1', bot_id: 'B0THEIRS', metadata },
      undefined,
    ],
    ['of a person', { ts: '1.1', user: 'U1', metadata }, undefined],
    [
      'of another type',
      { ts: '1.1', bot_id: 'B0OURS', metadata: { ...metadata, event_type: 'x' } },
      undefined,
    ],
    ['without metadata', { ts: '1.1', bot_id: 'B0OURS' }, undefined],
  ])('takes the one that is %s for what it is', async (_, message, ts) => {
    const expected = ts === undefined ? undefined : { teamId: 'T1', channelId: 'C1', ts };
    expect(await historyOf([message])).toEqual({ ok: true, value: expected });
  });
});
