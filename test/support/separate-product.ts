import { SEARCH_ATTRIBUTES } from '../../src/temporal/search-attributes';
import { type EmbeddedStack, startEmbeddedStack } from '../../src/embedded/embedded-stack';
import { ensureDatabase } from '../../src/db/create-database';
import { startFakeSlack } from '../../src/slack-local/fake-slack';
import type { FakeSlack } from '../../src/slack-local/surface';
import { ensureBuilt } from './built-product';
import { eventually } from './eventually';
import { createRest, type Rest } from './rest';
import {
  type CliChild,
  type DataFolder,
  freePort,
  isReady,
  makeDataFolder,
  runCliChild,
} from './server-child';

/** The processes of a deployment, and the servers under them. */
export const MEMBERS = ['api', 'worker', 'channels', 'postgres', 'temporal'] as const;
export type Member = (typeof MEMBERS)[number];

const ADMIN_KEY = 'separate-bootstrap-admin-key';
const READY_LIMIT_MS = 60_000;
/** The fake workspace lives faster, so that its rate limits hold without making a test wait for minutes. */
const SLACK_PACE = 10;

type OwnProcess = 'api' | 'worker' | 'channels';

/** api, worker and channels as processes of their own on Postgres, Temporal and a strict fake Slack. */
export interface SeparateProduct {
  readonly admin: Rest;
  readonly slack: FakeSlack;
  /** Id of the channel that cards go to. */
  readonly channel: string;
  /** Superuser URL of the database. */
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  /** SIGKILL, at once. */
  kill(member: Member): Promise<void>;
  /** Starts what was killed, or waits until its supervisor has; resolves when all of it works again. */
  recover(member: Member): Promise<void>;
  output(name: OwnProcess): string;
  stop(): Promise<void>;
}

interface Places {
  readonly env: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<OwnProcess, number>>;
}

const urlOf = (port: number): string => `http://127.0.0.1:${String(port)}`;

/** Runs one of the three and waits until it does its work. */
async function startMember(name: OwnProcess, { env, ports }: Places): Promise<CliChild> {
  const child = runCliChild([name], { ...env, PORT: String(ports[name]) });
  const isUp = async (): Promise<boolean> => {
    if (!child.isRunning()) throw new Error(`${name} ended:\n${child.output()}`);
    return name === 'worker' ? child.output().includes('Worker runs') : isReady(urlOf(ports[name]));
  };
  await eventually(isUp, { limitMs: READY_LIMIT_MS, what: `the start of ${name}` });
  return child;
}

async function startWorkspace(): Promise<{ slack: FakeSlack; channel: string }> {
  const startMs = Date.now();
  const clock = { nowMs: () => startMs + (Date.now() - startMs) * SLACK_PACE };
  const slack = await startFakeSlack({ clock });
  return { slack, channel: slack.addChannel({ name: 'approvals' }).id };
}

async function startServers(folder: DataFolder): Promise<EmbeddedStack> {
  return startEmbeddedStack({
    dataDir: folder.path,
    needPostgres: true,
    needTemporal: true,
    temporal: { searchAttributes: SEARCH_ATTRIBUTES as Readonly<Record<string, 'Keyword'>> },
    log: () => undefined,
  });
}

export async function startSeparateProduct(): Promise<SeparateProduct> {
  await ensureBuilt();
  const folder = makeDataFolder();
  const stops: (() => Promise<unknown>)[] = [() => folder.remove()];
  const stop = async (): Promise<void> => {
    for (const each of stops.reverse()) await each();
  };
  try {
    const servers = await startServers(folder);
    stops.push(() => servers.stop());
    const { slack, channel } = await startWorkspace();
    stops.push(() => slack.close());
    const databaseUrl = await ensureDatabase(servers.adminUrl ?? '', 'countersign');
    const env = {
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: servers.temporalAddress ?? '',
      COUNTERSIGN_DATA_DIR: folder.path,
      COUNTERSIGN_LOG_LEVEL: 'warn',
      COUNTERSIGN_BOOTSTRAP_ADMIN_KEY: ADMIN_KEY,
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      SLACK_API_URL: slack.apiUrl,
      SLACK_CHANNEL: 'approvals',
    };
    const [api, worker, channels] = [await freePort(), await freePort(), await freePort()];
    const places: Places = { env, ports: { api, worker, channels } };
    const migrated = await runCliChild(['migrate'], env).exited;
    if (migrated.code !== 0) throw new Error(`migrate ended with ${String(migrated.code)}`);
    const children = new Map<OwnProcess, CliChild>();
    stops.push(() => endAll(children));
    for (const name of ['worker', 'api', 'channels'] as const)
      children.set(name, await startMember(name, places));
    return {
      admin: createRest(urlOf(api), ADMIN_KEY),
      ...{ slack, channel, databaseUrl, stop },
      temporalAddress: env.TEMPORAL_ADDRESS,
      output: (name) => children.get(name)?.output() ?? '',
      ...killing(children, servers, places),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function killing(
  children: Map<OwnProcess, CliChild>,
  servers: EmbeddedStack,
  places: Places,
): Pick<SeparateProduct, 'kill' | 'recover'> {
  const dead = new Map<'postgres' | 'temporal', number>();
  return {
    kill: async (member) => {
      if (member === 'postgres' || member === 'temporal') {
        const pid = servers.pids()[member];
        if (pid === undefined) throw new Error(`${member} does not run, so it cannot be killed`);
        dead.set(member, pid);
        process.kill(pid, 'SIGKILL');
        return;
      }
      const child = children.get(member);
      child?.kill('SIGKILL');
      await child?.exited;
    },
    recover: async (member) => {
      if (member !== 'postgres' && member !== 'temporal') {
        children.set(member, await startMember(member, places));
        return;
      }
      const isBack = async (): Promise<boolean> => {
        const pid = servers.pids()[member];
        const replaced = pid !== undefined && pid !== dead.get(member);
        return replaced && (await isReady(urlOf(places.ports.api)));
      };
      await eventually(isBack, { limitMs: READY_LIMIT_MS, what: `recovery of ${member}` });
    },
  };
}

async function endAll(children: ReadonlyMap<OwnProcess, CliChild>): Promise<void> {
  for (const child of children.values()) child.kill('SIGTERM');
  const all = Promise.all([...children.values()].map((child) => child.exited));
  const cut = setTimeout(() => {
    for (const child of children.values()) child.kill('SIGKILL');
  }, 15_000);
  await all;
  clearTimeout(cut);
}
