import { setTimeout as delay } from 'node:timers/promises';
import type { RestAnswer } from '../support/rest';

const GIVE_UP_MS = 60_000;
const PAUSE_MS = 100;

/** What the client itself saw and did: the oracle beside the product's own evidence. */
export interface Journal {
  /**
   * Repeats a call until it is answered: nobody there, a cut connection and 503 are repeated; any other
   * answer is handed on. The call must be one that may be repeated.
   */
  reliably<T>(what: string, call: () => Promise<T>): Promise<T>;
  /** The tool itself, outside of the product: it only counts. */
  runTool(executionId: string): void;
  runsOf(executionId: string): number;
  /** How often something had to be repeated. */
  repeats(): number;
}

/**
 * Thrown by `must` with the text of a 503, or by fetch when nobody answered. Compared by name: fetch
 * throws the errors of another realm than the tests'.
 */
const isRepeatable = (error: unknown): boolean => {
  const { name, message } = error as { readonly name?: unknown; readonly message?: unknown };
  return (
    name === 'TypeError' || name === 'TimeoutError' || /"code":"unavailable"/.test(String(message))
  );
};

export function createJournal(): Journal {
  const runs = new Map<string, number>();
  let repeats = 0;
  return {
    reliably: async (what, call) => {
      const until = Date.now() + GIVE_UP_MS;
      for (;;) {
        try {
          const answer = await call();
          if (!isUnavailable(answer)) return answer;
        } catch (error) {
          if (!isRepeatable(error) || Date.now() > until) throw error;
        }
        if (Date.now() > until) throw new Error(`${what}: no answer in ${String(GIVE_UP_MS)} ms`);
        repeats += 1;
        await delay(PAUSE_MS);
      }
    },
    runTool: (id) => {
      runs.set(id, (runs.get(id) ?? 0) + 1);
    },
    runsOf: (id) => runs.get(id) ?? 0,
    repeats: () => repeats,
  };
}

const isUnavailable = (answer: unknown): boolean =>
  typeof answer === 'object' &&
  answer !== null &&
  (answer as Partial<RestAnswer<unknown>>).status === 503;
