import type { ServerResponse } from 'node:http';

/** Whether the process still takes work, and the end of every wait when it no longer does. */
export interface Intake {
  readonly stopped: boolean;
  stop(): void;
  /** Aborted when the client goes away before its answer, or when the intake stops. */
  signalFor(response: ServerResponse): AbortSignal;
}

export function createIntake(): Intake {
  // One controller for each open answer: a signal derived from one that lives long is never collected.
  const open = new Set<AbortController>();
  let stopped = false;
  return {
    get stopped() {
      return stopped;
    },
    stop: () => {
      stopped = true;
      for (const controller of open) controller.abort();
    },
    signalFor: (response) => {
      const controller = new AbortController();
      open.add(controller);
      response.once('close', () => {
        open.delete(controller);
        if (!response.writableEnded) controller.abort();
      });
      if (stopped) controller.abort();
      return controller.signal;
    },
  };
}
