import type { ModalView } from '@slack/types';
import type { ActReply, CardAct } from '../app/channel-ports';
import type { SlackPress } from '../contract/slack-payloads';
import type { ApprovalCard } from '../core/escalation/card';
import {
  accountOfPayload,
  commandIdOfPress,
  isExternalPayload,
  placeOfPress,
} from './act-of-payload';
import { accountsOfCard } from './accounts';
import { messageOf, within } from './bounded-wait';
import {
  DIGEST_DIGITS,
  parseButtonValue,
  parseChoiceValue,
  type ButtonPress,
} from './button-value';
import { ACTION } from './card-buttons';
import { detailsView, idLines } from './details-view';
import { GIVE_UP_MS, UNAVAILABLE, type Ack, type IngressDeps } from './ingress';
import type { AnswerAddress } from './private-answers';
import {
  FORM_NOT_OPENED_NOTE,
  HOW_IT_WORKS_NOTE,
  idsNote,
  noteView,
  recordedNote,
  refusalNote,
  UNKNOWN_ACTION_NOTE,
  UNREACHABLE_NOTE,
  type PrivateNote,
} from './private-notes';
import { signState } from './signed-state';
import {
  CALLBACK,
  formRules,
  loadingView,
  VERDICT_TITLES,
  voteView,
  type Verdict,
} from './vote-view';

/** One press of a button of a card, read. */
interface Pressed {
  readonly press: SlackPress;
  readonly act: CardAct;
  readonly address: AnswerAddress;
  readonly ack: Ack;
}

interface Filled {
  readonly view: ModalView;
}

type Refused = Extract<ActReply<unknown>, { readonly ok: false }>;

/** Acts on the press of a button; whatever it was, the person gets an answer of their own. */
export async function onPress(deps: IngressDeps, press: SlackPress, ack: Ack): Promise<unknown> {
  const [action] = press.actions;
  if (action?.action_id === ACTION.open) return ack();
  const place = placeOfPress(press);
  const address = {
    userId: press.user.id,
    channelId: place?.channelId,
    responseUrl: press.response_url,
  };
  const explain = async (): Promise<void> => {
    await ack();
    await deps.answer(address, UNKNOWN_ACTION_NOTE);
  };
  if (place === undefined || action === undefined) return explain();

  const pressedWith = ({ button }: ButtonPress): Pressed => {
    const isExternal = isExternalPayload(press, press.channel);
    const act = { account: accountOfPayload(press), place, button, isExternal };
    return { press, act, address, ack };
  };
  if (action.action_id === ACTION.more) {
    const chosen = parseChoiceValue(action.selected_option?.value ?? '');
    return chosen === undefined
      ? explain()
      : onChoice(deps, chosen.choice, pressedWith(chosen.press));
  }
  const value = parseButtonValue(action.value ?? '');
  if (value === undefined) return explain();
  const pressed = pressedWith(value);
  switch (action.action_id) {
    case ACTION.approve:
    case ACTION.reject: {
      const verdict = action.action_id === ACTION.approve ? 'approve' : 'reject';
      return value.opensForm ? openVoteForm(deps, pressed, verdict) : vote(deps, pressed, verdict);
    }
    case ACTION.review:
      return openVoteForm(deps, pressed, 'approve');
    case ACTION.details:
      return openDetails(deps, pressed);
    default:
      return explain();
  }
}

async function onChoice(
  deps: IngressDeps,
  choice: 'escalate' | 'ids' | 'help',
  pressed: Pressed,
): Promise<void> {
  switch (choice) {
    case 'escalate':
      return openVoteForm(deps, pressed, 'escalate');
    case 'help':
      await pressed.ack();
      return deps.answer(pressed.address, HOW_IT_WORKS_NOTE);
    case 'ids': {
      await pressed.ack();
      const reply = await read(deps, pressed.act);
      return deps.answer(
        pressed.address,
        reply.ok ? idsNote(idLines(reply.card)) : refusalNote(reply, accountsOfCard(reply.card)),
      );
    }
  }
}

