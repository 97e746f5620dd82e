import type { Logger } from '../app/ports';

/** Runs `work` again and again with a pause between, logs what fails, and stops cleanly. */
export function every(
  intervalMs: number,
  name: string,
  logger: Logger,
  work: () => Promise<unknown>,
): { stop(): Promise<void> } {
  let stopped = false;
  let wake: (() => void) | undefined;
  const loop = async (): Promise<void> => {
    while (!stopped) {
      try {
        await work();
      } catch (error) {
        logger.warn(
          { error: error instanceof Error ? error.message : String(error) },
          `${name} failed; it is tried again`,
        );
      }
      if (stopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, intervalMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const ended = loop();
  return {
    stop: async () => {
      stopped = true;
      wake?.();
      await ended;
    },
  };
}
