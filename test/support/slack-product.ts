import { randomUUID } from 'node:crypto';
import { startFakeSlack } from '../../src/slack-local/fake-slack';
import type { FakeSlack } from '../../src/slack-local/surface';
import type { ExecutionView } from '../../src/core/execution/view';
import { ensureBuilt } from './built-product';
import { must, publish } from './cast';
import { eventually } from './eventually';
import { createTestDatabase } from './postgres';
import { createRest, type Rest } from './rest';
import { freePort, makeDataFolder, type ServerChild, startServerChild } from './server-child';
import { testServers } from './test-servers';

const ADMIN_KEY = 'e2e-bootstrap-admin-key';
const MINUTE_MS = 60_000;
const CONNECT_LIMIT_MS = 20_000;

export interface Person {
  readonly id: string;
  readonly rest: Rest;
  /** In Slack. */
  readonly account: string;
}

export interface TrailEvent {
  readonly seq: number;
  readonly type: string;
  readonly actor: string;
  readonly outcome?: string;
}

/** The product in a process of its own, on a real Postgres and Temporal, with a strict fake as its Slack. */
export interface SlackProduct {
  readonly slack: FakeSlack;
  readonly url: string;
  readonly admin: Rest;
  readonly bot: Rest;
  /** The channel of cards. */
  readonly channel: string;
  /** A user with an approver role and an account in Slack, linked by the admin unless said otherwise. */
  person(
    id: string,
    approverRole: string,
    options?: { readonly isLinked?: boolean },
  ): Promise<Person>;
  /** Publishes a chain and has the action `issue_<id>` ask it. */
  ladder(id: string, levels: readonly string[], rules?: readonly string[]): Promise<void>;
  /** Asks for `issue_<id>` of 450. */
  ask(id: string, amount?: number): Promise<ExecutionView>;
  read(executionId: string): Promise<ExecutionView>;
  /** Puts a user on call, from now on for an hour. */
  onCall(schedule: string, user: string): Promise<void>;
  /** The trail of an execution, in order. */
  events(executionId: string): Promise<readonly TrailEvent[]>;
  /** Ends the process and starts it again, on the same database. */
  restart(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  stop(): Promise<void>;
}

export async function startSlackProduct(mode: 'socket' | 'http'): Promise<SlackProduct> {
  await ensureBuilt();
  const [database, port] = await Promise.all([createTestDatabase(), freePort()]);
  const folder = makeDataFolder();
  const url = `http://127.0.0.1:${String(port)}`;
  const slack = await startFakeSlack(
    mode === 'http' ? { deliver: { url: `${url}/slack/events` } } : {},
  );
  const { id: channel } = slack.addChannel({ name: 'approvals' });
  const env = {
    DATABASE_URL: database.adminUrl,
    TEMPORAL_ADDRESS: testServers().temporal.address,
    TEMPORAL_TASK_QUEUE: `slack-${randomUUID()}`,
    COUNTERSIGN_BOOTSTRAP_ADMIN_KEY: ADMIN_KEY,
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_API_URL: slack.apiUrl,
    ...(mode === 'http'
      ? { SLACK_SIGNING_SECRET: slack.signingSecret }
      : { SLACK_APP_TOKEN: slack.appToken }),
  };
  const start = async (): Promise<ServerChild> => {
    const child = await startServerChild({ dataDir: folder.path, port, env });
    const connected = async (): Promise<boolean> => mode === 'http' || slack.sockets() > 0;
    await eventually(connected, { limitMs: CONNECT_LIMIT_MS, what: 'a connection to Slack' });
    return child;
  };
  let server = await start();
  const admin = createRest(url, ADMIN_KEY);
  const agent = must(
    await admin.post<{ key: string }>('/v1/agents', {
      ...{ id: 'support-bot', owner: 'bob', riskLevel: 'medium', environment: 'prod' },
    }),
    201,
  );
  const bot = admin.withKey(agent.key);
  return {
    ...{ slack, url, admin, bot, channel },
    person: (id, approverRole, { isLinked = true } = {}) =>
      introduce({ slack, admin }, { id, approverRole, isLinked }),
    ladder: (id, levels, rules = []) => publishLadder(admin, id, levels, rules),
    ask: async (id, amount = 450) => {
      const body = {
        ...{ agent: 'support-bot', action: `issue_${id}`, attemptId: randomUUID() },
        args: { order_id: '4711', amount },
      };
      return must(await bot.post<ExecutionView>('/v1/executions', body), 202);
    },
    read: async (id) => {
      const answer = await bot.get<ExecutionView>(`/v1/executions/${id}`);
      return answer.body;
    },
    onCall: async (schedule, user) => {
      const from = new Date(Date.now() - MINUTE_MS).toISOString();
      const to = new Date(Date.now() + 60 * MINUTE_MS).toISOString();
      const shifts = [{ user, from, to }];
      must(await admin.put(`/v1/on-call/${schedule}`, { shifts }), 200);
    },
    events: async (id) => {
      const path = `/v1/audit/events?executionId=${id}&limit=200`;
      const page = must(await admin.get<{ items: readonly TrailEvent[] }>(path), 200);
      return [...page.items].sort((a, b) => a.seq - b.seq);
    },
    restart: async (signal = 'SIGTERM') => {
      server.kill(signal);
      await server.exited;
      server = await start();
    },
    stop: async () => {
      await server.stop();
      await slack.close();
      await database.drop();
      await folder.remove();
    },
  };
}

async function introduce(
  { slack, admin }: Pick<SlackProduct, 'slack' | 'admin'>,
  who: { readonly id: string; readonly approverRole: string; readonly isLinked: boolean },
): Promise<Person> {
  const { id, approverRole } = who;
  const body = {
    ...{ id, email: `${id}@example.com`, name: id },
    ...{ roles: ['Operator'], approverRoles: [approverRole] },
  };
  must(await admin.post('/v1/users', body), 201);
  const { key } = must(await admin.post<{ key: string }>(`/v1/users/${id}/keys`), 201);
  const { id: account } = slack.addUser({ name: id });
  if (who.isLinked) {
    const link = { teamId: slack.teamId, userId: account };
    must(await admin.post(`/v1/users/${id}/slack-identities`, link), 201);
  }
  return { id, account, rest: admin.withKey(key) };
}

/** Each level is the flow mapping of one level; each rule another line of the document. */
async function publishLadder(
  admin: Rest,
  id: string,
  levels: readonly string[],
  rules: readonly string[],
): Promise<void> {
  const chain = [
    'apiVersion: countersign/v1',
    'kind: ApprovalChain',
    `metadata: { id: ${id} }`,
    'levels:',
    ...levels.map((level) => `  - ${level}`),
    ...rules,
    '',
  ].join('\n');
  must(await admin.raw('POST', '/v1/chains', chain, 'application/yaml'), 201);
  const policy = {
    ...{ apiVersion: 'countersign/v1', kind: 'Policy', metadata: { id, version: 1 } },
    rules: [
      {
        ...{ id: `ask-${id}`, match: { action: `issue_${id}` }, then: 'require_approval' },
        ...{ approval: { chain: id }, reason: 'Money leaves' },
      },
    ],
  };
  await publish(admin, id, JSON.stringify(policy), 'application/json');
}
