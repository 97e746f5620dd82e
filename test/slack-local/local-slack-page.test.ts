import { connect } from 'node:net';
import { startFakeSlack } from '../../src/slack-local/fake-slack';
import { createLocalSlackPage } from '../../src/slack-local/local-slack-page';
import type { FakeSlack } from '../../src/slack-local/surface';
import { type PageServer, startPageServer } from './page-server';

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** A request with exactly these headers: fetch would set Host and Origin itself. */
function request(
  server: PageServer,
  line: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(server.host.split(':')[1]), '127.0.0.1');
    let text = '';
    socket.on('data', (data) => {
      text += data.toString('utf8');
    });
    socket.on('error', reject);
    socket.on('end', () => {
      const [head = '', ...rest] = text.split('\r\n\r\n');
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body: rest.join('') });
    });
    const all = {
      Host: server.host,
      Connection: 'close',
      ...(body === ''
        ? {}
        : {
            'Content-Type': 'application/json',
            'Content-Length': String(Buffer.byteLength(body)),
          }),
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    socket.write([`${line} HTTP/1.1`, ...lines, '', body].join('\r\n'));
  });
}

describe('the local page', () => {
  let slack: FakeSlack;
  let server: PageServer;
  let alice: string;
  let channel: string;
  beforeEach(async () => {
    slack = await startFakeSlack();
    server = await startPageServer(slack);
    alice = slack.addUser({ name: 'alice' }).id;
    channel = slack.addChannel({ name: 'general' }).id;
  });
  afterEach(async () => {
    await server.close();
    await slack.close();
  });

  const signIn = async (): Promise<string> => {
    const { head } = await request(server, `GET /dev/slack/login?ticket=${server.ticket}`, {});
    return /^set-cookie: ([^;]+)/im.exec(head)?.[1] ?? '';
  };
  const say = (headers: Readonly<Record<string, string>>): Promise<Answer> =>
    request(
      server,
      'POST /dev/slack/api/send',
      headers,
      JSON.stringify({ user: alice, channel, text: 'forged' }),
    );

  it('lets in who has the ticket, with a cookie no script and no other site can use', async () => {
    const answer = await request(server, `GET /dev/slack/login?ticket=${server.ticket}`, {});
    expect(answer.status).toBe(200);
    expect(answer.head).toMatch(
      /set-cookie: countersign_dev_slack=[0-9a-f]{64}; Path=\/dev\/slack; HttpOnly; SameSite=Strict/i,
    );
    const Cookie = await signIn();
    const page = await request(server, 'GET /dev/slack', { Cookie });
    expect(page.status).toBe(200);
    expect(page.head).toContain("default-src 'none';script-src 'self'");
    expect(page.body).not.toMatch(/<script(?![^>]*src=)|\son\w+=|\sstyle=/);
    expect((await say({ Cookie, Origin: `http://${server.host}` })).status).toBe(200);
    expect(slack.messages(channel)).toMatchObject([{ user: alice, text: 'forged' }]);
  });

  it.each([
    ['no ticket', 'GET /dev/slack/login'],
    ['a wrong ticket', 'GET /dev/slack/login?ticket=guess'],
    ['two tickets', 'GET /dev/slack/login?ticket=a&ticket=b'],
  ])('gives %s no session', async (_name, line) => {
    const answer = await request(server, line, {});
    expect(answer.status).toBe(401);
    expect(answer.head).not.toMatch(/set-cookie/i);
    expect(answer.body).toContain('/login?ticket=');
  });

  it.each(['GET /dev/slack', 'GET /dev/slack/api/state'])(
    'answers %s without a session by saying how to get one',
    async (line) => {
      for (const Cookie of [
        '',
        'countersign_dev_slack=',
        `countersign_dev_slack=${'0'.repeat(64)}`,
      ]) {
        const answer = await request(server, line, { Cookie, Accept: '*/*' });
        expect(answer.status).toBe(401);
        expect(answer.body).toMatch(/printed at its start/);
      }
    },
  );

  it.each([
    ['no origin', {}],
    ['a foreign origin', { Origin: 'https://evil.test' }],
    ['an opaque origin', { Origin: 'null' }],
    ['another port of this machine', { Origin: 'http://127.0.0.1:1' }],
  ])('refuses a POST with a session and %s', async (_name, headers) => {
    const answer = await say({ Cookie: await signIn(), ...headers });
    expect(answer.status).toBe(403);
    expect(slack.messages(channel)).toEqual([]);
  });

  it('refuses a name that was bent to this machine, even with its own origin', async () => {
    const Cookie = await signIn();
    for (const Host of ['evil.test', `evil.test:${server.host.split(':')[1] ?? ''}`]) {
      expect((await request(server, 'GET /dev/slack', { Cookie, Host })).status).toBe(421);
      expect((await say({ Cookie, Host, Origin: `http://${Host}` })).status).toBe(421);
    }
    expect(slack.messages(channel)).toEqual([]);
  });

  it('refuses a form that another site could send without asking', async () => {
    const Cookie = await signIn();
    const headers = { Cookie, Origin: `http://${server.host}`, 'Content-Type': 'text/plain' };
    await say(headers);
    expect(slack.messages(channel)).toEqual([]);
  });

  it('knows no act but its own', async () => {
    const headers = { Cookie: await signIn(), Origin: `http://${server.host}` };
    for (const act of ['constructor', '__proto__', 'deliverRaw'])
      expect((await request(server, `POST /dev/slack/api/${act}`, headers, '{}')).status).toBe(404);
    const broken = await request(server, 'POST /dev/slack/api/click', headers, '{"user":"U404"}');
    expect(broken.status).toBe(422);
    expect(JSON.parse(broken.body)).toEqual({
      what: 'No user U404 in this workspace. Add one with addUser.',
    });
  });

  it('holds a question for news until there is some', async () => {
    const Cookie = await signIn();
    const ask = async (since: number): Promise<{ version: number; messages: unknown[] }> => {
      const { body } = await request(
        server,
        `GET /dev/slack/api/state?user=${alice}&channel=${channel}&since=${String(since)}`,
        { Cookie },
      );
      // The answer may come in chunks, each with its length on a line before it.
      return JSON.parse(body.replace(/^[0-9a-f]+\r\n|\r\n0?\s*$/g, '')) as never;
    };
    const { version } = await ask(-1);
    const waiting = ask(version);
    slack.say({ user: alice, channel, text: 'news' });
    expect((await waiting).messages).toMatchObject([{ author: 'alice', isApp: false }]);
  });

  it('does not start with an empty ticket', () => {
    expect(() => createLocalSlackPage({ slack, ticket: '', allowedHosts: () => [] })).toThrow(
      /needs a ticket/,
    );
  });
});
