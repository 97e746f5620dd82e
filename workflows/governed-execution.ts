import { HandlerUnfinishedPolicy } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { GovernedView } from '../activities/governed-view';
import { checkPolicy, runCommand, steps } from './governed-activities';
import {
  approvalSignal,
  decisionUpdate,
  killSignal,
  outcomeUpdate,
  releaseUpdate,
  stateQuery,
  voteUpdate,
  type GovernedInput,
  type Nudge,
  type RunView,
  type SignedCommand,
} from './messages';
import { showInSearch } from './search-attributes';

/** Keeps a timer that fires a moment early by the database's clock from turning the loop into a spin. */
const MIN_WAIT_MS = 200;
/** Below this a late start of the timer is not worth correcting for. */
const TOLERATED_LAG_MS = 500;

/**
 * One governed execution as ops read it. The database holds its state and judges every event; here are only
 * the order of the story, its timers and the hints that end a wait early. A hint that is forged, doubled,
 * late or replayed by a reset costs one look at the database and changes nothing.
 */
export async function governedExecution(input: GovernedInput): Promise<RunView> {
  const hints = receiveHints();
  const run: { now?: GovernedView; lagMs: number } = { lagMs: 0 };
  const command = (kind: 'vote' | 'release' | 'outcome') => async (request: SignedCommand) => {
    const answer = await runCommand(kind, input, request);
    // Whatever is being read at this moment may have been read before the command: look once more.
    if (answer.ok) hints.hint(Number.MAX_SAFE_INTEGER);
    return answer;
  };
  const take = async (read: () => Promise<GovernedView>): Promise<GovernedView> => {
    const askedAtMs = workflowNowMs();
    const now = await read();
    run.now = now;
    run.lagMs = workflowNowMs() - askedAtMs;
    setCurrentDetails(now.details);
    showInSearch(input, now.view);
    return now;
  };
  const decided = take(() => checkPolicy(input));

  setHandler(stateQuery, () => run.now?.view ?? null, { description: 'Where the run stands' });
  setHandler(
    decisionUpdate,
    async () => {
      const first = await decided;
      return (run.now ?? first).view;
    },
    { unfinishedPolicy: HandlerUnfinishedPolicy.ABANDON },
  );
  setHandler(voteUpdate, command('vote'));
  setHandler(releaseUpdate, command('release'));
  setHandler(outcomeUpdate, command('outcome'));

  let now = await decided;
  // Not whether this run will wait: a vote may have been faster than its start, and is closed alike.
  const asksPeople = now.view.verdict === 'REQUIRE_APPROVAL';
  let asking: { readonly opening: number; readonly scope: CancellationScope } | undefined;
  while (now.view.waitingFor !== 'nothing') {
    if (openingOf(now) !== undefined && openingOf(now) !== asking?.opening) {
      const summary = `Open ${now.label}`;
      now = await take(() => steps.openLevel.executeWithOptions({ summary }, [input]));
      asking?.scope.cancel();
      const opening = openingOf(now);
      if (opening === undefined || now.view.level === undefined) continue;
      asking = { opening, scope: askApprovers(input, now.view.level.index, now.label) };
    }
    await hints.beyond(now.view.version, timerOf(now, run.lagMs));
    const summary = `Record · ${now.label}`;
    now = await take(() => steps.recordDue.executeWithOptions({ summary }, [input]));
  }
  asking?.scope.cancel();
  if (asksPeople) {
    const summary = `Close · ${now.view.status}`;
    now = await take(() => steps.closeExecution.executeWithOptions({ summary }, [input]));
  }
  await condition(allHandlersFinished);
  return now.view;
}

interface Timer {
  readonly waitMs: number;
  readonly summary: string;
}

/** The wait that is left; what passed since the database was read, because no worker ran, is taken off. */
function timerOf({ view, label }: GovernedView, lagMs: number): Timer | undefined {
  if (view.remainingMs === undefined) return undefined;
  const lostMs = lagMs > TOLERATED_LAG_MS ? lagMs : 0;
  return { waitMs: Math.max(MIN_WAIT_MS, view.remainingMs - lostMs), summary: label };
}

/** A level that is asked again has the number it had, and another opening. */
const openingOf = ({ view }: GovernedView): number | undefined =>
  view.waitingFor === 'approval' ? (view.level?.opening ?? view.level?.index) : undefined;

/** Registers both nudges. `beyond` waits for one that promises more than the version already seen. */
function receiveHints() {
  let hinted = 0;
  const hint = (version: number): void => {
    hinted = Math.max(hinted, version);
  };
  const onNudge = (nudge: Nudge | undefined): void => {
    if (Number.isSafeInteger(nudge?.version)) hint(nudge?.version ?? 0);
  };
  setHandler(approvalSignal, onNudge, { description: 'The execution may have moved' });
  setHandler(killSignal, onNudge, { description: 'A kill switch may have moved the execution' });
  return {
    hint,
    async beyond(version: number, timer: Timer | undefined): Promise<void> {
      const more = (): boolean => hinted > version;
      if (timer === undefined) await condition(more);
      else await condition(more, timer.waitMs, { summary: timer.summary });
      // Spent: a forged version must not end every later wait too.
      hinted = 0;
    },
  };
}

/** Asks beside the wait: a channel in trouble must not hold up the level's timer. */
function askApprovers(input: GovernedInput, level: number, label: string): CancellationScope {
  const scope = new CancellationScope();
  const summary = `Ask approvers · ${label}`;
  scope
    .run(() => steps.notifyApprovers.executeWithOptions({ summary }, [{ ...input, level }]))
    .catch((error: unknown) => {
      if (!isCancellation(error)) log.error('approvers were not asked', { level, error });
    });
  return scope;
}

/** Time of the workflow task, the same in every replay. */
function workflowNowMs(): number {
  // eslint-disable-next-line no-restricted-syntax -- the sandbox answers with the time in the history
  return Date.now();
}
