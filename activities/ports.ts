import type { GovernedReference, RunView } from '../src/app/execution-steps';
import type { ErrorCode } from '../src/core/errors';
import type { JsonObject } from '../src/core/json';

/** Input of the workflow and of every step: a reference, never arguments. */
export type GovernedInput = GovernedReference;
export type { RunView };

/** What a governed execution waits for; `nothing` ends its workflow and is never left again. */
export type WaitingFor = RunView['waitingFor'];

export type CommandKind = 'vote' | 'release' | 'outcome';

/** The answer of a use case as data: a refusal is an answer, not a failure. */
export type CommandAnswer =
  | { readonly ok: true; readonly result: JsonObject }
  | { readonly ok: false; readonly code: ErrorCode; readonly why: string };

/**
 * The use cases behind the workflow. Each may run any number of times for one call of the workflow, so each
 * is idempotent. Each throws DomainError: `unavailable` when the database is, `execution_not_found` only
 * when the row is certainly absent.
 */
export interface ExecutionSteps {
  /** The committed decision, read by id. */
  checkPolicy(input: GovernedInput): Promise<RunView>;
  /** Facts of the level that is open now. */
  openLevel(input: GovernedInput): Promise<RunView>;
  /** Records who is asked at this level, once per level. */
  notifyApprovers(
    input: GovernedInput & { readonly level: number },
  ): Promise<{ readonly asked: number }>;
  /** `step(due)`: applies whatever is due by the database's clock, which may be nothing. */
  recordDue(input: GovernedInput): Promise<RunView>;
  /** Audits the end once and keeps the compressed history. */
  closeExecution(input: GovernedInput & { readonly history?: Uint8Array }): Promise<RunView>;
  /** The same use case as REST, for the principal behind the credential. */
  command(
    kind: CommandKind,
    input: GovernedInput,
    payload: JsonObject,
    credential: string,
  ): Promise<CommandAnswer>;
}

/** Work that belongs to no single execution, run by the housekeeping schedule. */
export interface Housekeeping {
  /** Applies due moments that no workflow waits for: outcome deadlines, holds, grants. */
  sweepDue(): Promise<{ readonly moved: number }>;
  /** Marks waiting executions without a running workflow to be started again. */
  reconcileStarts(): Promise<{ readonly checked: number; readonly restarted: number }>;
}

/** The history of one run so far, as gzipped JSON in the form that replay and the Temporal UI import. */
export type FetchHistory = (workflowId: string, runId: string) => Promise<Uint8Array>;
