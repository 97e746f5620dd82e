import { createHash } from 'node:crypto';
import type { CardAct, ChatAccount } from '../app/channel-ports';
import type { SlackPress, SlackSubmission } from '../contract/slack-payloads';

type Origin = Pick<
  SlackPress,
  'user' | 'team' | 'enterprise' | 'is_ext_shared_channel' | 'api_app_id'
>;

/**
 * Who acted: always the pair, since user ids repeat between workspaces. In an Enterprise Grid the person's
 * own workspace counts, which need not be the one the card stands in.
 */
export const accountOfPayload = ({ user, team, enterprise }: Origin): ChatAccount => ({
  teamId: user.team_id ?? team?.id ?? enterprise?.id ?? '',
  userId: user.id,
});

/** From a channel shared with another organisation, or by a person of another one (Slack Connect). */
export function isExternalPayload(
  origin: Origin,
  channel?: { readonly is_ext_shared?: boolean | null | undefined } | null,
): boolean {
  const { user, team, enterprise } = origin;
  const isForeign =
    typeof user.team_id === 'string' &&
    typeof team?.id === 'string' &&
    user.team_id !== team.id &&
    // Within one Grid people act across its workspaces.
    (enterprise === null || enterprise === undefined);
  return (
    isForeign ||
    user.is_stranger === true ||
    origin.is_ext_shared_channel === true ||
    channel?.is_ext_shared === true
  );
}

/** Where the pressed card stands; undefined for a press in a view. */
export function placeOfPress(press: SlackPress): CardAct['place'] | undefined {
  const channelId = press.container?.channel_id ?? press.channel?.id;
  const ts = press.container?.message_ts ?? press.message?.ts;
  return typeof channelId === 'string' && typeof ts === 'string' ? { channelId, ts } : undefined;
}

const hashed = (parts: readonly (string | null | undefined)[]): string =>
  createHash('sha256')
    .update(parts.map((part) => part ?? '').join('|'))
    .digest('hex');

/** The same for every delivery of one press, another for every other press. */
export function commandIdOfPress(press: SlackPress): string {
  const [action] = press.actions;
  const { teamId, userId } = accountOfPayload(press);
  return hashed([
    press.type,
    teamId,
    userId,
    press.container?.channel_id,
    press.container?.message_ts,
    press.container?.view_id,
    action?.action_id,
    action?.action_ts,
  ]);
}

/**
 * The same for every delivery of one submission. The text is part of it: a form that was sent back to its
 * author keeps its id, and what is sent next is another command.
 */
export function commandIdOfSubmission(submission: SlackSubmission, rationale: string): string {
  const { teamId, userId } = accountOfPayload(submission);
  const { id, hash, callback_id: callbackId } = submission.view;
  return hashed([submission.type, teamId, userId, id, hash, callbackId, rationale]);
}