/** One click: committed first, then acknowledged with its result, in any case within Slack's three seconds. */
async function vote(deps: IngressDeps, pressed: Pressed, verdict: Verdict): Promise<void> {
  const voting = deps.inbox.vote({
    ...pressed.act,
    verdict,
    rationale: '',
    commandId: commandIdOfPress(pressed.press),
  });
  let outcome = await within(voting, pressed.ack.leftMs());
  await pressed.ack();
  if (outcome.kind === 'late') outcome = await within(voting, GIVE_UP_MS);
  let note: PrivateNote = UNREACHABLE_NOTE;
  if (outcome.kind === 'done') {
    const { value } = outcome;
    const accountOf = accountsOfCard(value.card);
    note = value.ok
      ? recordedNote({ verdict, ...value }, accountOf)
      : refusalNote(value, accountOf);
  } else if (outcome.kind === 'failed') {
    deps.logger.error({ error: messageOf(outcome.error) }, 'Slack: a vote could not be taken');
  }
  await deps.answer(pressed.address, note);
}

async function read(
  { inbox, logger }: IngressDeps,
  act: CardAct,
): Promise<Awaited<ReturnType<IngressDeps['inbox']['read']>>> {
  const outcome = await within(inbox.read(act), GIVE_UP_MS);
  if (outcome.kind === 'done') return outcome.value;
  if (outcome.kind === 'failed')
    logger.error({ error: messageOf(outcome.error) }, 'Slack: a request could not be read');
  return UNAVAILABLE;
}

/**
 * Opens a form from the press alone, because Slack's trigger dies after three seconds; then fills it with
 * what `fill` makes of the stored request.
 */
async function openForm(
  { client, answer, logger }: IngressDeps,
  { press, address, ack }: Pressed,
  skeleton: ModalView,
  fill: () => Promise<Filled>,
): Promise<void> {
  const opening = client.views.open({ trigger_id: press.trigger_id ?? '', view: skeleton });
  const [opened] = await Promise.all([within(opening, GIVE_UP_MS), ack()]);
  const viewId = opened.kind === 'done' ? opened.value.view?.id : undefined;
  if (viewId === undefined) {
    if (opened.kind === 'failed')
      logger.warn({ error: messageOf(opened.error) }, 'Slack: a form could not be opened');
    return answer(address, FORM_NOT_OPENED_NOTE);
  }
  try {
    const { view } = await fill();
    await client.views.update({ view_id: viewId, view });
  } catch (error) {
    logger.warn({ error: messageOf(error) }, 'Slack: a form could not be filled');
    await answer(address, FORM_NOT_OPENED_NOTE);
  }
}

const openDetails = (deps: IngressDeps, pressed: Pressed): Promise<void> =>
  openForm(deps, pressed, loadingView('Details', CALLBACK.details), async () => {
    const reply = await read(deps, pressed.act);
    const accountOf = accountsOfCard(reply.card);
    return {
      view: reply.ok
        ? detailsView(reply.card, reply.argumentsShown, accountOf)
        : noteView('Details', refusalNote(reply, accountOf)),
    };
  });

function openVoteForm(deps: IngressDeps, pressed: Pressed, verdict: Verdict): Promise<void> {
  const { act } = pressed;
  return openForm(deps, pressed, loadingView(VERDICT_TITLES[verdict], CALLBACK.vote), async () => {
    const reply = await read(deps, act);
    const accountOf = accountsOfCard(reply.card);
    if (!reply.ok) return { view: noteView('Not open', refusalNote(reply, accountOf)) };
    const { card, argumentsShown } = reply;
    const closed = whyNoForm(card, verdict);
    if (closed !== undefined) return { view: noteView('Not open', refusalNote(closed, accountOf)) };
    const { account, place, isExternal } = act;
    const rules = formRules(card, verdict);
    const state = { verdict, ...buttonOf(card), ...place, ...account, isExternal, ...rules };
    const privateMetadata = signState(state, deps.stateKey);
    return { view: voteView({ card, verdict, argumentsShown, accountOf, privateMetadata }) };
  });
}

/** The vote is bound to the text of the form, which is read anew, not to that of the pressed card. */
const buttonOf = (card: ApprovalCard): CardAct['button'] => ({
  execution: card.display.executionId,
  level: card.display.level.number,
  digest: card.displayDigest.slice(0, DIGEST_DIGITS),
  version: card.version,
});

/** Why there is nothing to fill in; the inbox would refuse the vote for the same reason. */
function whyNoForm(card: ApprovalCard, verdict: Verdict): Refused | undefined {
  const refused = (refusal: Refused['refusal'], why: string): Refused => ({
    ok: false,
    refusal,
    why,
    howToFix: '',
    card,
  });
  if (card.closed !== undefined || card.asks === undefined) return refused('already_decided', '');
  if (card.asks.elsewhere !== undefined) return refused('elsewhere', card.asks.elsewhere);
  if (verdict === 'escalate' && !card.asks.mayEscalate) return refused('no_higher_level', '');
  return undefined;
}
