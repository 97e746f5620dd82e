import type {
  ActionsBlock,
  ActionsBlockElement,
  Button,
  Overflow,
  PlainTextOption,
} from '@slack/types';
import type { ApprovalCard } from '../core/escalation/card';
import { confirmation, LIMITS, plain } from './blocks';
import { buttonValue, choiceValue } from './button-value';
import { isHighRisk } from './card-words';
import { visibleLine } from './visible-text';

/** `action_id`s of a card (spec: contract, Slack ids). */
export const ACTION = {
  approve: 'cs:approve',
  reject: 'cs:reject',
  review: 'cs:review',
  details: 'cs:details',
  more: 'cs:more',
  /** Slack opens the address by itself; the press that it also sends needs only to be acknowledged. */
  open: 'cs:open',
} as const;

/** A way to the request in a browser, where one is served. */
export function openButton(card: ApprovalCard): Button | undefined {
  const { url } = card;
  if (url === undefined || url.length > LIMITS.url || !/^https?:\/\//.test(url)) return undefined;
  return {
    type: 'button',
    action_id: ACTION.open,
    text: plain('Open in browser', LIMITS.buttonText),
    url,
  };
}

/** Whether a verdict is asked for in a form rather than taken from one click. */
function needsForm(card: ApprovalCard, verdict: 'approve' | 'reject'): boolean {
  const need = verdict === 'approve' ? card.asks?.approveRationale : card.asks?.rejectRationale;
  return need !== 'optional' || isHighRisk(card);
}

const routing = (card: ApprovalCard, opensForm: boolean): string =>
  buttonValue(
    {
      execution: card.display.executionId,
      level: card.display.level.number,
      displayDigest: card.displayDigest,
      version: card.version,
    },
    opensForm,
  );

const button = (
  card: ApprovalCard,
  actionId: string,
  text: string,
  opensForm: boolean,
): Button & { readonly value: string } => ({
  type: 'button',
  action_id: actionId,
  text: plain(text, LIMITS.buttonText),
  value: routing(card, opensForm),
  accessibility_label: plain(
    visibleLine(`${text} ${card.display.action} by ${card.display.agent}`),
    LIMITS.accessibilityLabel,
  ).text,
});

function decideButton(card: ApprovalCard, verdict: 'approve' | 'reject'): Button {
  const inForm = needsForm(card, verdict);
  const approves = verdict === 'approve';
  const word = approves ? 'Approve' : 'Reject';
  const made: Button = {
    ...button(card, approves ? ACTION.approve : ACTION.reject, word, inForm),
    style: approves ? 'primary' : 'danger',
  };
  if (inForm) return made;
  const what = visibleLine(`${card.display.action} by ${card.display.agent}`);
  return {
    ...made,
    confirm: confirmation(
      `${word} this request?`,
      `${plain(what, 200).text}. Your ${verdict === 'approve' ? 'approval' : 'rejection'} is final and recorded under your name.`,
      word,
      approves ? 'primary' : 'danger',
    ),
  };
}

const option = (text: string, value: string): PlainTextOption => ({
  text: plain(text, LIMITS.optionText),
  value,
});

/** Slack wants two to five entries. */
function overflow(card: ApprovalCard): Overflow {
  const value = routing(card, false);
  const options = [
    option('Request ids', choiceValue('ids', value)),
    option('How this works', choiceValue('help', value)),
  ];
  const mayPass = card.asks?.mayEscalate === true && card.asks.elsewhere === undefined;
  if (mayPass) options.unshift(option('Pass up to the next level', choiceValue('escalate', value)));
  return { type: 'overflow', action_id: ACTION.more, options };
}

/**
 * The buttons of an open card. Text that did not fit takes Approve away: it is opened in whole first.
 * @param isCut whether anything that an approver signs is missing on the card
 */
export function actionsBlock(card: ApprovalCard, isCut: boolean): ActionsBlock | undefined {
  if (card.closed !== undefined) return undefined;
  const mayDecide = card.asks !== undefined && card.asks.elsewhere === undefined;
  const elsewhere = openButton(card);
  const decide: ActionsBlockElement[] = !mayDecide
    ? elsewhere === undefined
      ? []
      : [elsewhere]
    : [
        isCut
          ? { ...button(card, ACTION.review, 'Review', true), style: 'primary' }
          : decideButton(card, 'approve'),
        decideButton(card, 'reject'),
      ];
  return {
    type: 'actions',
    block_id: `cs:${card.display.executionId}`,
    elements: [...decide, button(card, ACTION.details, 'Details', true), overflow(card)],
  };
}
