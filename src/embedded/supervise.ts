import type { RunningChild } from './child-process';
import { sleep } from './process-identity';
import { type EmbeddedLog, messageOf } from './service';

export interface Supervised {
  readonly pid: () => number | undefined;
  readonly stop: () => Promise<void>;
}

export interface SupervisionPlan {
  /** For log lines, for example `Postgres`. */
  readonly name: string;
  readonly first: RunningChild;
  /** Starts a new child and returns when it serves; throws when it does not, or on abort. */
  readonly start: (signal: AbortSignal) => Promise<RunningChild>;
  /** Ends the child in good order within its time limit. */
  readonly end: (child: RunningChild) => Promise<void>;
  onRestart?: ((pid: number) => void) | undefined;
  readonly log: EmbeddedLog;
}

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5_000;
/** A child that served this long starts a new series of tries. */
const STEADY_MS = 30_000;
/** A child that cannot be ended must not hold up the end of this process for ever. */
const STOP_LIMIT_MS = 8_000;

/** Keeps one child running: replaces it when it dies, with growing pauses, until `stop`. */
export function supervise(plan: SupervisionPlan): Supervised {
  const stopped = new AbortController();
  const stopAsked = new Promise<void>((resolve) => {
    stopped.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const isStopping = (): boolean => stopped.signal.aborted;
  let child: RunningChild | undefined = plan.first;
  let stopping: Promise<void> | undefined;
  let backoffMs = FIRST_BACKOFF_MS;

  const replacement = async (): Promise<RunningChild | undefined> => {
    while (!isStopping()) {
      await Promise.race([sleep(backoffMs, 'background'), stopAsked]);
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
      if (isStopping()) return undefined;
      try {
        return await plan.start(stopped.signal);
      } catch (error) {
        if (isStopping()) return undefined;
        plan.log({ level: 'error', msg: `${plan.name} does not start: ${messageOf(error)}` });
      }
    }
    return undefined;
  };

  const watch = async (): Promise<void> => {
    while (child !== undefined) {
      const startedAt = Date.now();
      await child.ended;
      child = undefined;
      if (isStopping()) return;
      if (Date.now() - startedAt > STEADY_MS) backoffMs = FIRST_BACKOFF_MS;
      plan.log({ level: 'warn', msg: `${plan.name} ended unexpectedly; starting it again` });
      child = await replacement();
      if (child === undefined) return;
      if (isStopping()) {
        // Stop was asked in the moment this child became ready.
        await plan.end(child);
        continue;
      }
      plan.log({ level: 'info', msg: `${plan.name} runs again (pid ${child.identity.pid})` });
      plan.onRestart?.(child.identity.pid);
    }
  };
  const watching = watch();

  const endAll = async (): Promise<void> => {
    const running = child;
    stopped.abort();
    // Children and watchers do not keep the process alive, so the end must: else it is cut off half-way.
    let giveUp: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      giveUp = setTimeout(resolve, STOP_LIMIT_MS);
    });
    const end = running === undefined ? Promise.resolve() : plan.end(running);
    await Promise.race([end.then(() => watching), limit]).finally(() => clearTimeout(giveUp));
  };
  return {
    pid: () => child?.identity.pid,
    stop: () => (stopping ??= endAll()),
  };
}
