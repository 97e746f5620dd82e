import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resetEmbeddedState } from '../../src/embedded/embedded-stack';
import { CLI } from './built-product';

const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;

/** Ends the child when this test process dies before it said a word. */
const WATCHDOG = 'read -r word || kill -TERM "$1" 2>/dev/null';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface CliChild {
  readonly pid: number;
  /** What it has printed so far, both streams. */
  output(): string;
  readonly exited: Promise<Exit>;
  isRunning(): boolean;
  kill(signal: NodeJS.Signals): void;
}

/** The caller's environment without whatever would lead a child to other parts. */
function cleanEnvironment(
  own: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      !/^(?:COUNTERSIGN_|TEMPORAL_|DATABASE_URL$|PORT$|HOST$|NODE_OPTIONS$)/.test(entry[0]),
  );
  return { ...Object.fromEntries(inherited), ...own };
}

/** Runs the built program; it cannot outlive this process. */
export function runCliChild(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): CliChild {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${CLI} could not be started`);
  const watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'watchdog', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.unref();
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString('utf8')).slice(-200_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return {
    pid,
    output: () => text,
    exited: exitOf(child).finally(() => watchdog.stdin.end('done\n')),
    isRunning: () => child.exitCode === null && child.signalCode === null,
    kill: (signal) => void child.kill(signal),
  };
}

/** `close`, not `exit`: then all output has arrived. */
async function exitOf(child: ChildProcess): Promise<Exit> {
  await once(child, 'close');
  return { code: child.exitCode, signal: child.signalCode };
}

export interface ServerChild extends CliChild {
  readonly url: string;
  readonly startedInMs: number;
  /** The Temporal UI as the child printed it. */
  readonly temporalUiUrl: string | undefined;
  /** SIGTERM and its end. */
  stop(): Promise<Exit & { readonly tookMs: number }>;
}

export interface ServerPlace {
  readonly dataDir: string;
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** `countersign start` in a process of its own; resolves when /readyz answers 200. */
export async function startServerChild(place: ServerPlace): Promise<ServerChild> {
  const startedAtMs = performance.now();
  const child = runCliChild(['start'], {
    PORT: String(place.port),
    COUNTERSIGN_DATA_DIR: place.dataDir,
    COUNTERSIGN_LOG_LEVEL: 'warn',
    ...place.env,
  });
  const url = `http://127.0.0.1:${String(place.port)}`;
  await waitUntilReady(child, url);
  return {
    ...child,
    url,
    startedInMs: performance.now() - startedAtMs,
    get temporalUiUrl() {
      return /Temporal UI +(http\S+)/.exec(child.output())?.[1];
    },
    stop: async () => {
      const from = performance.now();
      child.kill('SIGTERM');
      const cut = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      const exit = await child.exited;
      clearTimeout(cut);
      return { ...exit, tookMs: performance.now() - from };
    },
  };
}

async function waitUntilReady(child: CliChild, url: string): Promise<void> {
  const until = Date.now() + READY_LIMIT_MS;
  while (!(await isReady(url))) {
    if (!child.isRunning()) throw new Error(`The server ended:\n${child.output()}`);
    if (Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`The server did not become ready:\n${child.output()}`);
    }
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

/** True when every part of the server is ready. */
export async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}

export interface DataFolder {
  readonly path: string;
  /** Ends whatever a killed server left running on it, and removes it. */
  remove(): Promise<void>;
}

export function makeDataFolder(): DataFolder {
  const path = mkdtempSync(join(tmpdir(), 'cs-e2e-'));
  return {
    path,
    remove: async () => {
      await resetEmbeddedState(path);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
