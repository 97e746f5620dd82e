import { createSlackApp } from '../../src/slack/slack-app';
import { pauseMs } from '../../src/slack/socket-supervisor';
import { eventually } from '../support/eventually';
import { createRecordingInbox } from './recording-inbox';
import { createStage, type Stage } from './slack-stage';

describe('Socket Mode', () => {
  let stage: Stage;
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  beforeEach(async () => {
    unhandled.length = 0;
    process.on('unhandledRejection', note);
    stage = await createStage('socket', { alarmAfterMs: 300 });
  });
  afterEach(async () => {
    await stage.close();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  const sockets = async (count: number) =>
    eventually(async () => stage.slack.sockets() === count, { what: `${count} sockets` });
  /** That so many connections were asked for in all, and that two of them stand. */
  const opened = async (count: number) => {
    const asked = () =>
      stage.slack.calls().filter(({ method }) => method === 'apps.connections.open').length;
    await eventually(async () => asked() === count, { what: `${count} connections opened` });
    await sockets(2);
  };
  const press = async () => {
    const { channelId: channel, ts } = await stage.post();
    return { user: stage.alice, channel, ts, actionId: 'cs:approve' };
  };
  const answered = async (text: string) =>
    eventually(
      async () => stage.slack.ephemerals(stage.alice).at(-1)?.renderedText.includes(text) === true,
      { what: text },
    );

  it('keeps two connections', () => {
    expect(stage.slack.sockets()).toBe(2);
    expect(stage.app.connected()).toBe(true);
  });

  it.each(['warning', 'refresh_requested'] as const)(
    'comes back at once when Slack asks for it (%s)',
    async (reason) => {
      stage.slack.disconnectSockets(reason);
      await opened(4);
      expect(await stage.slack.click(await press())).toMatchObject({ acked: true });
      expect(stage.alarms).toEqual([]);
    },
  );

  it('comes back after its connections were cut', async () => {
    for (let time = 0; time < 3; time += 1) {
      stage.slack.faults.add({ kind: 'ws_drop' });
      await opened(4 + 2 * time);
    }
    expect(await stage.slack.click(await press())).toMatchObject({ acked: true });
    await answered('Your approval is recorded.');
  });

  it('raises the alarm once while Slack is away, and takes it back', async () => {
    stage.slack.faults.add({ kind: 'down' });
    await eventually(async () => !stage.app.connected());
    await eventually(async () => stage.alarms.length === 1);
    expect(stage.alarms).toMatchObject([{ down: true }]);
    await new Promise((resume) => setTimeout(resume, 500));
    stage.slack.faults.clear();
    await sockets(2);
    await eventually(async () => stage.alarms.length === 2);
    expect(stage.alarms.at(-1)).toEqual({ down: false });
    expect(stage.app.connected()).toBe(true);
  });

  it('raises the alarm at once when Slack has switched Socket Mode off', async () => {
    stage.slack.disconnectSockets('link_disabled');
    await eventually(async () => !stage.app.connected() && stage.alarms.at(-1)?.down === true, {
      limitMs: 1_000,
    });
    expect(stage.alarms.at(-1)).toEqual({ down: true, why: 'link_disabled' });
  });

  it('keeps the vote when the connection goes before it is acknowledged', async () => {
    stage.inbox.delayMs = 400;
    const clicking = stage.slack.click(await press());
    await eventually(async () => stage.inbox.counted.size === 1);
    stage.slack.faults.add({ kind: 'ws_drop' });
    await clicking;
    await answered('Your approval is recorded.');
    expect(stage.inbox.counted.size).toBe(1);
    await sockets(2);
    await stage.slack.redeliver();
    await answered('it counts once');
    expect(stage.inbox.counted.size).toBe(1);
  });

  it('counts an envelope that comes twice once, and takes them in any order', async () => {
    stage.slack.faults.add({ kind: 'duplicate_envelope' });
    const first = await press();
    await stage.slack.click(first);
    await eventually(async () => stage.inbox.votes.length === 2);
    expect(stage.inbox.counted.size).toBe(1);
    stage.slack.faults.add({ kind: 'reorder' });
    await Promise.all([
      stage.slack.click({ ...first, actionId: 'cs:approve' }),
      stage.slack.click({ ...first, actionId: 'cs:reject' }),
    ]);
    await eventually(async () => stage.inbox.counted.size === 3);
  });

  it('answers by chat.postEphemeral once the address that came along is spent', async () => {
    await stage.slack.click(await press());
    await answered('Your approval is recorded.');
    for (let use = 0; use < 5; use += 1) await stage.slack.redeliver();
    await eventually(async () =>
      stage.slack.calls().some(({ method }) => method === 'chat.postEphemeral'),
    );
  });

  it('does not act on what is meant for another app', async () => {
    const other = await createStage('socket', { appId: 'A0OTHER' });
    const { channelId: channel, ts } = await other.post();
    await other.slack.click({ user: other.alice, channel, ts, actionId: 'cs:approve' });
    expect(other.inbox.votes).toEqual([]);
    await other.close();
  });

  it('stops soon, also while Slack is away', async () => {
    stage.slack.faults.add({ kind: 'down' });
    await eventually(async () => !stage.app.connected());
    const startedMs = Date.now();
    await stage.app.stop();
    expect(Date.now() - startedMs).toBeLessThan(2_000);
  });

  it('starts though nobody listens there', async () => {
    const app = createSlackApp({
      inbox: createRecordingInbox(),
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
      stateKey: () => '',
      mode: 'socket',
      settings: { botToken: 'xoxb-1', appToken: 'xapp-1', apiUrl: 'http://127.0.0.1:9/api/' },
      timing: { firstPauseMs: 20 },
    });
    await app.start();
    await new Promise((resume) => setTimeout(resume, 300));
    expect(app.connected()).toBe(false);
    await app.stop();
  });
});

describe('the pause between two tries', () => {
  it.each([
    [0, 0, 250],
    [0, 1, 500],
    [3, 0, 2_000],
    [3, 1, 4_000],
    [40, 1, 30_000],
  ])('after %i failures and chance %d is %i ms', (failures, chance, ms) => {
    expect(pauseMs(failures, 500, chance)).toBe(ms);
  });
});
