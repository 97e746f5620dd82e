/**
 * Asks again and again until the answer is yes.
 * @throws Error naming what was waited for once the time is over; a check that throws counts as a no
 */
export async function eventually(
  check: () => Promise<boolean>,
  options: { readonly limitMs?: number; readonly what?: string } = {},
): Promise<void> {
  const { limitMs = 10_000, what = 'the condition' } = options;
  const until = Date.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      if (await check()) return;
    } catch (error) {
      last = error;
    }
    if (Date.now() > until)
      throw new Error(`${what} did not come true in ${String(limitMs)} ms`, { cause: last });
    await new Promise((resume) => setTimeout(resume, 50));
  }
}
