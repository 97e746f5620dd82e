import { Context } from '@temporalio/activity';
import type { Logger } from '../src/app/ports';
import { ERRORS, isDomainError } from '../src/core/errors';
import { workflowIdOf } from '../src/core/ids';
import type { JsonObject } from '../src/core/json';
import { asActivity } from './failures';
import { governedView, type GovernedView } from './governed-view';
import type {
  CommandAnswer,
  CommandKind,
  ExecutionSteps,
  FetchHistory,
  GovernedInput,
  RunView,
} from './ports';

/** After so many tries the execution is closed without its history rather than not at all. */
const HISTORY_ATTEMPTS = 5;

export interface ExecutionActivityDeps {
  readonly steps: ExecutionSteps;
  readonly logger: Logger;
  /** Without it no history is kept. */
  readonly fetchHistory?: FetchHistory;
  /** Base address of the API for links back. */
  readonly publicUrl?: string;
}

export interface ExecutionActivities {
  checkPolicy(input: GovernedInput): Promise<GovernedView>;
  openLevel(input: GovernedInput): Promise<GovernedView>;
  notifyApprovers(
    input: GovernedInput & { readonly level: number },
  ): Promise<{ readonly asked: number }>;
  recordDue(input: GovernedInput): Promise<GovernedView>;
  closeExecution(input: GovernedInput): Promise<GovernedView>;
  runCommand(
    kind: CommandKind,
    input: GovernedInput,
    payload: JsonObject,
    credential: string,
  ): Promise<CommandAnswer>;
}

/** The steps of one governed execution as activities. */
export function createExecutionActivities(deps: ExecutionActivityDeps): ExecutionActivities {
  const { steps, logger } = deps;
  const viewed = (name: string, read: () => Promise<RunView>): Promise<GovernedView> =>
    asActivity(name, logger, async () => governedView(await read(), deps.publicUrl));
  return {
    checkPolicy: (input) => viewed('checkPolicy', () => steps.checkPolicy(input)),
    openLevel: (input) => viewed('openLevel', () => steps.openLevel(input)),
    notifyApprovers: (input) =>
      asActivity('notifyApprovers', logger, () => steps.notifyApprovers(input)),
    recordDue: (input) => viewed('recordDue', () => steps.recordDue(input)),
    closeExecution: (input) =>
      viewed('closeExecution', async () => {
        const history = await historySoFar(deps, input);
        return steps.closeExecution(history === undefined ? input : { ...input, history });
      }),
    runCommand: (kind, input, payload, credential) =>
      asActivity('runCommand', logger, () =>
        answered(() => steps.command(kind, input, payload, credential)),
      ),
  };
}

/** A refusal that a use case throws is an answer too; only what may pass is left to the retries. */
async function answered(run: () => Promise<CommandAnswer>): Promise<CommandAnswer> {
  try {
    return await run();
  } catch (error) {
    if (!isDomainError(error) || error.code === 'unavailable' || error.code === 'internal') {
      throw error;
    }
    return { ok: false, code: error.code, why: error.details.why ?? ERRORS[error.code].why };
  }
}

async function historySoFar(
  deps: ExecutionActivityDeps,
  { executionId }: GovernedInput,
): Promise<Uint8Array | undefined> {
  if (deps.fetchHistory === undefined) return undefined;
  const { attempt, workflowExecution } = Context.current().info;
  // Only the execution's own workflow tells its story; another one could invent it.
  if (workflowExecution?.workflowId !== workflowIdOf(executionId)) return undefined;
  try {
    return await deps.fetchHistory(workflowExecution.workflowId, workflowExecution.runId);
  } catch (error) {
    if (attempt < HISTORY_ATTEMPTS) throw error;
    deps.logger.error(
      { workflowId: workflowExecution.workflowId, err: error },
      'execution is closed without its workflow history',
    );
    return undefined;
  }
}
