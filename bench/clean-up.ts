const pending: (() => Promise<unknown>)[] = [];

/** Runs `work`, then `cleanUp`, however it ends, and also when the benchmark is interrupted. */
export async function withCleanUp<T>(
  cleanUp: () => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  let done: Promise<unknown> | undefined;
  const once = (): Promise<unknown> => (done ??= cleanUp());
  pending.push(once);
  try {
    return await work();
  } finally {
    await once();
    pending.splice(pending.indexOf(once), 1);
  }
}

/** Leaves nothing running: what was set up is taken down, the last first, before the process ends. */
export function cleanUpOnEnd(): void {
  const end = (exitCode: number) => (): void => {
    const all = async (): Promise<void> => {
      for (const cleanUp of [...pending].reverse()) await cleanUp().catch(() => undefined);
    };
    void all().finally(() => process.exit(exitCode));
  };
  process.once('SIGINT', end(130));
  process.once('SIGTERM', end(143));
  process.once('uncaughtException', (error) => {
    process.stderr.write(`${error.stack ?? error.message}\n`);
    end(1)();
  });
}
