import type { KnownBlock } from '@slack/types';
import type { ApprovalCard } from '../core/escalation/card';
import type { Json } from '../core/json';
import { context, plain, preformatted, section } from './blocks';
import { clockPart, ladderPart, votesPart } from './card-parts';
import { levelLabel, riskLine } from './card-words';
import type { AccountOf } from './mentions';
import { clip, pagesOf, visibleJson, visibleLine } from './visible-text';

/** UTF-16 units of one preformatted block. */
const PAGE = 2_900;
/** A view holds 100 blocks; the rest of them is for the form and what stands around it. */
const MOST_PAGES = 60;
/** Slack answers `view_too_large` from about 250,000 bytes on. */
const VIEW_BYTES = 180_000;

const labelled = (label: string, value: Json): KnownBlock[] => {
  const pages = pagesOf(visibleJson(value), PAGE);
  return pages.flatMap((page, index) => [
    context([plain(pages.length === 1 ? label : `${label}, ${index + 1} of ${pages.length}`, 80)]),
    preformatted(page),
  ]);
};

const bytesOf = (blocks: readonly KnownBlock[]): number =>
  Buffer.byteLength(JSON.stringify(blocks), 'utf8');

/**
 * Arguments and claims in full, or undefined when they are too long for a view of Slack: then they cannot be
 * read here, so they cannot be approved here either.
 */
export function wholeTextBlocks(card: ApprovalCard): readonly KnownBlock[] | undefined {
  const { args, context: claims } = card.display;
  const blocks = [
    ...labelled('Arguments', args),
    ...(Object.keys(claims).length === 0 ? [] : labelled('Context claimed by the agent', claims)),
  ];
  return blocks.length <= MOST_PAGES && bytesOf(blocks) <= VIEW_BYTES ? blocks : undefined;
}

const clipped = (text: string, maxLength: number): string =>
  clip(visibleLine(text), maxLength).text;

/** What is asked, by whom, and why; each line whole, as far as Slack has room for it. */
export function requestBlocks(card: ApprovalCard): readonly KnownBlock[] {
  const { display } = card;
  const rules = display.rules.map((rule) =>
    visibleLine(`Rule ${rule.policy} v${rule.version} · ${rule.rule}: ${rule.reason}`),
  );
  const why = [`Reason: ${visibleLine(display.reason)}`, ...rules].join('\n');
  return [
    section(clipped(display.action, 300)),
    context(
      [
        riskLine(card),
        `Environment ${display.environment}`,
        `Agent ${display.agent} (owner ${display.agentOwner})`,
        `${levelLabel(display.level)}, level ${display.level.number} of ${display.level.of}`,
        `decided by ${display.level.approvers}`,
      ].map((fact) => plain(clipped(fact, 400), 400)),
    ),
    ...pagesOf(why, PAGE)
      .slice(0, 8)
      .map((page) => section(page)),
  ];
}

/** Where it stands: the ladder, the votes, the clock. */
export const progressBlocks = (card: ApprovalCard, accountOf: AccountOf): readonly KnownBlock[] => [
  ...ladderPart(card).blocks,
  ...votesPart(card, accountOf, VOTE_SIZES).blocks,
  ...(card.closed === undefined ? clockPart(card).blocks : []),
];

const VOTE_SIZES = {
  args: 0,
  argsLines: 0,
  context: 0,
  contextLines: 0,
  reason: 0,
  fact: 0,
  fields: 0,
  rationale: 300,
  votes: 4,
} as const;
