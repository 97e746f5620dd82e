import { createBootstrap } from '../app/bootstrap';
import { createCheckpointLog } from '../app/checkpoint-log';
import type { NewUser } from '../app/commit-ports';
import type { Logger } from '../app/ports';
import type { SystemStatus } from '../app/use-cases';
import type { Config } from '../contract/config';
import type { SlackSettings } from '../contract/slack-config';
import { openDatabase, refusePowerfulSessions, type Database } from '../db/pool';
import type { KeySet } from '../evidence/keys';
import { createHttpServer, type HttpServer, type Mount } from '../http/server';
import { DEFAULT_TENANT } from '../core/ids';
import type { JsonObject } from '../core/json';
import { bundleText, VERSION } from './assets';
import { startChannels, type ChannelsParts } from './channels-parts';
import { createCoreParts, type CoreParts } from './core-parts';
import { createCryptography } from './cryptography';
import { createLateStarter } from './late-starter';
import { every } from './periodic';
import { createTemporalParts, type TemporalParts } from './temporal-parts';

export interface ServerProcessInput {
  readonly config: Config;
  readonly keys: KeySet;
  /** Any URL of the database; user and password are replaced by the application logins. */
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly temporalUiUrl?: string;
  readonly retentionDays: number;
  readonly logger: Logger;
  readonly serves: 'api' | 'worker' | 'both';
  /** Slack, where this process serves it too. */
  readonly slack?: SlackSettings;
  /** Handlers of other adapters on the API's address. */
  readonly mounts?: readonly Mount[];
}

export interface ServerProcess {
  /** Undefined for a worker alone. */
  readonly url: string | undefined;
  /** People of the default tenant, for the local workspace. */
  readonly people: () => Promise<readonly NewUser[]>;
  /** The bootstrap key, when this start made it. */
  readonly madeKey: string | undefined;
  /** Drains and stops in order; within 15 s. */
  stop(): Promise<void>;
}

async function readyNow(
  work: () => Promise<unknown>,
): Promise<{ readonly ready: boolean; readonly detail?: string }> {
  try {
    await work();
    return { ready: true };
  } catch (error) {
    return {
      ready: false,
      detail: error instanceof Error ? error.message.slice(0, 200) : 'does not answer',
    };
  }
}

