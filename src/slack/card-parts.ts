import type { ContextBlockElement, KnownBlock } from '@slack/types';
import type { ApprovalCard } from '../core/escalation/card';
import type { Json, JsonObject } from '../core/json';
import { context, header, LIMITS, mrkdwn, plain, preformatted, section } from './blocks';
import { headline, ladderLine, levelLabel, quorumLine, riskLine, verdictWords } from './card-words';
import { dateOf, whoAndWhen, type AccountOf } from './mentions';
import { clipLines, clip, visibleJson, visibleLine } from './visible-text';

/** Room of each part, in UTF-16 units unless it says otherwise. */
export interface CardSizes {
  readonly args: number;
  readonly argsLines: number;
  readonly context: number;
  readonly contextLines: number;
  readonly reason: number;
  readonly fact: number;
  readonly fields: number;
  readonly rationale: number;
  readonly votes: number;
}

/** A part of the card, and whether anything that the approver signs was left out of it. */
export interface CardPart {
  readonly blocks: readonly KnownBlock[];
  readonly isCut: boolean;
}

const NOTHING: CardPart = { blocks: [], isCut: false };
const shown = (block: KnownBlock, isCut = false): CardPart => ({ blocks: [block], isCut });

export function headerPart(card: ApprovalCard): CardPart {
  const { text, isCut } = clip(headline(card), LIMITS.header);
  return shown(header(text), isCut);
}

/** Risk, policies, environment, agent and its owner. */
export function factsPart(card: ApprovalCard, sizes: CardSizes): CardPart {
  const { display } = card;
  const policies = [...new Set(display.rules.map((rule) => `${rule.policy} v${rule.version}`))];
  const facts = [
    riskLine(card),
    policies.length === 0 ? 'No policy rule' : `Policy ${policies.join(', ')}`,
    `Environment ${display.environment}`,
    `Agent ${display.agent} (owner ${display.agentOwner})`,
  ].map((fact) => clip(visibleLine(fact), sizes.fact));
  return shown(
    context(facts.map(({ text }) => plain(text, sizes.fact))),
    facts.some((fact) => fact.isCut),
  );
}

/** Arguments that most requests are decided by, shown first. */
const TELLING =
  /^(amount|total|price|value|currency|target|recipient|to|account|customer|user|table|database|environment|count|path|url|command|query)/i;

const isScalar = (value: Json): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** A digest of the arguments in fields; the arguments stand in full below, so a cut here hides nothing. */
export function fieldsPart(args: JsonObject, sizes: CardSizes): CardPart {
  const scalars = Object.entries(args).flatMap(([name, value]) =>
    isScalar(value) ? [[name, String(value)] as const] : [],
  );
  const telling = scalars.filter(([name]) => TELLING.test(name));
  const others = scalars.filter(([name]) => !TELLING.test(name));
  const fields = [...telling, ...others]
    .slice(0, Math.min(sizes.fields, LIMITS.fields))
    .map(([name, value]) =>
      plain(
        `${clip(visibleLine(name), 40).text}\n${clip(visibleLine(value), sizes.fact).text}`,
        LIMITS.field,
      ),
    );
  return fields.length === 0 ? NOTHING : shown({ type: 'section', fields });
}

/** Where a person reads what did not fit, with the digest of the whole. */
function remedyOf(card: ApprovalCard): string {
  const mayDecide = card.asks !== undefined && card.asks.elsewhere === undefined;
  const where =
    card.closed !== undefined ? 'see the record' : mayDecide ? 'open Review' : 'open Details';
  return `${where} (sha256 ${card.displayDigest.slice(0, 16)})`;
}

export function argumentsPart(card: ApprovalCard, sizes: CardSizes): CardPart {
  const limits = { maxLength: sizes.args, maxLines: sizes.argsLines };
  const { text, isCut } = clipLines(visibleJson(card.display.args), limits, remedyOf(card));
  return shown(preformatted(text), isCut);
}

