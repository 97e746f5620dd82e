import type { KnownBlock, ModalView } from '@slack/types';
import type { ApprovalCard } from '../core/escalation/card';
import { context, mrkdwn, plain, preformatted, section } from './blocks';
import { closingPart } from './card-parts';
import { STATUS_WORDS } from './card-words';
import { mentionOf, utcText, type AccountOf } from './mentions';
import { clip, visibleBlock, visibleLine } from './visible-text';
import { CALLBACK, modal } from './vote-view';
import { progressBlocks, requestBlocks, wholeTextBlocks } from './whole-request';

/** Everything needed to find the request elsewhere, one a line. */
export function idLines(card: ApprovalCard): string {
  const { display } = card;
  return [
    `execution   ${display.executionId}`,
    `approval    ${display.approvalId}`,
    `workflow    exec-${display.executionId}`,
    `chain       ${display.chain.id} v${display.chain.version}`,
    `arguments   ${display.argsDigest}`,
    `shown text  ${card.displayDigest}`,
    `version     ${card.version}`,
    `requested   ${utcText(display.requestedAt)}`,
    ...(card.closed === undefined ? [] : [`closed as   ${card.closed.reasonCode}`]),
    ...(card.url === undefined ? [] : [`address     ${card.url}`]),
  ]
    .map(visibleLine)
    .join('\n');
}

/** Votes beyond the few that a line of the card holds, oldest first. */
function voteBlocks(card: ApprovalCard, accountOf: AccountOf): readonly KnownBlock[] {
  return card.votes.slice(-12).flatMap((vote) => {
    if (vote.rationale === undefined || vote.rationale === '') return [];
    const mention = mentionOf(accountOf(vote.by));
    return [
      context([
        mention === undefined ? plain(visibleLine(vote.name), 80) : mrkdwn(mention),
        plain(`L${vote.level} · ${utcText(vote.at)}`, 80),
      ]),
      preformatted(clip(visibleBlock(vote.rationale), 2_900).text),
    ];
  });
}

/** Read-only: the request, why it is asked, its ladder and votes, its digests and ids. */
export function detailsView(
  card: ApprovalCard,
  argumentsShown: boolean,
  accountOf: AccountOf,
): ModalView {
  const whole = argumentsShown ? wholeTextBlocks(card) : undefined;
  const instead = argumentsShown
    ? 'The arguments are too long for Slack.'
    : 'You may not see the arguments.';
  return modal(
    'Details',
    [
      section(STATUS_WORDS[card.status]),
      ...closingPart(card, accountOf).blocks,
      ...requestBlocks(card),
      ...(whole ?? [context([plain(instead, 80)])]),
      ...progressBlocks(card, accountOf),
      ...voteBlocks(card, accountOf),
      preformatted(idLines(card)),
    ],
    { callback_id: CALLBACK.details },
  );
}
