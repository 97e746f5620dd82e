import { mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type ChildCommand, type RunningChild, adoptChild, startChild } from './child-process';
import { takeDataDirLock } from './data-dir-lock';
import { prepareDataFolder, requireSupportedPlatform } from './owned-folder';
import { readLivePidFile, removePidFile, writePidFile } from './pid-file';
import { type ProcessIdentity, endProcess, findProcess, sleep } from './process-identity';
import { type EmbeddedService, EmbeddedStartError, type OnRestart, explainAccess } from './service';
import { supervise } from './supervise';
import {
  type TemporalBinary,
  type TemporalBinaryOptions,
  findTemporalBinary,
} from './temporal-binary';
import { LOOPBACK, type TemporalPorts, choosePorts, rememberedPorts } from './temporal-ports';
import { type SearchAttributes, addMissingSearchAttributes } from './temporal-search-attributes';
import { startUiGuard } from './temporal-ui-guard';
import { chooseUnprivilegedUser } from './unprivileged-user';

export interface EmbeddedTemporalOptions extends TemporalBinaryOptions {
  /** Registered in the namespace at every start, also on data of an older release. */
  readonly searchAttributes: SearchAttributes;
  /** Created beside `default`; default `default`. */
  readonly namespace?: string | undefined;
  /** Fixed loopback ports; ports left out are chosen and remembered. */
  readonly ports?: Partial<TemporalPorts> | undefined;
  readonly onRestart?: OnRestart | undefined;
  /** Server settings by key, for example `{ 'limit.maxIDLength': 255 }`. */
  readonly dynamicConfig?: Readonly<Record<string, string | number | boolean>> | undefined;
}

export interface EmbeddedTemporal extends EmbeddedService {
  /** `127.0.0.1:<port>` of the gRPC frontend. */
  readonly address: string;
  /** The Web UI without its write actions. */
  readonly uiUrl: string;
  readonly binary: TemporalBinary;
}

const START_LIMIT_MS = 60_000;
const START_ATTEMPTS = 3;
/** Together under the 8 s a stop may take. */
const STOP_STEPS = [
  { signal: 'SIGTERM', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 2_000 },
] as const;

export const temporalLockPath = (dataDir: string): string => join(dataDir, 'temporal.lock');
const temporalPidFile = (dataDir: string): string => join(dataDir, 'temporal.pid');
const temporalDatabase = (dataDir: string): string => join(dataDir, 'temporal', 'temporal.sqlite');

interface Plan {
  readonly dataDir: string;
  readonly options: EmbeddedTemporalOptions;
  readonly binary: TemporalBinary;
}

