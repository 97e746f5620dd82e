import { once } from 'node:events';
import { WebSocket } from 'ws';
import { startFakeSlack } from '../../src/slack-local/fake-slack';
import type { FakeSlack } from '../../src/slack-local/surface';
import { eventually } from '../support/eventually';
import { startSocketApp, webClient } from './bolt-app';
import { approvalCard } from './sample-blocks';

interface Envelope {
  readonly envelope_id: string;
  readonly type: string;
  readonly reason?: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

interface Connection {
  readonly socket: WebSocket;
  readonly envelopes: Envelope[];
  /** Whether envelopes are acknowledged, and how often. */
  acks: number;
}

describe('Socket Mode', () => {
  let slack: FakeSlack;
  let user: string;
  let channel: string;
  let ts: string;
  let open: Connection[] = [];
  beforeEach(async () => {
    slack = await startFakeSlack();
    user = slack.addUser({ name: 'alice' }).id;
    channel = slack.addChannel({ name: 'general' }).id;
    const blocks = approvalCard();
    ts = (await webClient(slack).chat.postMessage({ channel, text: 'Card', blocks })).ts ?? '';
  });
  afterEach(async () => {
    for (const { socket } of open) socket.terminate();
    open = [];
    await slack.close();
  });

  const address = async (): Promise<string> =>
    (await webClient(slack, slack.appToken).apps.connections.open()).url ?? '';
  const connect = async (): Promise<Connection> => {
    const socket = new WebSocket(await address());
    const connection: Connection = { socket, envelopes: [], acks: 1 };
    socket.on('message', (data: Buffer) => {
      const envelope = JSON.parse(data.toString('utf8')) as Envelope;
      connection.envelopes.push(envelope);
      if (envelope.envelope_id === undefined) return;
      for (let count = 0; count < connection.acks; count += 1)
        socket.send(JSON.stringify({ envelope_id: envelope.envelope_id }));
    });
    open.push(connection);
    await once(socket, 'message');
    return connection;
  };
  const click = (actionId = 'cs:approve') => slack.click({ user, channel, ts, actionId });
  const told = ({ envelopes }: Connection) =>
    envelopes.filter(({ type }) => type === 'interactive');

  it('greets, counts, and takes each address once', async () => {
    const url = await address();
    const first = new WebSocket(url);
    const [hello] = (await once(first, 'message')) as [Buffer];
    expect(JSON.parse(hello.toString('utf8'))).toMatchObject({
      type: 'hello',
      num_connections: 1,
      connection_info: { app_id: slack.appId },
    });
    expect(slack.sockets()).toBe(1);
    const second = new WebSocket(url);
    const [error] = (await once(second, 'error')) as [Error];
    expect(error.message).toContain('401');
    first.terminate();
    await eventually(async () => slack.sockets() === 0);
  });

  it('sends each envelope to one connection, in turn', async () => {
    const one = await connect();
    const two = await connect();
    for (let count = 0; count < 4; count += 1) expect(await click()).toMatchObject({ acked: true });
    expect([told(one).length, told(two).length]).toEqual([2, 2]);
  });

  it('says so when nobody is connected', async () => {
    expect(slack.connected()).toBe(false);
    expect(await click()).toEqual({ acked: false, ackMs: 0, error: 'no_connection' });
  });

  it.each([
    [0, 'interactive block_actions was not acknowledged: timeout'],
    [2, expect.stringMatching(/acknowledged twice or too late/)],
  ])('acknowledged %i times: a violation', async (acks, violation) => {
    const connection = await connect();
    connection.acks = acks;
    expect(await click()).toMatchObject({ acked: acks > 0 });
    await eventually(async () => slack.violations().length > 0);
    expect(slack.violations()).toEqual([violation]);
  });

  it('duplicate_envelope: the same payload twice, in envelopes of their own', async () => {
    const connection = await connect();
    slack.faults.add({ kind: 'duplicate_envelope' });
    await click();
    const [first, second, third] = told(connection);
    expect(second?.payload).toEqual(first?.payload);
    expect(second?.envelope_id).not.toBe(first?.envelope_id);
    expect(third).toBeUndefined();
  });

  it('reorder: the second press overtakes the first', async () => {
    const connection = await connect();
    slack.faults.add({ kind: 'reorder' });
    await Promise.all([click('cs:approve'), click('cs:reject')]);
    const order = told(connection).map(({ payload }) => {
      const [action] = payload['actions'] as { action_id: string }[];
      return action?.action_id;
    });
    expect(order).toEqual(['cs:reject', 'cs:approve']);
  });

  it.each(['warning', 'refresh_requested', 'link_disabled'] as const)(
    'announces a disconnect: %s',
    async (reason) => {
      const connection = await connect();
      slack.disconnectSockets(reason);
      await eventually(async () => connection.envelopes.some((one) => one.reason === reason));
      if (reason !== 'warning') await eventually(async () => slack.sockets() === 0);
      expect(slack.sockets()).toBe(reason === 'warning' ? 1 : 0);
    },
  );

  it.each(['ws_drop', 'refresh_requested', 'down'] as const)(
    'after %s the real client comes back and hears presses again',
    async (kind) => {
      const bolt = await startSocketApp(slack);
      try {
        bolt.app.action('cs:approve', async ({ ack }) => {
          await ack();
        });
        if (kind === 'refresh_requested') slack.disconnectSockets(kind);
        else slack.faults.add({ kind });
        await eventually(async () => slack.sockets() === 0);
        slack.faults.clear();
        await eventually(async () => slack.sockets() === 1);
        expect(await click()).toMatchObject({ acked: true });
      } finally {
        await bolt.stop();
      }
    },
  );
});
