import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index';
import type { GovernedView } from '../activities/governed-view';
import { ERRORS } from '../src/core/errors';
import type { CommandAnswer, GovernedInput, SignedCommand } from './messages';

/** Retried for ever: what the database owes will be recorded, however long it is away. */
export const steps = proxyActivities<Activities>({
  startToCloseTimeout: '10 s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '200 ms', backoffCoefficient: 2, maximumInterval: '10 s' },
});

/** Inside the workflow task, so an ALLOW needs no second one. Given up early: `steps` waits better. */
const local = proxyLocalActivities<Activities>({
  startToCloseTimeout: '2 s',
  // Bounded by attempts: the worker does not hold quick failures to a schedule-to-close timeout.
  retry: { initialInterval: '100 ms', backoffCoefficient: 2, maximumAttempts: 4 },
});

/**
 * Reads the committed decision. While the database is away this is an ordinary activity that ops see
 * retrying, instead of workflow tasks that heartbeat.
 * @throws ApplicationFailure only when no retry can help (`execution_not_found`)
 */
export async function checkPolicy(input: GovernedInput): Promise<GovernedView> {
  try {
    return await local.checkPolicy.executeWithOptions({ summary: 'Check policy' }, [input]);
  } catch (error) {
    if (!mayPass(error)) throw error;
    const summary = 'Check policy · waiting for the database';
    return steps.checkPolicy.executeWithOptions({ summary }, [input]);
  }
}

function mayPass(error: unknown): boolean {
  if (isCancellation(error)) return false;
  // A local activity fails with the bare failure, an ordinary one wraps it.
  const failure = error instanceof ActivityFailure ? error.cause : error;
  return !(failure instanceof ApplicationFailure && failure.nonRetryable === true);
}

/** Runs a principal's command. Always answers with data: a throw here would block the whole run. */
export async function runCommand(
  kind: 'vote' | 'release' | 'outcome',
  input: GovernedInput,
  request: SignedCommand,
): Promise<CommandAnswer> {
  // Whoever may write to the namespace chose this value; its type is only a promise.
  const given = request as Partial<SignedCommand> | null | undefined;
  if (typeof given?.credential !== 'string' || typeof given.command !== 'object') {
    return { ok: false, code: 'validation_failed', why: ERRORS.validation_failed.why };
  }
  try {
    return await local.runCommand.executeWithOptions({ summary: `Command · ${kind}` }, [
      kind,
      input,
      given.command,
      given.credential,
    ]);
  } catch (error) {
    log.warn('command without an answer', { kind, error });
    return { ok: false, code: 'unavailable', why: ERRORS.unavailable.why };
  }
}
