/** What became of some work in a bounded time; the work itself goes on. */
export type Awaited<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'late' };

/** Waits for `work` at most `limitMs` milliseconds. Never throws. */
export async function within<T>(work: Promise<T>, limitMs: number): Promise<Awaited<T>> {
  const settled = work.then(
    (value): Awaited<T> => ({ kind: 'done', value }),
    (error: unknown): Awaited<T> => ({ kind: 'failed', error }),
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Awaited<T>>((resolve) => {
    timer = setTimeout(resolve, limitMs, { kind: 'late' });
  });
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message.slice(0, 200) : 'unknown error';
