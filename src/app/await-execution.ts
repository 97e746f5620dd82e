import { isOpen } from '../core/execution/state';
import type { ExecutionView } from '../core/execution/view';
import { createFreshen, type FreshDeps } from './apply-due';
import { requirePermission, type Caller } from './caller';
import { openKind } from './payloads';
import type { StoredExecution } from './ports';
import type { ChangeWaiter, ExecutionReads } from './read-ports';
import { presentExecution, type PresentDeps } from './present-execution';
import { readOwn } from './read-execution';

const WAIT_MAX_MS = 50_000;

export interface AwaitInput {
  readonly executionId: string;
  /** 0 reads at once; at most 50 s. */
  readonly waitMs: number;
  /** Answer as soon as the version is greater; without it, as soon as a verdict stands. */
  readonly sinceVersion?: number;
  /** The attempt whose right to run is asked for. */
  readonly attemptId?: string;
  readonly signal?: AbortSignal;
}

export interface AwaitDeps extends FreshDeps, PresentDeps {
  readonly reads: ExecutionReads;
  readonly waiter: ChangeWaiter;
  /** Milliseconds of a clock that never jumps, for the caller's own patience only. */
  readonly monotonicMs: () => number;
}

const waits = (row: StoredExecution, since: number | undefined): boolean =>
  since === undefined ? isOpen(row.state) : row.state.version <= since;

/** Reads an execution, or waits for it to move. A wait survives restarts: ask again with the same id. */
export function createAwaitExecution(deps: AwaitDeps) {
  const freshen = createFreshen(deps);
  return async (caller: Caller, input: AwaitInput): Promise<ExecutionView> => {
    requirePermission(caller, 'executions:read');
    const until = deps.monotonicMs() + Math.min(Math.max(input.waitMs, 0), WAIT_MAX_MS);
    for (;;) {
      const left = until - deps.monotonicMs();
      const wake = new AbortController();
      const read = await readOwn(deps.reads, caller, input.executionId);
      const changed =
        left > 0
          ? deps.waiter.waitForChange(
              read.row.state.id,
              left,
              AbortSignal.any([wake.signal, ...(input.signal === undefined ? [] : [input.signal])]),
            )
          : undefined;
      // Registered before this second look, so a change in between is not missed.
      const latest =
        changed === undefined ? read : await readOwn(deps.reads, caller, input.executionId);
      const fresh = await freshen(caller.tenant, latest);
      if (
        changed === undefined ||
        !waits(fresh.row, input.sinceVersion) ||
        input.signal?.aborted === true
      ) {
        wake.abort();
        const salt =
          caller.agent === undefined
            ? undefined
            : openKind(
                deps.crypto,
                caller.tenant,
                await deps.reads.payloads(caller.tenant, fresh.row.state.id),
                'arguments',
              )?.salt;
        return presentExecution(deps, caller, fresh.row, fresh, {
          ...(input.attemptId === undefined ? {} : { attempt: input.attemptId }),
          ...(salt === undefined ? {} : { salt }),
        });
      }
      await changed;
    }
  };
}
