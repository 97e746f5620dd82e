import type { Caller } from '../app/caller';
import type { UseCases } from '../app/use-cases';
import type { ExecutionView } from '../core/execution/view';

type AwaitInput = Parameters<UseCases['awaitExecution']>[1];

/**
 * Waits for an execution. When the wait is cut short (the process stops taking work, the client went
 * away) it answers with the state of that moment instead of failing.
 */
export async function awaitOrReadNow(
  useCases: UseCases,
  caller: Caller,
  input: Omit<AwaitInput, 'signal'>,
  signal: AbortSignal,
): Promise<ExecutionView> {
  try {
    return await useCases.awaitExecution(caller, { ...input, signal });
  } catch (error) {
    if (!signal.aborted || !isAbort(error)) throw error;
    return useCases.awaitExecution(caller, { ...input, waitMs: 0 });
  }
}

const isAbort = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError';

export const isPending = (view: ExecutionView): boolean =>
  view.status === 'pending_approval' || view.status === 'parked';

/** 202 while a human still decides, else 200. */
export const pendingStatus = (view: ExecutionView): number => (isPending(view) ? 202 : 200);
