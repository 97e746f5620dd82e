import type { KnownBlock, ModalView } from '@slack/types';
import type { ActRefusal, ActReply } from '../app/channel-ports';
import type { ApprovalCard } from '../core/escalation/card';
import { context, mrkdwn, plain, preformatted, section } from './blocks';
import { levelLabel, quorumLine, STATUS_WORDS } from './card-words';
import { dateOf, utcText, whoAndWhen, type AccountOf } from './mentions';
import { clip, fallbackText, visibleLine } from './visible-text';
import { CALLBACK, modal, type Verdict } from './vote-view';

/** An answer that only the person who acted sees. `text` stands alone where blocks are not shown. */
export interface PrivateNote {
  readonly title: string;
  readonly blocks: readonly KnownBlock[];
  readonly text: string;
}

export const REFUSAL_TITLES: Readonly<Record<ActRefusal, string>> = {
  unlinked: 'Your Slack account is not linked to a person yet.',
  not_eligible: 'You cannot decide this request.',
  assurance_too_low: 'This needs a stronger proof of who you are.',
  elsewhere: 'This request is not decided in Slack.',
  already_decided: 'This was decided already.',
  expired: 'Too late: the time for this request is over.',
  kill_switch_active: 'A kill switch has stopped this request.',
  cancelled: 'This request was cancelled.',
  basis_changed: 'The rules behind this request have changed.',
  already_voted: 'You have voted on this already.',
  level_mismatch: 'This request has moved to another level.',
  card_changed: 'The request has changed since this card was shown; the card is being refreshed.',
  rationale_required: 'A reason is required.',
  no_higher_level: 'There is no higher level to pass this up to.',
  forged: 'This button did not come from a card of ours.',
  external_channel: 'Requests are not decided from channels shared with other organisations.',
  unavailable: 'The service could not give a full answer.',
};

const DONE: Readonly<Record<Verdict, string>> = {
  approve: '✅ Your approval is recorded.',
  reject: '❌ Your rejection is recorded.',
  escalate: '⬆ Passed up; your request to do so is recorded.',
};

const note = (title: string, blocks: readonly KnownBlock[], more = ''): PrivateNote => ({
  title,
  blocks: [section(title, 300), ...blocks],
  text: [title, fallbackText(more, 600)].filter((part) => part !== '').join(' '),
});

/** How the request stands now, for somebody whose act changed nothing. */
function standingBlocks(card: ApprovalCard, accountOf: AccountOf): readonly KnownBlock[] {
  const { closed, display } = card;
  const status =
    closed === undefined
      ? `${STATUS_WORDS[card.status]} at ${levelLabel(display.level)}: ${quorumLine(card)}`
      : `${STATUS_WORDS[card.status]}: ${clip(visibleLine(closed.reason), 400).text}`;
  const when =
    closed === undefined
      ? mrkdwn(`until ${dateOf(display.level.deadline)}`)
      : closed.by === undefined
        ? mrkdwn(dateOf(closed.at))
        : whoAndWhen(closed.by, 'decided this', closed.at, accountOf);
  const audit = closed?.auditSeq === undefined ? [] : [plain(`audit #${closed.auditSeq}`, 40)];
  return [context([plain(status, 500), when, ...audit])];
}

/** What a refused act is told: what, why, what to do, and how it stands where the person may see it. */
export function refusalNote(
  reply: Extract<ActReply<unknown>, { readonly ok: false }>,
  accountOf: AccountOf,
): PrivateNote {
  const why = clip(visibleLine(`${reply.why} ${reply.howToFix}`.trim()), 1_500).text;
  return note(
    REFUSAL_TITLES[reply.refusal],
    [
      ...(why === '' ? [] : [section(why)]),
      ...(reply.card === undefined ? [] : standingBlocks(reply.card, accountOf)),
    ],
    why,
  );
}