/** What the agent says about the request beside its arguments; nothing checks it. */
export function claimsPart(card: ApprovalCard, sizes: CardSizes): CardPart {
  if (Object.keys(card.display.context).length === 0) return NOTHING;
  const limits = { maxLength: sizes.context, maxLines: sizes.contextLines };
  const json = `Context claimed by the agent:\n${visibleJson(card.display.context)}`;
  const { text, isCut } = clipLines(json, limits, remedyOf(card));
  return shown(preformatted(text), isCut);
}

/** Why a person is asked, and why these people. */
export function whyPart(card: ApprovalCard, sizes: CardSizes): CardPart {
  const { display } = card;
  const lines = [
    `Why you: ${levelLabel(display.level)} is decided by ${visibleLine(display.level.approvers)}.`,
    `Reason: ${visibleLine(display.reason)}`,
    ...display.rules.map((rule) =>
      visibleLine(`Rule ${rule.policy} v${rule.version} · ${rule.rule}: ${rule.reason}`),
    ),
  ];
  const limits = { maxLength: sizes.reason, maxLines: 12 };
  const { text, isCut } = clipLines(lines.join('\n'), limits, remedyOf(card));
  return shown(section(text), isCut);
}

export const ladderPart = (card: ApprovalCard): CardPart =>
  card.levels.length === 0 ? NOTHING : shown(context([plain(ladderLine(card.levels), 600)]));

/** `1 of 2 approvals` and the latest votes with their reasons. */
export function votesPart(card: ApprovalCard, accountOf: AccountOf, sizes: CardSizes): CardPart {
  const latest = card.votes.slice(-sizes.votes);
  const older = card.votes.length - latest.length;
  const elements: ContextBlockElement[] = [plain(quorumLine(card), 80)];
  if (older > 0) elements.push(plain(`${older} earlier`, 40));
  for (const vote of latest) {
    const did = `${verdictWords(vote)} at L${vote.level}`;
    elements.push(whoAndWhen({ id: vote.by, name: vote.name }, did, vote.at, accountOf));
    const why = visibleLine(vote.rationale ?? '');
    const audit = vote.auditSeq === undefined ? '' : `audit #${vote.auditSeq}`;
    const said = why === '' ? '' : `“${clip(why, sizes.rationale).text}”`;
    const rest = [said, audit].filter((text) => text !== '').join(' · ');
    if (rest !== '') elements.push(plain(rest, sizes.rationale + 60));
  }
  return shown(context(elements));
}

/** When the clock ends this level, and what it does then. */
export function clockPart(card: ApprovalCard): CardPart {
  const { level, expiresAt } = card.display;
  const elements: ContextBlockElement[] =
    card.status === 'parked'
      ? [plain('Parked: no clock runs for this level', 80)]
      : [
          mrkdwn(`⏰ L${level.number} ends ${dateOf(level.deadline)}`),
          plain(`then ${visibleLine(level.thenWhat)}`, 200),
        ];
  if (expiresAt !== undefined) elements.push(mrkdwn(`the request ends ${dateOf(expiresAt)}`));
  return shown(context(elements));
}

export function elsewherePart(card: ApprovalCard): CardPart {
  const where = card.asks?.elsewhere;
  if (where === undefined) return NOTHING;
  return shown(section(`This cannot be decided in Slack. ${visibleLine(where)}`, 400));
}

/** How it ended: why, by whom, when, and the audit number to look it up by. */
export function closingPart(card: ApprovalCard, accountOf: AccountOf): CardPart {
  const { closed } = card;
  if (closed === undefined) return NOTHING;
  const elements: ContextBlockElement[] = [
    closed.by === undefined
      ? mrkdwn(`closed ${dateOf(closed.at)}`)
      : whoAndWhen(closed.by, 'decided this', closed.at, accountOf),
  ];
  if (closed.auditSeq !== undefined) elements.push(plain(`audit #${closed.auditSeq}`, 40));
  return { blocks: [section(visibleLine(closed.reason), 600), context(elements)], isCut: false };
}
