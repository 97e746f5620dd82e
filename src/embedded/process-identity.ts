import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** A pid together with the moment its process began, so that a recycled pid is never mistaken. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; two equal values of one pid mean the same process. */
  readonly startedAt: string;
}

const IS_LINUX = process.platform === 'linux';

/** Which boot the start ticks belong to: ticks alone repeat on a machine that boots alike each time. */
let bootId: string | undefined;
function readBootId(): string {
  if (bootId === undefined) {
    try {
      bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    } catch {
      bootId = 'unknown';
    }
  }
  return bootId;
}

/** The fields of /proc/<pid>/stat after the command name, which may itself hold blanks and brackets. */
function statFields(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function psColumn(pid: number, column: string): string | undefined {
  try {
    const text = execFileSync('ps', ['-ww', '-o', `${column}=`, '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return text === '' ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The identity of a living process; undefined when there is none or only its zombie is left. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  if (IS_LINUX) {
    const fields = statFields(pid);
    const state = fields?.[0];
    const startTicks = fields?.[19];
    if (state === undefined || startTicks === undefined || state === 'Z' || state === 'X') {
      return undefined;
    }
    return { pid, startedAt: `${readBootId()}:${startTicks}` };
  }
  if (psColumn(pid, 'state')?.startsWith('Z') !== false) return undefined;
  const startedAt = psColumn(pid, 'lstart');
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** True while exactly this process (not a later one with its pid) lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startedAt === identity.startedAt;
}

/** The command line of a process in its parts; empty when it cannot be read. */
function argumentsOf(pid: number): readonly string[] {
  if (!IS_LINUX) return psColumn(pid, 'args')?.split(' ') ?? [];
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function allPids(): readonly number[] {
  if (IS_LINUX) return readdirSync('/proc').filter(isDigits).map(Number);
  const text = execFileSync('ps', ['-axo', 'pid='], { encoding: 'utf8' });
  return text.split('\n').map((line) => Number(line.trim()));
}

const isDigits = (text: string): boolean => /^\d+$/.test(text);

/**
 * Finds a process that has all the arguments and a program of that file name, when one is given. The
 * last resort when the parent died between starting a child and writing its pid file.
 */
export function findProcess(
  wanted: readonly string[],
  program?: string,
): ProcessIdentity | undefined {
  for (const pid of allPids()) {
    if (pid === process.pid) continue;
    const [command = '', ...rest] = argumentsOf(pid);
    if (program !== undefined && basename(command) !== program) continue;
    if (!wanted.every((argument) => rest.includes(argument))) continue;
    const identity = identityOf(pid);
    if (identity !== undefined) return identity;
  }
  return undefined;
}

/** The folder a process works in; undefined when it cannot be read, and always outside Linux. */
function workingFolderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** Processes that work in the folder and whose title starts so. Empty outside Linux. */
export function processesWorkingIn(folder: string, title: string): readonly ProcessIdentity[] {
  return allPids()
    .filter((pid) => workingFolderOf(pid) === folder && argumentsOf(pid)[0]?.startsWith(title))
    .flatMap((pid) => identityOf(pid) ?? []);
}

/** Sends a signal to exactly this process; false when it is gone already. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Resolves after `delayMs`; `background` waits do not keep the process running. */
export function sleep(delayMs: number, kind: 'foreground' | 'background' = 'foreground') {
  return new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    if (kind === 'background') timer.unref();
  });
}

/** True when the process ended within `limitMs`. */
async function waitForEnd(identity: ProcessIdentity, limitMs: number): Promise<boolean> {
  const until = Date.now() + limitMs;
  while (isAlive(identity)) {
    if (Date.now() >= until) return false;
    await sleep(20);
  }
  return true;
}

/** Sends each signal in turn and waits its time for the end; true when the process is gone. */
export async function endProcess(
  identity: ProcessIdentity,
  steps: readonly { readonly signal: NodeJS.Signals; readonly waitMs: number }[],
): Promise<boolean> {
  for (const { signal, waitMs } of steps) {
    if (!signalProcess(identity, signal) && !isAlive(identity)) return true;
    if (await waitForEnd(identity, waitMs)) return true;
  }
  return !isAlive(identity);
}
