import type { ModalView } from '@slack/types';
import type { SlackFormState, SlackSubmission } from '../contract/slack-payloads';
import { accountOfPayload, commandIdOfSubmission, isExternalPayload } from './act-of-payload';
import { accountsOfCard } from './accounts';
import { messageOf, within, type Awaited as Outcome } from './bounded-wait';
import { GIVE_UP_MS, type Ack, type IngressDeps } from './ingress';
import {
  noteView,
  RECORDING_VIEW,
  recordedNote,
  refusalNote,
  UNREACHABLE_NOTE,
  UNREADABLE_NOTE,
} from './private-notes';
import { openState } from './signed-state';
import { CALLBACK, FIELD, type Verdict } from './vote-view';

type VoteReply = Awaited<ReturnType<IngressDeps['inbox']['vote']>>;

const RECORDED_TITLES: Readonly<Record<Verdict, string>> = {
  approve: 'Approved',
  reject: 'Rejected',
  escalate: 'Passed up',
};

const asUpdate = (view: ModalView): unknown => ({ response_action: 'update', view });

/** The state of a form of ours, sent by the person it was opened for. */
function stateOf(deps: IngressDeps, submission: SlackSubmission): SlackFormState | undefined {
  if (submission.view.callback_id !== CALLBACK.vote) return undefined;
  const state = openState(submission.view.private_metadata, deps.stateKey);
  const { teamId, userId } = accountOfPayload(submission);
  return state?.teamId === teamId && state.userId === userId ? state : undefined;
}

const rationaleOf = ({ view }: SlackSubmission): string =>
  (view.state.values[FIELD.rationale.block]?.[FIELD.rationale.action]?.value ?? '').trim();

/** What is told beside the inputs before anything is committed. The inbox checks it all again. */
function errorsOf(
  submission: SlackSubmission,
  state: SlackFormState,
): Readonly<Record<string, string>> {
  const length = [...rationaleOf(submission)].length;
  const reading =
    submission.view.state.values[FIELD.reading.block]?.[FIELD.reading.action]?.selected_options;
  return {
    ...(length < state.minLength
      ? { [FIELD.rationale.block]: `Give a reason of at least ${state.minLength} characters.` }
      : {}),
    ...(state.mustConfirmReading && (reading ?? []).length === 0
      ? { [FIELD.reading.block]: 'Confirm that you have read the full arguments.' }
      : {}),
  };
}

async function resultView(
  deps: IngressDeps,
  verdict: Verdict,
  outcome: Outcome<VoteReply>,
): Promise<ModalView> {
  if (outcome.kind !== 'done') {
    if (outcome.kind === 'failed')
      deps.logger.error({ error: messageOf(outcome.error) }, 'Slack: a vote could not be taken');
    return noteView('No answer', UNREACHABLE_NOTE);
  }
  const { value } = outcome;
  const accountOf = accountsOfCard(value.card);
  return value.ok
    ? noteView(RECORDED_TITLES[verdict], recordedNote({ verdict, ...value }, accountOf))
    : noteView('Not recorded', refusalNote(value, accountOf));
}

/** Takes the vote of a form; the form itself shows what became of it. */
export async function onSubmission(
  deps: IngressDeps,
  submission: SlackSubmission,
  ack: Ack,
): Promise<unknown> {
  const state = stateOf(deps, submission);
  if (state === undefined) return ack(asUpdate(noteView('Not recorded', UNREADABLE_NOTE)));
  const errors = errorsOf(submission, state);
  if (Object.keys(errors).length > 0) return ack({ response_action: 'errors', errors });

  const rationale = rationaleOf(submission);
  const { verdict, execution, level, digest, version, channelId, ts } = state;
  const voting = deps.inbox.vote({
    account: accountOfPayload(submission),
    place: { channelId, ts },
    button: { execution, level, digest, version },
    isExternal: state.isExternal || isExternalPayload(submission),
    verdict,
    rationale,
    commandId: commandIdOfSubmission(submission, rationale),
  });
  const outcome = await within(voting, ack.leftMs());
  if (
    outcome.kind === 'done' &&
    !outcome.value.ok &&
    outcome.value.refusal === 'rationale_required'
  )
    return ack({
      response_action: 'errors',
      errors: { [FIELD.rationale.block]: outcome.value.why.slice(0, 150) },
    });
  let result: Outcome<VoteReply> = outcome;
  if (outcome.kind === 'late') {
    await ack(asUpdate(RECORDING_VIEW));
    result = await within(voting, GIVE_UP_MS);
  }
  const view = await resultView(deps, verdict, result);
  if (outcome.kind !== 'late' && (await ack(asUpdate(view)))) return undefined;
  return showLater(deps, submission.view.id, view);
}

/** For a result that could not go along with the acknowledgement. */
async function showLater(deps: IngressDeps, viewId: string, view: ModalView): Promise<void> {
  try {
    await deps.client.views.update({ view_id: viewId, view });
  } catch (error) {
    deps.logger.warn({ error: messageOf(error) }, 'Slack: a form could not show its result');
  }
}
