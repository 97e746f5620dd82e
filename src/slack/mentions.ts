import type { ContextBlockElement } from '@slack/types';
import type { ChatAccount } from '../app/channel-ports';
import { mrkdwn, plain } from './blocks';
import { clip, visibleLine } from './visible-text';

/** Finds the account that a principal has linked, if any. */
export type AccountOf = (principal: string) => ChatAccount | undefined;

const SLACK_ID = /^[A-Z0-9]{2,40}$/;
const SHOWN_NAME = 80;

/** `<@U…>` for an account id as Slack makes them; anything else is no id and must not reach mrkdwn. */
export const mentionOf = (account: ChatAccount | undefined): string | undefined =>
  account !== undefined && SLACK_ID.test(account.userId) ? `<@${account.userId}>` : undefined;

/** `2026-09-10 12:26 UTC`. */
export const utcText = (iso: string): string => {
  const ms = Date.parse(iso);
  return Number.isNaN(ms)
    ? 'an unknown time'
    : `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
};

/** A moment in the reader's own zone (https://docs.slack.dev/messaging/formatting-message-text#date-formatting). */
export function dateOf(iso: string): string {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return 'an unknown time';
  return `<!date^${Math.floor(ms / 1000)}^{date_short_pretty} {time}|${utcText(iso)}>`;
}

/** Who did something and when: a mention and the reader's own time where the account is linked, else plain. */
export function whoAndWhen(
  person: { readonly id: string; readonly name: string },
  did: string,
  at: string,
  accountOf: AccountOf,
): ContextBlockElement {
  const mention = mentionOf(accountOf(person.id));
  return mention === undefined
    ? plain(`${clip(visibleLine(person.name), SHOWN_NAME).text} ${did} · ${utcText(at)}`, 200)
    : mrkdwn(`${mention} ${did} · ${dateOf(at)}`);
}
