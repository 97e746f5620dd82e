import { spawn } from 'node:child_process';
import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { childEnvironment } from './child-environment';
import { removePidFile, writePidFile } from './pid-file';
import { type ProcessIdentity, identityOf, isAlive, sleep } from './process-identity';
import type { RunAs } from './unprivileged-user';

/** A running child, started or adopted. */
export interface RunningChild {
  readonly identity: ProcessIdentity;
  /** Resolves when the process is gone, for whatever reason. */
  readonly ended: Promise<void>;
}

export interface ChildCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly user: RunAs | undefined;
  readonly logFile: string;
  readonly pidFile: string;
  /** Compared at adoption; see `PidRecord`. */
  readonly settings: string;
}

const MAX_LOG_BYTES = 10 * 1024 * 1024;
const ADOPTED_POLL_MS = 200;

/** Keeps one older log file, so the logs of a long-lived data folder stay small. */
function rotate(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_LOG_BYTES) renameSync(logFile, `${logFile}.1`);
}

/**
 * Starts a child in its own process session, so that neither Ctrl-C in the terminal nor our own death
 * reaches it, and records it in its pid file. Throws when the program cannot be executed.
 */
export function startChild(command: ChildCommand): Promise<RunningChild> {
  rotate(command.logFile);
  const log = openSync(command.logFile, 'a', 0o600);
  return new Promise<RunningChild>((resolve, reject) => {
    const child = spawn(command.program, command.args, {
      detached: true,
      cwd: '/',
      env: childEnvironment(),
      stdio: ['ignore', log, log],
      ...(command.user === undefined ? {} : { uid: command.user.uid, gid: command.user.gid }),
    });
    const ended = new Promise<void>((end) => child.once('exit', () => end()));
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      const identity = child.pid === undefined ? undefined : identityOf(child.pid);
      if (identity === undefined) {
        reject(new Error(`${command.program} ended at once`));
        return;
      }
      writePidFile(command.pidFile, { ...identity, settings: command.settings });
      void ended.then(() => removePidFile(command.pidFile));
      resolve({ identity, ended });
    });
  }).finally(() => closeSync(log));
}

/** Watches a process that is not our child. */
export function adoptChild(identity: ProcessIdentity): RunningChild {
  const watch = async (): Promise<void> => {
    while (isAlive(identity)) await sleep(ADOPTED_POLL_MS, 'background');
  };
  return { identity, ended: watch() };
}