/** Link to one workflow in the Temporal UI. */
const uiLink =
  (base: string, namespace: string) =>
  (workflowId: string): string =>
    `${base.replace(/\/$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;

interface Assembled {
  readonly database: Database;
  readonly core: CoreParts;
  readonly temporal: () => TemporalParts | undefined;
  readonly setTemporal: (parts: TemporalParts) => void;
  readonly channels: () => ChannelsParts | undefined;
  readonly setChannels: (parts: ChannelsParts) => void;
  readonly status: () => Promise<SystemStatus>;
}

function assemble(input: ServerProcessInput, database: Database): Assembled {
  const { config, logger, temporalUiUrl } = input;
  const crypto = createCryptography(input.keys);
  const starter = createLateStarter();
  let parts: TemporalParts | undefined;
  let channels: ChannelsParts | undefined;
  const backlog = async (core: CoreParts): Promise<number> =>
    [...(await core.outbox.backlogSizes()).values()].reduce((sum, size) => sum + size, 0);
  const status = async ({ startLagMs }: { readonly startLagMs: number }): Promise<SystemStatus> => {
    const db = await readyNow(() => database.system.query('SELECT 1'));
    const serving = (await parts?.temporal.isServing()) ?? false;
    return {
      version: VERSION,
      environment: config.environment,
      database: db,
      temporal: {
        ready: serving && (parts?.isWorking() ?? false),
        address: input.temporalAddress,
        ...(serving ? {} : { detail: 'Temporal does not answer' }),
        ...(temporalUiUrl === undefined ? {} : { uiUrl: temporalUiUrl }),
      },
      ...(channels === undefined ? {} : { slack: { connected: channels.state().connected } }),
      startLagMs,
      auditBacklog: db.ready ? await backlog(core).catch(() => 0) : 0,
    };
  };
  const core = createCoreParts({
    database,
    crypto,
    logger,
    starter,
    maxStartLagMs: config.maxStartLagMs,
    keyEnvironment: config.environment === 'production' ? 'prod' : 'dev',
    status,
    ...(temporalUiUrl === undefined
      ? {}
      : { temporalUiUrl: uiLink(temporalUiUrl, config.temporalNamespace) }),
  });
  return {
    database,
    core,
    temporal: () => parts,
    setTemporal: (made) => {
      parts = made;
      starter.use(made.starter);
    },
    channels: () => channels,
    setChannels: (made) => {
      channels = made;
    },
    status: core.useCases.systemStatus,
  };
}

/** Recurring duties of a process, each safe beside its twins in other processes. */
function startDuties(input: ServerProcessInput, { core, database }: Assembled) {
  const { logger } = input;
  const checkpoint = createCheckpointLog({
    log: core.auditLog,
    crypto: createCryptography(input.keys),
    reads: core.reads,
  });
  const duties = [
    every(1_000, 'The start lag gauge', logger, () => core.lag.refresh()),
    every(15_000, 'Coalesced audit notes', logger, () => core.notes.flush()),
  ];
  if (input.serves !== 'api') {
    duties.push(
      every(5_000, 'The audit checkpoint', logger, async () => {
        for (const tenant of await core.auditLog.tenants()) await checkpoint(tenant);
      }),
      every(6 * 3_600_000, 'Audit partitions', logger, () =>
        database.system.query('SELECT ensure_audit_partitions(3)'),
      ),
    );
  }
  return duties;
}

function createServer(input: ServerProcessInput, assembled: Assembled): HttpServer {
  const { config, logger, keys } = input;
  return createHttpServer({
    useCases: assembled.core.useCases,
    logger,
    version: VERSION,
    environment: config.environment,
    publicKeys: () => Promise.resolve(keys.publicKeys() as unknown as JsonObject),
    readiness: async () => {
      const { database, temporal } = await assembled.status();
      const part = ({ ready, detail }: { readonly ready: boolean; readonly detail?: string }) =>
        detail === undefined ? { ready } : { ready, detail };
      return {
        ready: database.ready && temporal.ready,
        dependencies: { database: part(database), temporal: part(temporal) },
      };
    },
    mounts: [{ path: '/slack/events', handler: slackEvents(assembled) }, ...(input.mounts ?? [])],
    ...(input.temporalUiUrl === undefined ? {} : { temporalUiUrl: input.temporalUiUrl }),
  });
}

/** Signed requests of Slack, where this process takes them; else the path is unknown like any other. */
const slackEvents =
  ({ channels }: Assembled): Mount['handler'] =>
  (request, response, next) => {
    const handler = channels()?.httpHandler;
    if (handler === undefined) next();
    else handler(request, response);
  };

function serveSlack(
  input: ServerProcessInput,
  assembled: Assembled,
  listeningUrl: string | undefined,
): ChannelsParts | undefined {
  if (input.slack === undefined) return undefined;
  const { core, database } = assembled;
  const publicUrl = input.config.publicUrl ?? listeningUrl;
  const channels = startChannels({
    core,
    database,
    logger: input.logger,
    crypto: createCryptography(input.keys),
    slack: input.slack,
    channel: input.config.slackChannel,
    ...(publicUrl === undefined ? {} : { publicUrl }),
  });
  assembled.setChannels(channels);
  return channels;
}

/** One running process: api, worker, or both on one Temporal connection. The database must be migrated. */
export async function startServerProcess(input: ServerProcessInput): Promise<ServerProcess> {
  const { config, logger } = input;
  const database = openDatabase(
    input.databaseUrl,
    { secret: input.keys.token.secret },
    {
      onError: (error) => {
        logger.warn({ error: error.message }, 'An idle database connection broke');
      },
    },
  );
  const assembled = assemble(input, database);
  const { core } = assembled;
  const stops: (() => Promise<void>)[] = [() => core.stop().then(() => database.close())];
  try {
    await refusePowerfulSessions(database);
    await database.system.query('SELECT ensure_audit_partitions(3)');
    const bootstrap = createBootstrap({
      committer: core.committer,
      crypto: createCryptography(input.keys),
      reads: core.registry,
      lookup: core.lookup,
      snapshots: core.snapshots,
      keyEnvironment: config.environment === 'production' ? 'prod' : 'dev',
    });
    const { madeKey } = await bootstrap({
      bundle: { id: config.environment, text: bundleText(config.environment) },
      ...(config.bootstrapAdminKey === undefined ? {} : { adminKey: config.bootstrapAdminKey }),
    });
    const server = input.serves === 'worker' ? undefined : createServer(input, assembled);
    const listening = await server?.listen(config.port, config.host);
    stops.unshift(async () => server?.close(3_000));
    const temporal = await createTemporalParts(core, {
      address: input.temporalAddress,
      namespace: config.temporalNamespace,
      taskQueue: config.temporalTaskQueue,
      retentionDays: input.retentionDays,
      crypto: createCryptography(input.keys),
      logger,
      runsWorker: input.serves !== 'api',
      ...(listening === undefined ? {} : { publicUrl: listening.url }),
    });
    assembled.setTemporal(temporal);
    stops.splice(1, 0, () => temporal.stop());
    const channels = serveSlack(input, assembled, listening?.url);
    if (channels !== undefined) stops.splice(1, 0, () => channels.stop());
    const duties = startDuties(input, assembled);
    stops.splice(1, 0, async () => {
      await Promise.all(duties.map((duty) => duty.stop()));
    });
    return {
      url: listening?.url,
      madeKey,
      people: () => core.registry.users(DEFAULT_TENANT),
      stop: async () => {
        server?.stopIntake();
        core.hub.release();
        await stopAll(stops, logger);
      },
    };
  } catch (error) {
    await stopAll(stops, logger);
    throw error;
  }
}

async function stopAll(stops: readonly (() => Promise<void>)[], logger: Logger): Promise<void> {
  for (const stop of stops) {
    try {
      await stop();
    } catch (error) {
      logger.warn({ error: String(error) }, 'A part did not stop cleanly');
    }
  }
}