/** What must be the same for a running server to be taken over. */
function commonArguments({ dataDir, options }: Plan, ports: TemporalPorts): readonly string[] {
  const { namespace = 'default', dynamicConfig = {} } = options;
  return [
    ...['server', 'start-dev', '--ip', LOOPBACK, '--db-filename', temporalDatabase(dataDir)],
    ...['--port', String(ports.grpc), '--ui-port', String(ports.uiBackend)],
    ...['--log-level', 'error'],
    // As durable as the default rollback journal at about half the time for each commit.
    ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=FULL'],
    ...(namespace === 'default' ? [] : ['--namespace', namespace]),
    ...Object.entries(dynamicConfig).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${JSON.stringify(value)}`,
    ]),
  ];
}

function commandOf(plan: Plan, ports: TemporalPorts): ChildCommand {
  const common = commonArguments(plan, ports);
  const attributes = Object.entries(plan.options.searchAttributes).flatMap(([name, type]) => [
    '--search-attribute',
    `${name}=${type}`,
  ]);
  return {
    program: plan.binary.path,
    args: [...common, ...attributes],
    user: undefined,
    logFile: join(plan.dataDir, 'temporal.log'),
    pidFile: temporalPidFile(plan.dataDir),
    settings: JSON.stringify([plan.binary.version, ...common]),
  };
}

/** True when the frontend answers for the namespace: asked through the UI, which speaks gRPC to it. */
async function serves(ports: TemporalPorts, namespace: string): Promise<boolean> {
  const url = `http://${LOOPBACK}:${ports.uiBackend}/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

async function startServer(
  plan: Plan,
  ports: TemporalPorts,
  signal: AbortSignal | undefined,
): Promise<RunningChild> {
  const command = commandOf(plan, ports);
  const namespace = plan.options.namespace ?? 'default';
  const until = Date.now() + START_LIMIT_MS;
  const child = await startChild(command);
  let ended = false;
  void child.ended.then(() => {
    ended = true;
  });
  const hasEnded = (): boolean => ended;
  while (!hasEnded() && Date.now() < until && signal?.aborted !== true) {
    if (await serves(ports, namespace)) return child;
    await sleep(30);
  }
  if (!hasEnded()) await endProcess(child.identity, STOP_STEPS);
  if (signal?.aborted === true) throw new EmbeddedStartError('The start of Temporal was given up.');
  const log = readFileSync(command.logFile, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
  throw new EmbeddedStartError(`Temporal did not start. The end of ${command.logFile}:\n${log}`);
}

async function endServer(plan: Plan, identity: ProcessIdentity): Promise<void> {
  const gone = await endProcess(identity, STOP_STEPS);
  if (gone) removePidFile(temporalPidFile(plan.dataDir));
  else plan.options.log({ level: 'error', msg: `Temporal (pid ${identity.pid}) does not end` });
}

interface Serving {
  readonly child: RunningChild;
  readonly ports: TemporalPorts;
  readonly adopted: boolean;
}

/** Takes over a healthy server of an earlier process, or ends it; undefined when none is left. */
async function takeOver(plan: Plan, portsFile: string): Promise<Serving | undefined> {
  const { dataDir, options } = plan;
  const recorded = readLivePidFile(temporalPidFile(dataDir));
  const leftover = recorded ?? findServer(dataDir);
  if (leftover === undefined) return undefined;
  const last = rememberedPorts(portsFile);
  if (last !== undefined && recorded !== undefined) {
    const ports = { ...last, ...options.ports };
    const command = commandOf(plan, ports);
    const alike = command.settings === recorded.settings;
    if (alike && (await serves(ports, options.namespace ?? 'default'))) {
      const { grpc, uiBackend } = ports;
      const kept = await choosePorts(portsFile, { ...options.ports, grpc, uiBackend });
      writePidFile(command.pidFile, recorded);
      options.log({ level: 'info', msg: `Took over the running Temporal (pid ${recorded.pid})` });
      return { child: adoptChild(recorded), ports: kept, adopted: true };
    }
  }
  options.log({
    level: 'info',
    msg: `Ending the Temporal left by an earlier run (${leftover.pid})`,
  });
  await endServer(plan, leftover);
  return undefined;
}

const findServer = (dataDir: string): ProcessIdentity | undefined =>
  findProcess(['server', 'start-dev', temporalDatabase(dataDir)]);

async function startFresh(plan: Plan, portsFile: string): Promise<Serving> {
  for (let attempt = 1; ; attempt += 1) {
    const ports = await choosePorts(portsFile, plan.options.ports ?? {});
    try {
      const child = await startServer(plan, ports, plan.options.signal);
      return { child, ports, adopted: false };
    } catch (error) {
      // Another program may have taken a port since it was found free; the next choice sees that.
      if (attempt === START_ATTEMPTS || plan.options.signal?.aborted === true) throw error;
      plan.options.log({ level: 'warn', msg: 'Temporal did not start; trying once more' });
    }
  }
}

/**
 * Starts (or takes over) the embedded Temporal server of a data folder and keeps it running until
 * `stop`. Throws `EmbeddedStartError` with the way to fix it.
 */
export async function startEmbeddedTemporal(
  options: EmbeddedTemporalOptions,
): Promise<EmbeddedTemporal> {
  requireSupportedPlatform();
  prepareDataFolder(options.dataDir, chooseUnprivilegedUser());
  const dataDir = realpathSync(options.dataDir);
  const lock = takeDataDirLock(temporalLockPath(dataDir), `The Temporal data folder ${dataDir}`);
  try {
    mkdirSync(join(dataDir, 'temporal'), { recursive: true, mode: 0o700 });
    const portsFile = join(dataDir, 'temporal-ports.json');
    const plan: Plan = { dataDir, options, binary: await findTemporalBinary(options) };
    const serving = (await takeOver(plan, portsFile)) ?? (await startFresh(plan, portsFile));
    return await present(plan, serving, () => lock.release());
  } catch (error) {
    lock.release();
    throw explainAccess(error, dataDir);
  }
}

async function present(
  plan: Plan,
  serving: Serving,
  release: () => void,
): Promise<EmbeddedTemporal> {
  const { options, binary } = plan;
  const { child, ports, adopted } = serving;
  let guard: { close(): Promise<void> } | undefined;
  try {
    guard = await startUiGuard(ports);
    await addMissingSearchAttributes({
      executable: binary.path,
      ports,
      namespace: options.namespace ?? 'default',
      attributes: options.searchAttributes,
    });
  } catch (error) {
    await Promise.all([endServer(plan, child.identity), guard?.close()]);
    throw error;
  }
  const opened = guard;
  const supervised = supervise({
    name: 'Temporal',
    first: child,
    start: (signal) => startServer(plan, ports, signal),
    end: ({ identity }) => endServer(plan, identity),
    onRestart: (pid) => options.onRestart?.({ service: 'temporal', pid }),
    log: options.log,
  });
  const stop = async (): Promise<void> => {
    await Promise.all([supervised.stop(), opened.close()]).finally(release);
  };
  let stopping: Promise<void> | undefined;
  return {
    adopted,
    address: `${LOOPBACK}:${ports.grpc}`,
    uiUrl: `http://${LOOPBACK}:${ports.ui}`,
    binary,
    pid: supervised.pid,
    stop: () => (stopping ??= stop()),
  };
}

/** Ends a server left by a process that is gone; used before its data is deleted. */
export async function endLeftoverTemporal(dataDir: string): Promise<void> {
  const leftover = readLivePidFile(temporalPidFile(dataDir)) ?? findServer(dataDir);
  if (leftover !== undefined) await endProcess(leftover, STOP_STEPS);
}