/** What a committed vote is told. */
export function recordedNote(
  vote: {
    readonly verdict: Verdict;
    readonly repeated: boolean;
    readonly auditSeq: number;
    readonly card: ApprovalCard;
  },
  accountOf: AccountOf,
): PrivateNote {
  const again = vote.repeated ? ' This is the same vote as before; it counts once.' : '';
  return note(
    `${DONE[vote.verdict]}${again}`,
    [context([plain(`audit #${vote.auditSeq}`, 40)]), ...standingBlocks(vote.card, accountOf)],
    `audit ${vote.auditSeq}`,
  );
}

export const UNREACHABLE_NOTE: PrivateNote = note(
  'The service did not answer. Your vote may or may not have been recorded.',
  [
    section(
      'The card shows what was recorded. If it does not change, press again: it counts once.',
    ),
  ],
  'Look at the card; pressing again counts once.',
);

export const UNREADABLE_NOTE: PrivateNote = note(
  'This form cannot be used any more; nothing was recorded.',
  [section('Close it and press the button on the card again.')],
  'Close it and press the button on the card again.',
);

export const UNKNOWN_ACTION_NOTE: PrivateNote = note(
  'This button is not in use any more; nothing was recorded.',
  [section('It is from an older or another version. Use the buttons of the newest card.')],
  'Use the buttons of the newest card.',
);

export const FORM_NOT_OPENED_NOTE: PrivateNote = note(
  'Slack did not open the form; nothing was recorded.',
  [section('Slack allows three seconds for it. Press the button again.')],
  'Press the button again.',
);

export const HOW_IT_WORKS_NOTE: PrivateNote = note('How approvals work', [
  section(
    'An agent asked to do something that needs a person. Your vote is final once it is recorded, ' +
      'and it counts only for exactly the text shown here. When nobody decides in time, the card says ' +
      'what happens; silence never approves unless the approval chain says so.',
  ),
  section('/approvals help lists the commands, /approvals link connects your Slack account.'),
]);

export const idsNote = (ids: string): PrivateNote => note('Request ids', [preformatted(ids)]);

/** Answer of `/approvals link`. The code is for this account alone and works once. */
export function linkNote(link: {
  readonly code: string;
  readonly expiresAt: string;
  readonly howTo: string;
  readonly linkedTo?: string;
}): PrivateNote {
  const linked =
    link.linkedTo === undefined
      ? []
      : [context([plain(`Linked now to ${visibleLine(link.linkedTo)}.`, 200)])];
  return note(
    `Your code: ${visibleLine(link.code)}`,
    [
      section(visibleLine(link.howTo), 1_000),
      ...linked,
      context([
        mrkdwn(`valid until ${dateOf(link.expiresAt)}`),
        plain(
          'Redeem it yourself, with your own key: this account votes as whoever redeems it.',
          200,
        ),
      ]),
    ],
    `Valid until ${utcText(link.expiresAt)}.`,
  );
}

export const NO_CODE_NOTE: PrivateNote = note('No code could be made just now.', [
  section('Try /approvals link again in a moment.'),
]);

/** A refusal in the words of the use case, such as too many codes in a short time. */
export const codeRefusedNote = (what: string, howToFix: string): PrivateNote =>
  note(clip(visibleLine(what), 300).text, howToFix === '' ? [] : [section(visibleLine(howToFix))]);

export const COMMANDS_NOTE: PrivateNote = note(
  '/approvals: what there is',
  [
    section('/approvals link: a one-time code that connects your Slack account to you'),
    section('/approvals help: this list'),
    section('Requests are decided with the buttons of their cards.'),
  ],
  'link, help',
);

export const RECORDING_VIEW: ModalView = modal(
  'Recording',
  [section('Recording your vote… This view changes as soon as it is done.')],
  { callback_id: CALLBACK.details },
);

/** A note as the last view of a form. */
export const noteView = (title: string, shown: PrivateNote): ModalView =>
  modal(title, shown.blocks, { callback_id: CALLBACK.details });
