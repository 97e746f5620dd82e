import type { InputBlock, KnownBlock, ModalView } from '@slack/types';
import type { ApprovalCard } from '../core/escalation/card';
import { context, LIMITS, plain, section } from './blocks';
import { openButton } from './card-buttons';
import { isHighRisk } from './card-words';
import type { AccountOf } from './mentions';
import { progressBlocks, requestBlocks, wholeTextBlocks } from './whole-request';

export type Verdict = 'approve' | 'reject' | 'escalate';

/** `callback_id`s of our views (spec: contract, Slack ids). */
export const CALLBACK = { vote: 'cs:vote', details: 'cs:details' } as const;

/** Where the form holds its answers. */
export const FIELD = {
  rationale: { block: 'rationale', action: 'text' },
  reading: { block: 'reading', action: 'confirmed' },
} as const;

/** Slack's longest text input. */
const LONGEST_RATIONALE = 3_000;

export const VERDICT_TITLES: Readonly<Record<Verdict, string>> = {
  approve: 'Approve',
  reject: 'Reject',
  escalate: 'Pass up',
};

export const modal = (
  title: string,
  blocks: readonly KnownBlock[],
  more: Partial<Pick<ModalView, 'submit' | 'callback_id' | 'private_metadata'>> = {},
): ModalView => ({
  type: 'modal',
  title: plain(title, LIMITS.viewTitle),
  close: plain(more.submit === undefined ? 'Close' : 'Cancel', LIMITS.viewTitle),
  blocks: blocks.slice(0, LIMITS.viewBlocks),
  ...more,
});

/** Opened at once from the press alone: Slack's trigger lives three seconds, a look-up may take longer. */
export const loadingView = (title: string, callbackId: string): ModalView =>
  modal(title, [section('Loading the request…')], { callback_id: callbackId });

/** What the form will ask of this person, for its checks before anything is committed. */
export function formRules(
  card: ApprovalCard,
  verdict: Verdict,
): { readonly minLength: number; readonly mustConfirmReading: boolean } {
  const need =
    verdict === 'approve'
      ? card.asks?.approveRationale
      : verdict === 'reject'
        ? card.asks?.rejectRationale
        : 'optional';
  const minLength = need === 'optional' ? 0 : Math.max(1, card.asks?.minLength ?? 1);
  return {
    minLength: Math.min(minLength, LONGEST_RATIONALE),
    mustConfirmReading: verdict === 'approve' && isHighRisk(card),
  };
}

function rationaleInput(minLength: number): InputBlock {
  return {
    type: 'input',
    block_id: FIELD.rationale.block,
    optional: minLength === 0,
    label: plain('Why?', 100),
    hint: plain(
      minLength === 0
        ? 'Optional. It is kept with your vote and shown on the card.'
        : minLength <= 1
          ? 'It is kept with your vote and shown on the card.'
          : `At least ${minLength} characters. It is kept with your vote and shown on the card.`,
      200,
    ),
    element: {
      type: 'plain_text_input',
      action_id: FIELD.rationale.action,
      multiline: true,
      max_length: LONGEST_RATIONALE,
      ...(minLength === 0 ? {} : { min_length: minLength }),
    },
  };
}

const readingInput = (): InputBlock => ({
  type: 'input',
  block_id: FIELD.reading.block,
  label: plain('Before you approve', 100),
  element: {
    type: 'checkboxes',
    action_id: FIELD.reading.action,
    options: [{ text: plain('I have read the full arguments', 75), value: 'read' }],
  },
});

/** The whole request is beyond a view, or not for these eyes: nobody signs here what cannot be read here. */
function unreadable(card: ApprovalCard, verdict: Verdict, why: string): ModalView {
  const open = openButton(card);
  return modal(VERDICT_TITLES[verdict], [
    ...requestBlocks(card),
    section(`${why} Decide on the dashboard or by the API.`),
    ...(open === undefined ? [] : [{ type: 'actions' as const, elements: [open] }]),
  ]);
}

/**
 * The form of a vote: the whole request, then what the chain asks of the voter.
 * @param privateMetadata signed state; see signState
 */
export function voteView(input: {
  readonly card: ApprovalCard;
  readonly verdict: Verdict;
  readonly argumentsShown: boolean;
  readonly accountOf: AccountOf;
  readonly privateMetadata: string;
}): ModalView {
  const { card, verdict, argumentsShown } = input;
  const whole = argumentsShown ? wholeTextBlocks(card) : [];
  if (verdict === 'approve' && !argumentsShown)
    return unreadable(card, verdict, 'You may not see the arguments, so you cannot approve them.');
  if (whole === undefined && verdict === 'approve')
    return unreadable(card, verdict, 'The arguments are too long for Slack.');
  const { minLength, mustConfirmReading } = formRules(card, verdict);
  const blocks = [
    ...requestBlocks(card),
    ...(whole ?? [context([plain('The arguments are too long for Slack.', 80)])]),
    ...progressBlocks(card, input.accountOf),
    rationaleInput(minLength),
    ...(mustConfirmReading ? [readingInput()] : []),
  ];
  return modal(VERDICT_TITLES[verdict], blocks, {
    callback_id: CALLBACK.vote,
    private_metadata: input.privateMetadata,
    submit: plain(VERDICT_TITLES[verdict], LIMITS.viewTitle),
  });
}
