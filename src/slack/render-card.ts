import type { KnownBlock } from '@slack/types';
import type { ApprovalCard } from '../core/escalation/card';
import { actionsBlock } from './card-buttons';
import {
  argumentsPart,
  claimsPart,
  clockPart,
  closingPart,
  elsewherePart,
  factsPart,
  fieldsPart,
  headerPart,
  ladderPart,
  votesPart,
  whyPart,
  type CardPart,
  type CardSizes,
} from './card-parts';
import { STATUS_WORDS } from './card-words';
import { utcText, type AccountOf } from './mentions';
import { fallbackText, visibleLine } from './visible-text';

/** A message as chat.postMessage and chat.update take it, with everything off that would read text as markup. */
export interface SlackMessage {
  readonly blocks: KnownBlock[];
  readonly text: string;
  readonly mrkdwn: false;
  readonly parse: 'none';
  readonly link_names: false;
  readonly unfurl_links: false;
  readonly unfurl_media: false;
}

export interface RenderOptions {
  readonly accountOf: AccountOf;
}

/** Slack refuses messages from about 13,000 characters of blocks on (slackapi/bolt-js#2509); this leaves room. */
export const CARD_BUDGET = 10_000;

const ROOMY: CardSizes = {
  args: 2_500,
  argsLines: 60,
  context: 900,
  contextLines: 20,
  reason: 900,
  fact: 160,
  fields: 10,
  rationale: 240,
  votes: 4,
};

/** Tried in order until a card fits its budget; the last fits whatever it is given. */
const SIZES: readonly CardSizes[] = [
  ROOMY,
  { ...ROOMY, args: 1_800, context: 500, reason: 600, fact: 120, fields: 6, rationale: 120 },
  { ...ROOMY, args: 900, context: 200, reason: 300, fact: 60, fields: 2, rationale: 60, votes: 2 },
];

export const asMessage = (blocks: readonly KnownBlock[], text: string): SlackMessage => ({
  blocks: [...blocks],
  text,
  mrkdwn: false,
  parse: 'none',
  link_names: false,
  unfurl_links: false,
  unfurl_media: false,
});

/** One sentence for notifications and screen readers. */
function cardText(card: ApprovalCard): string {
  const { display } = card;
  const what = `${fallbackText(display.action, 100)} by ${fallbackText(display.agent, 60)}`;
  if (card.closed !== undefined || card.asks === undefined)
    return `${STATUS_WORDS[card.status]}: ${what}.`;
  const risk =
    display.risk === undefined
      ? ''
      : `, risk ${Math.round(display.risk.score)} of 100 ${fallbackText(display.risk.level, 20)}`;
  return `L${display.level.number} approval needed: ${what}${risk}. Decide before ${utcText(display.level.deadline)} with the buttons; replies are not read.`;
}

function partsOf(card: ApprovalCard, { accountOf }: RenderOptions, sizes: CardSizes): CardPart[] {
  const isOpen = card.closed === undefined;
  return [
    headerPart(card),
    factsPart(card, sizes),
    fieldsPart(card.display.args, sizes),
    argumentsPart(card, sizes),
    claimsPart(card, sizes),
    whyPart(card, sizes),
    ladderPart(card),
    votesPart(card, accountOf, sizes),
    ...(isOpen ? [clockPart(card), elsewherePart(card)] : [closingPart(card, accountOf)]),
  ];
}

function blocksOf(card: ApprovalCard, options: RenderOptions, sizes: CardSizes): KnownBlock[] {
  const parts = partsOf(card, options, sizes);
  const actions = actionsBlock(
    card,
    parts.some((part) => part.isCut),
  );
  return [...parts.flatMap((part) => part.blocks), ...(actions === undefined ? [] : [actions])];
}

/**
 * The card of one execution at one version: the same state gives the same message, on every surface. At most
 * 13 blocks and 10,000 characters of JSON; what does not fit is cut by line and replaced by Review.
 */
export function renderCard(card: ApprovalCard, options: RenderOptions): SlackMessage {
  let blocks: KnownBlock[] = [];
  for (const sizes of SIZES) {
    blocks = blocksOf(card, options, sizes);
    if (JSON.stringify(blocks).length <= CARD_BUDGET) break;
  }
  return asMessage(blocks, visibleLine(cardText(card)));
}
