import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionStatus } from '../core/execution/state';
import type { ExecutionView } from '../core/execution/view';
import type { ApiClient } from './api-client';
import { ApiProblem, ApiUnreachable } from './api-problem';

/** The server's own limit of one long poll. */
const LONGEST_POLL_MS = 50_000;
/** Keeps a server that answers at once, as one that is stopping does, from being asked in a tight loop. */
const SHORTEST_ROUND_MS = 250;
const RETRY_FIRST_MS = 500;
const RETRY_LONGEST_MS = 5_000;
/** How long nobody may answer before the wait gives up; a restart takes less. */
const OUTAGE_MS = 120_000;

const UNDECIDED: ReadonlySet<ExecutionStatus> = new Set(['pending_approval', 'parked']);

export interface AwaitOptions {
  /** Give up waiting after this long; absent = wait for the verdict. */
  readonly timeoutMs?: number | undefined;
  readonly attemptId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told once per outage. */
  readonly onOutage?: ((what: string) => void) | undefined;
  /** How long a server that does not answer is tried again. */
  readonly outageMs?: number | undefined;
}

/**
 * Waits by long poll until the execution has a verdict, through restarts of the server, and returns its newest
 * view, undecided when `timeoutMs` passed. Throws ApiProblem, ApiUnreachable, or the abort error of `signal`.
 */
export async function awaitDecision(
  client: ApiClient,
  id: string,
  options: AwaitOptions = {},
): Promise<ExecutionView> {
  const endsAt = options.timeoutMs === undefined ? Infinity : Date.now() + options.timeoutMs;
  let view = await survivingOutages(options, () =>
    client.readExecution(id, { attemptId: options.attemptId, signal: options.signal }),
  );
  while (UNDECIDED.has(view.status)) {
    const leftMs = endsAt - Date.now();
    if (leftMs <= 0) return view;
    const roundStartedAt = Date.now();
    const sinceVersion = view.version;
    view = await survivingOutages(options, () =>
      client.readExecution(id, {
        waitMs: Math.min(LONGEST_POLL_MS, Math.ceil(leftMs)),
        sinceVersion,
        attemptId: options.attemptId,
        signal: options.signal,
      }),
    );
    const roundMs = Date.now() - roundStartedAt;
    if (view.version === sinceVersion && roundMs < SHORTEST_ROUND_MS)
      await delay(Math.min(SHORTEST_ROUND_MS, Math.max(0, endsAt - Date.now())), undefined, {
        signal: options.signal,
      });
  }
  return view;
}

async function survivingOutages<Answer>(
  options: AwaitOptions,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const givesUpAt = Date.now() + (options.outageMs ?? OUTAGE_MS);
  let pauseMs = RETRY_FIRST_MS;
  for (let told = false; ; told = true) {
    try {
      return await ask();
    } catch (error) {
      if (!isOutage(error) || Date.now() + pauseMs > givesUpAt) throw error;
      if (!told) options.onOutage?.(error.message);
      await delay(pauseMs, undefined, { signal: options.signal });
      pauseMs = Math.min(pauseMs * 2, RETRY_LONGEST_MS);
    }
  }
}

const isOutage = (error: unknown): error is ApiUnreachable | ApiProblem =>
  error instanceof ApiUnreachable ||
  (error instanceof ApiProblem && [429, 502, 503, 504].includes(error.httpStatus));
