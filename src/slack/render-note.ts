import type { KnownBlock } from '@slack/types';
import type { ApprovalCard, Mention, ThreadNote } from '../core/escalation/card';
import { context, mrkdwn, plain, section } from './blocks';
import { levelLabel, STATUS_WORDS } from './card-words';
import { dateOf, mentionOf, utcText } from './mentions';
import { asMessage, type SlackMessage } from './render-card';
import { clip, fallbackText, visibleLine } from './visible-text';

const WHY_OPENED: Readonly<Record<Extract<ThreadNote, { kind: 'opened' }>['why'], string>> = {
  first: 'the request was made',
  timeout: 'nobody decided in time at the level below',
  rejections: 'the level below rejected it',
  risk: 'its risk calls for this level',
  approved_below: 'the level below approved it',
  empty: 'nobody could decide at the level below',
  person: 'a person passed it up',
  reopened: 'it was reopened',
};

/** People that one note calls; the rest is counted. */
const MOST_MENTIONS = 25;

/** Mentions of linked accounts; the names of the others, as plain text. */
function callBlocks(mentions: readonly Mention[]): KnownBlock[] {
  const called = mentions.slice(0, MOST_MENTIONS).map((person) => ({
    mention: mentionOf(person.account),
    name: clip(visibleLine(person.name), 60).text,
  }));
  const accounts = called.flatMap(({ mention }) => mention ?? []);
  const names = called.filter(({ mention }) => mention === undefined).map(({ name }) => name);
  const more = mentions.length - called.length;
  return [
    ...(accounts.length === 0
      ? []
      : [{ type: 'section' as const, text: mrkdwn(accounts.join(' ')) }]),
    ...(names.length === 0 ? [] : [context([plain(`Not in Slack: ${names.join(', ')}`, 1_900)])]),
    ...(more > 0 ? [context([plain(`and ${more} more`, 40)])] : []),
  ];
}

function sentenceOf(note: ThreadNote): string {
  switch (note.kind) {
    case 'opened': {
      const level = levelLabel({ number: note.number, name: note.levelName });
      return `${level} is asked (level ${note.number} of ${note.of}): ${WHY_OPENED[note.why]}. To decide: ${visibleLine(note.approvers)}.`;
    }
    case 'reminder':
      return `Reminder: ${visibleLine(note.levelName)} has not decided yet. To decide: ${visibleLine(note.approvers)}.`;
    case 'ended': {
      const by = note.by === undefined ? '' : ` by ${visibleLine(note.by)}`;
      return `${STATUS_WORDS[note.status]}${by}. ${visibleLine(note.reason)}`;
    }
  }
}

const clockBlock = (deadline: string, thenWhat: string | undefined): KnownBlock =>
  context([
    mrkdwn(`⏰ Until ${dateOf(deadline)}`),
    ...(thenWhat === undefined ? [] : [plain(`then ${visibleLine(thenWhat)}`, 200)]),
  ]);

function textOf(note: ThreadNote, what: string): string {
  switch (note.kind) {
    case 'opened':
      return `L${note.number} is asked about ${what}, until ${utcText(note.deadline)}.`;
    case 'reminder':
      return `Reminder: ${what} waits for a decision until ${utcText(note.deadline)}.`;
    case 'ended':
      return `${STATUS_WORDS[note.status]}: ${what}.`;
  }
}

/**
 * A line in the thread of a card, or a notice outside it; it names its request, so that it can stand alone.
 * It mentions only whom `note.mentions` names.
 */
export function renderNote(note: ThreadNote, card: ApprovalCard): SlackMessage {
  const { action, agent } = card.display;
  const request = visibleLine(`${action} by ${agent}`);
  const clock =
    note.kind === 'ended'
      ? []
      : [clockBlock(note.deadline, note.kind === 'reminder' ? note.thenWhat : undefined)];
  const blocks = [
    section(sentenceOf(note), 1_500),
    ...callBlocks(note.mentions),
    ...clock,
    context([plain(request, 300)]),
  ];
  const what = `${fallbackText(action, 100)} by ${fallbackText(agent, 60)}`;
  return asMessage(blocks, textOf(note, what));
}
