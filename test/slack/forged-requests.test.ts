import { EXECUTION } from './card-builders';
import { createRecordingInbox } from './recording-inbox';
import { createStage, type Stage } from './slack-stage';
import { createSlackApp } from '../../src/slack/slack-app';

const FORM = 'application/x-www-form-urlencoded';

describe('requests to the HTTP address', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await createStage('http');
  });
  afterEach(async () => {
    await stage.close();
  });

  const nowS = () => Math.floor(Date.now() / 1_000);
  const press = (over: object = {}) => ({
    type: 'block_actions',
    user: { id: stage.alice, team_id: stage.slack.teamId },
    team: { id: stage.slack.teamId },
    api_app_id: stage.slack.appId,
    trigger_id: '1.1.a',
    container: { type: 'message', message_ts: '1789000000.000100', channel_id: stage.channel },
    channel: { id: stage.channel },
    actions: [
      {
        type: 'button',
        action_id: 'cs:approve',
        block_id: `cs:${EXECUTION}`,
        value: `v1.${EXECUTION}.2.9f3c9f3c9f3c9f3c.3`,
        action_ts: '1789000001.000200',
      },
    ],
    ...over,
  });
  const bodyOf = (payload: unknown) =>
    new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const send = (body: string, headers: Record<string, string>, contentType = FORM) =>
    stage.slack.deliverRaw({
      url: stage.url,
      body,
      headers: { ...headers, 'content-type': contentType },
    });
  const sendSigned = (body: string, contentType?: string) =>
    send(body, stage.slack.sign(body), contentType);

  it('are acted on when Slack signed them', async () => {
    expect(await sendSigned(bodyOf(press()))).toEqual({ status: 200, body: '' });
    expect(stage.inbox.votes).toHaveLength(1);
  });

  it.each<[string, (body: string) => Record<string, string>]>([
    ['without a signature', () => ({})],
    ['with the signature of another body', () => stage.slack.sign('payload=%7B%7D')],
    [
      'with a wrong signature',
      (body) => ({ ...stage.slack.sign(body), 'x-slack-signature': `v0=${'0'.repeat(64)}` }),
    ],
    ['from six minutes ago', (body) => stage.slack.sign(body, nowS() - 360)],
    ['from six minutes ahead', (body) => stage.slack.sign(body, nowS() + 360)],
  ])('%s are refused without a word', async (_, headers) => {
    const body = bodyOf(press());
    expect(await send(body, headers(body))).toEqual({ status: 401, body: '' });
    expect(stage.inbox.votes).toEqual([]);
  });

  it('are refused when they were seen before', async () => {
    const body = bodyOf(press());
    const headers = stage.slack.sign(body);
    expect((await send(body, headers)).status).toBe(200);
    expect((await send(body, headers)).status).toBe(401);
    expect(stage.inbox.votes).toHaveLength(1);
  });

  it('are refused while nobody can say whether they were seen before', async () => {
    stage.inbox.firstSightFails = true;
    expect((await sendSigned(bodyOf(press()))).status).toBe(503);
    expect(stage.inbox.votes).toEqual([]);
  });

  it('for another app are acknowledged and not acted on', async () => {
    expect((await sendSigned(bodyOf(press({ api_app_id: 'A0OTHER' })))).status).toBe(200);
    expect(stage.inbox.votes).toEqual([]);
  });

  it.each([
    ['of another type', 'text/plain'],
    ['with a charset', `${FORM}; charset=utf-8`],
  ])('%s are refused', async (_, contentType) => {
    expect((await sendSigned(bodyOf(press()), contentType)).status).toBe(400);
    expect(stage.inbox.votes).toEqual([]);
  });

  it.each([
    ['no JSON', 'payload=%7B'],
    ['no object', 'payload=1'],
    ['nothing known', 'payload=%7B%22type%22%3A%22x%22%7D'],
    ['nothing', ''],
  ])('holding %s change nothing', async (_, body) => {
    expect((await sendSigned(body)).status).toBeGreaterThanOrEqual(200);
    expect(stage.inbox.votes).toEqual([]);
  });

  it('with nothing but ssl_check need a signature like all others', async () => {
    const body = 'ssl_check=1&token=x';
    expect((await send(body, {})).status).toBe(401);
    expect((await sendSigned(body)).status).toBe(200);
  });

  it('that verify the address get their challenge back, if signed', async () => {
    const body = JSON.stringify({ type: 'url_verification', challenge: 'c-1', token: 'x' });
    expect(await sendSigned(body, 'application/json')).toEqual({ status: 200, body: 'c-1' });
    expect((await send(body, {}, 'application/json')).status).toBe(401);
  });

  it('that are too long are refused', async () => {
    const body = `payload=${'x'.repeat(2_200_000)}`;
    expect((await sendSigned(body)).status).toBe(413);
  });

  it('never send an answer to an address that is not Slack’s', async () => {
    const listened: string[] = [];
    const original = globalThis.fetch;
    const spy = jest.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
      listened.push(String(input instanceof Request ? input.url : input));
      return original(input, init);
    });
    for (const url of [
      'http://127.0.0.1:9/steal',
      'https://hooks.slack.com.evil.example/x',
      'https://user@hooks.slack.com/x',
      'http://hooks.slack.com/x',
    ])
      await sendSigned(bodyOf(press({ response_url: url })));
    spy.mockRestore();
    expect(stage.inbox.votes).toHaveLength(4);
    expect(listened.filter((url) => !url.startsWith(new URL(stage.slack.apiUrl).origin))).toEqual([
      ...Array.from({ length: 4 }, () => stage.url),
    ]);
  });

  it.each(['is_ext_shared_channel', 'is_stranger'])('say when %s', async (flag) => {
    const over =
      flag === 'is_stranger'
        ? { user: { id: stage.alice, team_id: stage.slack.teamId, is_stranger: true } }
        : { is_ext_shared_channel: true };
    await sendSigned(bodyOf(press(over)));
    expect(stage.inbox.votes).toMatchObject([{ isExternal: true }]);
  });

  it('in an Enterprise Grid count for the person’s own workspace', async () => {
    const over = {
      user: { id: stage.alice, team_id: 'T0SISTER' },
      enterprise: { id: 'E0GRID' },
    };
    await sendSigned(bodyOf(press(over)));
    expect(stage.inbox.votes).toMatchObject([
      { account: { teamId: 'T0SISTER', userId: stage.alice }, isExternal: false },
    ]);
  });

  describe('with the form of somebody else', () => {
    const submission = (privateMetadata: string, over: object = {}) => ({
      type: 'view_submission',
      user: { id: stage.alice, team_id: stage.slack.teamId },
      team: { id: stage.slack.teamId },
      api_app_id: stage.slack.appId,
      view: {
        id: 'V1',
        hash: 'h',
        callback_id: 'cs:vote',
        private_metadata: privateMetadata,
        state: { values: { rationale: { text: { value: 'I say so.' } } } },
      },
      ...over,
    });
    const state = (over: object = {}) => ({
      verdict: 'approve',
      execution: EXECUTION,
      level: 2,
      digest: '9f3c9f3c9f3c9f3c',
      version: 3,
      channelId: stage.channel,
      ts: '1789000000.000100',
      teamId: stage.slack.teamId,
      userId: stage.alice,
      isExternal: false,
      minLength: 0,
      mustConfirmReading: false,
      ...over,
    });
    const pack = (value: object, key = stage.stateKey) => {
      const packed = Buffer.from(JSON.stringify(value)).toString('base64url');
      return `${packed}.${key(`slack-form-v1:${packed}`)}`;
    };

    it('or one’s own counts, if we made it', async () => {
      await sendSigned(bodyOf(submission(pack(state()))));
      expect(stage.inbox.votes).toMatchObject([{ rationale: 'I say so.' }]);
    });

    it.each<[string, () => string]>([
      ['made for another person', () => pack(state({ userId: 'U0BOB' }))],
      ['made in another workspace', () => pack(state({ teamId: 'T0OTHER' }))],
      ['signed with another key', () => pack(state(), () => 'forged')],
      ['signed with no key', () => pack(state(), () => '')],
      ['not signed', () => Buffer.from(JSON.stringify(state())).toString('base64url')],
      ['with a field too many', () => pack(state({ role: 'admin' }))],
      ['with nothing in it', () => ''],
    ])('%s is not acted on, and says so', async (_, metadata) => {
      const { status, body } = await sendSigned(bodyOf(submission(metadata())));
      expect(status).toBe(200);
      expect(body).toContain('This form cannot be used any more; nothing was recorded.');
      expect(stage.inbox.votes).toEqual([]);
    });
  });
});

describe('the app', () => {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const deps = { inbox: createRecordingInbox(), logger: silent, stateKey: () => '' } as const;
  it.each([undefined, '', '  '])('refuses to serve HTTP with the secret “%s”', (signingSecret) => {
    const settings = {
      botToken: 'xoxb-1',
      ...(signingSecret === undefined ? {} : { signingSecret }),
    };
    expect(() => createSlackApp({ ...deps, mode: 'http', settings })).toThrow('signing secret');
  });
  it('refuses Socket Mode without a token for it', () => {
    const settings = { botToken: 'xoxb-1' };
    expect(() => createSlackApp({ ...deps, mode: 'socket', settings })).toThrow('SLACK_APP_TOKEN');
  });
});
