import { channelView, conversationName } from './conversation-methods';
import { messageView } from './chat-methods';
import { type JsonRecord, recordOf, recordsOf, textOf } from './json-shape';
import { optionsOf } from './shown-blocks';
import type { FakeUser } from './surface';
import type { StoredMessage } from './stored';
import type { Workspace } from './workspace';

/** The legacy verification token; apps must check the signature instead. */
const VERIFICATION_TOKEN = 'fake-verification-token';

/** What every interaction payload begins with. */
export function envelopeOf(workspace: Workspace, user: FakeUser): JsonRecord {
  const { teamId, domain, appId } = workspace.identity;
  return {
    user: { id: user.id, username: user.name, name: user.name, team_id: user.teamId },
    api_app_id: appId,
    token: VERIFICATION_TOKEN,
    team: { id: teamId, domain },
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** An interactive element of blocks, with the block that holds it. */
export interface FoundElement {
  readonly element: JsonRecord;
  readonly blockId: string;
}

export function findElement(
  blocks: readonly JsonRecord[],
  actionId: string,
  blockId: string | undefined,
): FoundElement | undefined {
  for (const block of blocks) {
    const id = textOf(block['block_id']);
    if (blockId !== undefined && blockId !== id) continue;
    const element = [
      ...(block['type'] === 'actions' ? recordsOf(block['elements']) : []),
      recordOf(block['accessory']),
      // An input tells of itself before the form is sent only where it says so.
      block['dispatch_action'] === true ? recordOf(block['element']) : {},
    ].find((one) => textOf(one['action_id']) === actionId);
    if (element !== undefined) return { element, blockId: id };
  }
  return undefined;
}

/** The entry of `actions` for a press or a choice. @returns undefined for an option that is not there */
export function actionOf(
  { element, blockId }: FoundElement,
  option: string | undefined,
  actionTs: string,
): JsonRecord | undefined {
  const { type, action_id, value, text, style, url } = element;
  const base = { type, action_id, block_id: blockId, action_ts: actionTs };
  const given = (fields: JsonRecord): JsonRecord =>
    Object.fromEntries(Object.entries(fields).filter(([, one]) => one !== undefined));
  if (type === 'button') return { ...base, ...given({ text, value, style, url }) };
  const picked = optionsOf(element).find((one) => one['value'] === option);
  switch (type) {
    case 'overflow':
    case 'static_select':
    case 'radio_buttons':
      return picked === undefined
        ? undefined
        : { ...base, selected_option: { text: picked['text'], value: picked['value'] } };
    case 'checkboxes':
      return { ...base, selected_options: picked === undefined ? [] : [picked] };
    case 'users_select':
      return { ...base, selected_user: option };
    case 'conversations_select':
      return { ...base, selected_conversation: option };
    case 'channels_select':
      return { ...base, selected_channel: option };
    case 'datepicker':
      return { ...base, selected_date: option };
    default:
      return { ...base, value: option };
  }
}

/** Of a press on a message: where it stands and what it shows. */
export function messagePart(
  workspace: Workspace,
  message: StoredMessage,
  isEphemeral: boolean,
): JsonRecord {
  const channel = workspace.channels.get(message.channel);
  return {
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: message.channel,
      is_ephemeral: isEphemeral,
      ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    },
    channel: {
      id: message.channel,
      name: channel === undefined ? '' : conversationName(channel),
    },
    // Slack leaves the message out where only one person sees it.
    ...(isEphemeral ? {} : { message: messageView(message, workspace, true) }),
  };
}

export function commandPayload(
  workspace: Workspace,
  user: FakeUser,
  channelId: string,
  command: { readonly command: string; readonly text: string },
): JsonRecord {
  const { teamId, domain, appId } = workspace.identity;
  const channel = workspace.channels.get(channelId);
  return {
    token: VERIFICATION_TOKEN,
    team_id: teamId,
    team_domain: domain,
    channel_id: channelId,
    channel_name: channel === undefined ? '' : conversationName(channel),
    user_id: user.id,
    user_name: user.name,
    command: command.command,
    text: command.text,
    api_app_id: appId,
    is_enterprise_install: 'false',
  };
}

/** The outer part of an Events API event. */
export function eventPayload(workspace: Workspace, event: JsonRecord, id: string): JsonRecord {
  const { teamId, appId, botUserId } = workspace.identity;
  return {
    token: VERIFICATION_TOKEN,
    team_id: teamId,
    api_app_id: appId,
    event: { event_ts: `${String(workspace.clock.nowMs() / 1000)}`, ...event },
    type: 'event_callback',
    event_id: id,
    event_time: Math.floor(workspace.clock.nowMs() / 1000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: teamId,
        user_id: botUserId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: isShared(workspace, event),
  };
}

function isShared(workspace: Workspace, event: JsonRecord): boolean {
  const channel = workspace.channels.get(textOf(event['channel']));
  return channel !== undefined && channelView(channel, workspace)['is_ext_shared'] === true;
}
